"""What a run would mix: trials that are in its folder already and were made with other versions or processors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from albench.api.kinds import PROJECT, Kind
from albench.components import spec as specs
from albench.components.registry import Registry
from albench.environment import Environment, Mix, mix_of, others_than, rounds_made
from albench.errors import StoreError
from albench.results.inventory import Inventory
from albench.suite.identity import data_of
from albench.suite.trials import Trial
from albench.wording import counted

ADVICE = "--fresh makes planned trials again, --name starts a suite of its own"


def plugin_versions(trials: Iterable[Trial], loaded: Registry) -> dict[str, str]:
    """Distribution -> version of the trials' components, beside albench's own; files have no version."""
    used_parts = {(kind, part) for trial in trials for kind, part in parts_of(trial).items()}
    used = {loaded.find(kind, specs.parse(part).name).distribution for kind, part in used_parts}
    return {
        plugin.distribution: plugin.version
        for plugin in sorted(loaded.plugins, key=lambda plugin: plugin.distribution)
        if plugin.distribution in used - {PROJECT} and plugin.version != "file"
    }


def parts_of(trial: Trial) -> dict[Kind, str]:
    """The specs of a trial's components by kind."""
    return {
        "dataset": trial.dataset,
        "method": trial.method,
        "strategy": trial.strategy,
        "backbone": trial.backbone,
    }


def found_before(
    inventory: Inventory,
    planned: Sequence[Trial],
    here: Environment,
    same: Mapping[tuple[str, str], str],
    fresh: bool,
) -> list[str]:
    """What stands in the planned trials' tables and was made with something else than is here, one line each.

    Parameters
    ----------
    inventory
        What the suite's folder holds.
    here
        What this process computes with.
    same
        What each planned data set is (``albench.suite.identity.data_of``) -> its spec.
    fresh
        Whether planned trials are made again, whatever there is of them.
    """
    tables = {(trial.dataset, trial.protocol.hash) for trial in planned}
    excluded = {trial.key for trial in planned} if fresh else set[str]()
    known: list[list[Environment]] = []
    unknown = 0
    for trial in inventory.begun(but=excluded):
        dataset = same.get(data_of(trial.facts), trial.facts["dataset"])
        if (dataset, trial.facts.get("protocol_hash")) in tables:
            made = [each.made_with for each in rounds_made(trial.facts, trial.rounds)]
            unknown += None in made
            known.append([each for each in made if each is not None])
    count, other = others_than(here, known)
    folder, lines = inventory.folder, []
    if count:
        were = f"{counted(count, 'trial')} in {folder} {_were(count)} made with {other}"
        lines.append(f"{were}: one seed may give other numbers with each, and a mean over both mixes them ({ADVICE}).")
    if unknown:
        lines.append(
            f"{counted(unknown, 'trial')} in {folder} {_were(unknown)} made with versions that were not kept "
            f"({ADVICE})."
        )
    return lines


def mixes(trials: Iterable[tuple[Mapping[str, Any], int]]) -> dict[str, Mix]:
    """What each data set and protocol was made with, where that is not the same.

    Parameters
    ----------
    trials
        Facts and number of rounds of each.
    """
    tables: dict[str, list[list[Environment | None]]] = {}
    for facts, rounds in trials:
        if rounds:
            place = f"{facts['dataset']} ({facts['protocol_hash']})"
            tables.setdefault(place, []).append([made.made_with for made in rounds_made(facts, rounds)])
    return {place: mix_of(found) for place, found in sorted(tables.items())}


def refuse(lines: Sequence[str]) -> None:
    """Raise ``StoreError`` where there is anything that ``--strict`` does not let into one table."""
    if lines:
        raise StoreError(f"--strict: {' '.join(lines)}")


def _were(count: int) -> str:
    return "was" if count == 1 else "were"

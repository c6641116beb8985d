"""The looks of a run whose seeds are added until its comparison is decided: which there are, and where it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from albench.compare.looks import FIRST, MOST, Looks, planned
from albench.components.defaults import ORACLE, baselines
from albench.components.registry import Registry
from albench.components.spec import Spec
from albench.errors import SuiteError
from albench.results.inventory import Inventory
from albench.results.looks import farthest, taken_in
from albench.results.records import read_manifest
from albench.suite.protocol import Protocol
from albench.suite.trials import Suite
from albench.suite.until_sure import RANKING, check_until_sure
from albench.wording import listed


@dataclass(frozen=True)
class Looking:
    """The looks of a run.

    Attributes
    ----------
    until_sure
        What has to be decided.
    looks
        All that are planned.
    taken
        How many were taken.
    first, now
        The look that the run begins with, and the one that it is at.
    """

    until_sure: str
    looks: Looks
    taken: tuple[Mapping[str, Any], ...]
    first: int
    now: int

    @property
    def seeds(self) -> int:
        """Of the look that the run is at."""
        return self.looks.at[self.now]

    @property
    def later(self) -> bool:
        """Whether its run has told already what there is to know of it."""
        return self.now > self.first

    def at(self, look: int) -> Looking:
        """The run at another look."""
        return dataclasses.replace(self, now=look)

    def took(self, run: str, open_: Collection[str]) -> Looking:
        """With the look that it is at taken: what of the comparison was open still."""
        entry = {"seeds": self.seeds, "run": run, "open": list(open_)}
        return dataclasses.replace(self, taken=(*self.taken[: self.now], entry, *self.taken[self.now + 1 :]))

    def kept(self, protocols: Iterable[Protocol]) -> dict[str, Any]:
        """What the manifest says of it."""
        facts = {
            "until_sure": self.until_sure,
            "at": list(self.looks.at),
            "shares": list(self.looks.shares),
            "taken": [dict(entry) for entry in self.taken],
        }
        return {protocol.hash: facts for protocol in protocols}

    @property
    def aim(self) -> str:
        """What has to be decided, in words."""
        if self.until_sure == RANKING:
            return "the first row is told from all others"
        return f"each difference is told, or shown to be below {self.until_sure}"


def baseline_of(strategies: Collection[Spec], registry: Registry) -> str:
    """The strategy that a comparison of these is against; "" where none of them is marked as baseline."""
    there = {spec.alias or str(spec) for spec in strategies}
    return next((name for name in baselines(registry, "strategy") if name in there), "")


def ranked(strategies: Iterable[Spec], registry: Registry) -> list[Spec]:
    """Those that a comparison ranks: what sees labels stands beside it."""
    return [spec for spec in strategies if registry.find("strategy", spec.name).role != ORACLE]


def looking_of(suite: Suite, registry: Registry, inventory: Inventory) -> Looking | None:
    """The looks of a suite, gone on with where its folder has some; None where its seeds are fixed.

    Raises
    ------
    SuiteError
        Where there is nothing to decide, or nothing of the 5 % is left.
    """
    check_until_sure(suite.until_sure, suite.max_seeds, suite.seeds)
    if not suite.until_sure:
        return None
    _check_rows(suite, registry)
    hashes = {protocol.hash for protocol in suite.protocols}
    manifest = read_manifest(inventory.folder)
    before, n_taken = farthest(manifest, hashes)
    most = suite.max_seeds or (before.at[-1] if before.at else MOST)
    if before.at and before.at[-1] == most:
        looks = before
    elif n_taken:
        looks = _planned_anew(before.until(before.at[n_taken - 1]), before.at[-1], most)
    else:
        there = {trial.facts["seed"] for trial in inventory.begun() if trial.facts.get("protocol_hash") in hashes}
        first = max(min(FIRST, most), len(suite.seeds), len(there))
        if most < first:
            raise SuiteError(f"max_seeds {most}: {first} seeds are there already in {inventory.folder}; name more.")
        looks = planned(first, most)
    taken = taken_in(manifest, hashes)[: len(looks.at)]
    at = max(len(taken) - 1, 0)
    return Looking(suite.until_sure, looks, taken, at, at)


def _planned_anew(taken: Looks, old: int, most: int) -> Looks:
    """Other looks after those that were taken; they share what these left."""
    if taken.at[-1] == old < most:
        raise SuiteError(
            f"max_seeds {most}: the looks up to {old} seeds have used all of the 5 %, so that more seeds could tell "
            "nothing; the largest number has to be named before the first look."
        )
    return planned(taken.at[-1], most, taken)


def _check_rows(suite: Suite, registry: Registry) -> None:
    """Refuse a suite whose comparison has nothing to decide."""
    strategies = ranked(suite.strategies, registry)
    if suite.until_sure == RANKING:
        if len(strategies) * len(suite.methods) * max(len(suite.backbones), 1) < 2:
            raise SuiteError("until_sure ranking: there is one row, and nothing to rank; name another with -s or -m.")
        return
    asked = f"until_sure {suite.until_sure}"
    if not baseline_of(strategies, registry):
        names = listed(baselines(registry, "strategy"))
        raise SuiteError(f"{asked}: differences are from {names}, which is not among the strategies; add -s {names}.")
    if len(strategies) < 2:
        raise SuiteError(f"{asked}: nothing is beside the baseline; name another strategy, or --until-sure {RANKING}.")

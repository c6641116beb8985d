"""What is on disk of a suite agrees with the data, the first labels and the code that are there now, or is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from albench.components import spec as specs
from albench.data.loading import Data
from albench.errors import SpecError, StoreError
from albench.results.inventory import Inventory
from albench.results.provenance import MADE_BY, Made, difference
from albench.results.store import other_names
from albench.suite.identity import PLACES, data_of
from albench.suite.protocol import Amounts, Protocol
from albench.suite.trials import Trial

PARTS = ("dataset", "method", "strategy", "backbone")


class Agreement:
    """Compares stored trials with what is planned.

    Parameters
    ----------
    inventory
        What the suite's folder holds.
    protocols
        The protocols of all that is planned.
    data, counts
        Data set spec -> its data, and with a protocol its label counts.
    made
        Planned trial -> what makes it.
    same
        What each data set is (``albench.suite.identity.data_of``) -> its spec.
    """

    def __init__(
        self,
        inventory: Inventory,
        protocols: Iterable[Protocol],
        data: Mapping[str, Data],
        counts: Mapping[tuple[str, Protocol], Amounts],
        made: Mapping[str, Made],
        same: Mapping[tuple[str, str], str],
    ) -> None:
        self._inventory = inventory
        self._protocols = {protocol.hash: protocol for protocol in protocols}
        self._data = data
        self._counts = counts
        self._made = made
        self._same = same
        self._starts: dict[tuple[str, Protocol, int], str] = {}

    def check(self, trial: Trial, facts: Mapping[str, Any]) -> None:
        """Raise ``StoreError`` where the records of a planned trial are not what it would give now."""
        if found := self._disagreement(facts, trial.dataset, self._made[trial.key], trial.protocol):
            raise StoreError(
                f"{self._inventory.folder}: trial {trial.key} {found}: use --name for a new suite or --fresh to "
                "replace it."
            )

    def check_others(self, planned: Collection[Trial]) -> None:
        """Raise ``StoreError`` where a trial that is not planned does not belong into one table with those that are."""
        now = {
            (part, text): self._made[trial.key][part]
            for trial in planned
            for part, text in zip(PARTS, trial.resolved, strict=True)
        }
        whole = next((self._made[trial.key] for trial in planned), {})
        of_data = {trial.dataset: self._made[trial.key]["dataset"] for trial in planned}
        places = {_place(dataset): dataset for dataset in self._data}
        for begun in self._inventory.begun(but={trial.key for trial in planned}):
            facts = begun.facts
            known = self._same.get(data_of(facts))  # by what it holds, under whatever path; else by where it lies
            dataset = known or places.get(_place(facts["dataset"]))
            if dataset is None:
                continue
            made = {part: entry for part, entry in whole.items() if part not in PARTS}
            made |= {part: now[part, text] for part, text in facts.get("resolved", {}).items() if (part, text) in now}
            made |= {"dataset": of_data[known]} if known else {}
            protocol = self._protocols.get(facts.get("protocol_hash", ""))
            if found := self._disagreement(facts, dataset, made if protocol else {}, protocol):
                raise StoreError(
                    f"{self._inventory.folder} holds trial {begun.key}, which {found}, and would stand in one table "
                    "with this run: use --name for a new suite, or run that trial again too, with --fresh."
                )

    def _disagreement(self, facts: Mapping[str, Any], dataset: str, made: Made, protocol: Protocol | None) -> str:
        """What a stored trial was that it would not be now, on what is ``dataset`` now; "" where there is nothing.

        Without a protocol, one that is not planned, its first labels are not compared.
        """
        seed, now = facts["seed"], self._data[dataset].hash
        if facts.get("data_hash") != now:
            return f"was made with other data than {dataset} holds now (data_hash {facts.get('data_hash')}, now {now})"
        if renamed := other_names(facts, self._data[dataset].splits.task.class_names):
            return f"has other class names than {dataset} has now ({renamed})"
        if other := difference(facts.get(MADE_BY), made, facts):
            return f"was made with {other.than_now}"
        started = facts.get("initial_hash")
        if not started or protocol is None:
            return ""
        start = dataset, protocol, seed
        if start not in self._starts:
            self._starts[start] = self._drawn(*start) or started
        if started != (starts := self._starts[start]):
            return (
                f"started from other labels (initial_hash {started}) than seed {seed} of {dataset} does now ({starts})"
            )
        return ""

    def _drawn(self, dataset: str, protocol: Protocol, seed: int) -> str:
        """The hash of the first labels of a seed; empty where a strategy chooses them, which takes its time."""
        from albench.data.pool import index_hash
        from albench.trial.labels import Oracle

        if protocol.initial_strategy:
            return ""
        splits, count = self._data[dataset].splits, self._counts[dataset, protocol].initial
        oracle = Oracle(splits.train.y, splits.task.n_classes, count)
        return index_hash(oracle.draw_initial(count, protocol.initial_draw, seed))


def _place(dataset: str) -> str:
    """A data set's spec in which one place is written one way: ``pool``, ``./pool`` and its full path."""
    try:
        spec = specs.parse(dataset)
    except SpecError:  # not albench's
        return dataset
    placed = [(name, str(Path(text).resolve()) if name in PLACES else text) for name, text in spec.options]
    return str(dataclasses.replace(spec, options=tuple(placed)))

"""What a suite's folder holds as a run begins: the facts of its trials, each read once."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench.disk.files import read_sealed
from albench.errors import DamagedFile
from albench.results.records import trial_folders


@dataclass(frozen=True)
class Begun:
    """A trial that the folder holds.

    Attributes
    ----------
    key
        The name of its folder.
    facts
        ``trial.json``, without what it says of single test items.
    rounds
        Lines of its records, whole or not.
    """

    key: str
    facts: dict[str, Any]
    rounds: int


class Inventory:
    """The trials of a suite's folder, as they were when they were first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @functools.cached_property
    def trials(self) -> list[Begun]:
        """Those that say what they are, by key; what is damaged is told where it is gone on with."""
        return list(self._read())

    def _read(self) -> Iterator[Begun]:
        from albench import item_predictions  # which needs NumPy

        for place in trial_folders(self.folder):
            with contextlib.suppress(DamagedFile, OSError):
                facts = read_sealed(place / "trial.json")
                facts.pop(item_predictions.KEY, None)
                if {"dataset", "seed"} <= facts.keys():
                    yield Begun(place.name, facts, _lines(place / "rounds.jsonl"))

    def begun(self, but: Collection[str] = ()) -> Iterator[Begun]:
        """Those with records, some keys aside."""
        return (trial for trial in self.trials if trial.rounds and trial.key not in but)


def _lines(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0

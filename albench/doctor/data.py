"""Data sets: whether their files are here, and whether they are what they should be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from albench.api.dataset import Dataset
from albench.components.registry import Registry
from albench.doctor.diagnosis import Diagnosis
from albench.errors import AlbenchError, DataError, SpecError
from albench.suite.limits import TooLong, at_most

PATIENCE = 10.0
"""Seconds for the check of one data set's files."""


def diagnoses(loaded: Registry, data_dir: str | None) -> Iterator[Diagnosis]:
    """Each data set with its default options."""
    root = Path(data_dir) if data_dir else None
    for name in loaded.names("dataset"):
        yield _dataset(loaded, name, root)


def _dataset(loaded: Registry, name: str, root: Path | None) -> Diagnosis:
    verify = f"'albench data verify {name}'"
    try:
        dataset: Dataset = loaded.build("dataset", name)
    except SpecError as error:  # a reader of files: which ones, the user says
        return Diagnosis(name, "note", str(error))
    except AlbenchError as error:
        return Diagnosis(name, "broken", str(error), f"'albench --debug show {name}' shows where")
    try:
        with at_most(PATIENCE):
            return _files(dataset, name, root)
    except TooLong:
        return Diagnosis(name, "note", f"here; its check takes more than {PATIENCE:g} s", f"{verify} takes its time")
    except AlbenchError as error:
        return Diagnosis(name, "broken", _line(error), f"mend the files, then {verify}")
    except (Exception, SystemExit) as error:
        return Diagnosis(
            name, "broken", f"{type(error).__name__}: {_line(error)}", f"{verify} with --debug shows where"
        )


def _files(dataset: Dataset, name: str, root: Path | None) -> Diagnosis:
    try:
        here = dataset.find(root)
    except DataError as error:  # which data it reads, the user says
        return Diagnosis(name, "note", _line(error))
    if not here:
        try:
            dataset.load(root)
        except DataError as error:
            what, _, advice = _line(error).partition(": ")
            return Diagnosis(name, "note", f"not here: {what}", advice)
    problems = dataset.verify(root)
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        more = f" (and {len(fatal) - 1} more)" if len(fatal) > 1 else ""
        found = f"{fatal[0].where}: {fatal[0].what}{more}"
        return Diagnosis(name, "broken", found, f"get the files again; 'albench data verify {name}' lists all problems")
    rest = f", {len(problems)} notes: 'albench data verify {name}'" if problems else ""
    return Diagnosis(name, "ok", f"verified{rest}")


def _line(error: Any) -> str:
    return " ".join(str(error).split())

"""Records as they are read: whole, in order and checked; what is damaged is told, and never read as data."""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from albench.disk.files import checksum, read_sealed
from albench.errors import DamagedFile, StoreError

FORMAT = 1
"""Version of a results folder's layout."""
MEASURED = ("seconds", "peak_memory_mb")
"""What a record measured; all else is the same whenever a trial is carried out again."""
TUNED = "tuned"
"""The key of a record that says what was tuned."""
SEES_LABELS = "sees_labels"
"""The key of ``trial.json`` that says of a strategy that it sees hidden labels."""
_MARK = ',"checksum":"'
Lists = tuple[str, ...] | None
"""The keys whose long lists of numbers are read, as those of what was queried or of a loss over steps; None for all.

Others are empty. Without any, reading takes two thirds of the time.
"""


@dataclass(frozen=True)
class TrialFiles:
    """What is on disk of one trial.

    Attributes
    ----------
    facts
        ``trial.json``.
    records
        The complete rounds, in order.
    outcome
        ``{"status": "failed" | "skipped", "reason": ...}`` or empty.
    problems
        What was found damaged, one line each.
    """

    facts: dict[str, Any]
    records: list[dict[str, Any]]
    outcome: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """``complete``, ``incomplete``, or what the outcome says: ``failed`` or ``skipped``."""
        if self.facts and len(self.records) >= self.facts["protocol"]["rounds"]:
            return "complete"
        return str(self.outcome.get("status")) if self.outcome else "incomplete"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def without_measured(record: dict[str, Any]) -> dict[str, Any]:
    """What of a record is the same whenever its trial is carried out again."""
    return {name: value for name, value in record.items() if name not in MEASURED}


def encode_record(record: dict[str, Any]) -> str:
    """One line of ``rounds.jsonl``: the record's JSON with the checksum of what stands before it as its last key."""
    body = _json(record)[:-1]
    return f'{body}{_MARK}{checksum(body)}"}}\n'


def decode_record(line: str, lists: Lists = None) -> dict[str, Any] | None:
    """The record of a line, or None where the line is torn or damaged."""
    body, mark, rest = line.rstrip("\n").rpartition(_MARK)
    if not mark or rest != f'{checksum(body)}"}}':
        return None
    record: dict[str, Any] = json.loads((body if lists is None else _others(lists).sub("[]", body)) + "}")
    return record


@functools.cache
def _others(lists: tuple[str, ...]) -> re.Pattern[str]:
    """A long list of numbers after another key; in a text the quote before the colon would have a backslash."""
    own = "".join(f'(?<!"{re.escape(name)}":\\[)' for name in lists)
    return re.compile(rf'\[(?<=\w":\[){own}[-+.,0-9eE]{{32,}}\]')


@contextlib.contextmanager
def as_written(where: str) -> Iterator[None]:
    """One line where a file does not hold what albench writes."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise StoreError(
            f"{where} does not hold what albench writes ({type(error).__name__}: {error}): delete it, or take the "
            "results anew."
        ) from None


def read_manifest(folder: Path) -> dict[str, Any]:
    """A suite's manifest; empty where there is none.

    Raises
    ------
    StoreError
        Where it is damaged, or of another version of albench's formats.
    """
    manifest = read_sealed(folder / "manifest.json")
    if manifest and manifest.get("format") != FORMAT:
        raise StoreError(
            f"{folder} has results of format {manifest.get('format')}, this albench reads {FORMAT}: use the version "
            "that made them, or --name or --out for others."
        )
    return manifest


def read_trial(folder: Path, lists: Lists = None) -> TrialFiles:
    """What is on disk of a trial.

    Raises
    ------
    DamagedFile
        Where ``trial.json`` or ``outcome.json`` is not what was written.
    StoreError
        Where the records cannot be read.
    """
    records, problems = read_records(folder, lists)
    return TrialFiles(
        read_sealed(folder / "trial.json"), records, read_sealed(folder / "outcome.json"), tuple(problems)
    )


def read_records(folder: Path, lists: Lists = None) -> tuple[list[dict[str, Any]], list[str]]:
    """A trial's rounds, and what is damaged: a torn last line is dropped; after a damaged one nothing is read."""
    records: list[dict[str, Any]] = []
    problems: list[str] = []
    path = folder / "rounds.jsonl"
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        text = ""
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from None
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        record = decode_record(line, lists) if line.endswith("\n") else None
        if record is None or record.get("round") != number:
            last = number == len(lines) - 1
            what = "is torn and was dropped" if last else "is damaged: it and what follows was dropped"
            problems.append(f"{path}, line {number + 1} {what}")
            break
        records.append(record)
    return records, problems


def read_to_mend(folder: Path) -> tuple[TrialFiles, list[str]]:
    """What can be gone on with of a trial, and what is damaged, one line each.

    Records whose ``trial.json`` cannot be read could be those of other data: they count as not there.
    """
    try:
        files = read_trial(folder)
    except DamagedFile as error:
        return _without_damaged(folder, str(error).partition("; ")[0])
    if files.records and not files.facts:
        return _without_damaged(folder, f"{folder / 'trial.json'} is missing")
    return files, list(files.problems)


def _without_damaged(folder: Path, why: str) -> tuple[TrialFiles, list[str]]:
    try:
        facts = read_sealed(folder / "trial.json")
    except DamagedFile:
        facts = {}
    records, problems = read_records(folder) if facts else ([], [])
    again = "" if facts else ": the trial is made again from the start"
    return TrialFiles(facts, records), [f"{why}{again}", *problems]


def suite_folders(folder: Path) -> list[Path]:
    """The suites in a folder: itself where it is one, else its direct children that are.

    Raises
    ------
    StoreError
        Where there are none.
    """
    if folder.is_file():
        raise StoreError(f"{folder} is a file, not a results folder: archives are read by 'albench compare {folder}'.")
    if not folder.is_dir():
        raise StoreError(f"there is no results folder {folder}: run 'albench run --strategy boostmis' first.")
    if (folder / "manifest.json").is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob("*/manifest.json"))
    if not found:
        raise StoreError(f"{folder} holds no results: run 'albench run --strategy boostmis' first.")
    return found


def trial_folders(suite: Path) -> list[Path]:
    """The trials of a suite, sorted by key."""
    return sorted(path.parent for path in (suite / "trials").glob("*/trial.json"))

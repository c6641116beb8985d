"""Records on disk: atomic, checksummed, resumable, safe for many writers.

Layout: ``<out>/<suite>/manifest.json`` and ``<out>/<suite>/trials/<key>/`` with ``trial.json``, ``rounds.jsonl``,
``outcome.json`` and ``traceback.txt`` (failed or skipped trials only), ``log.jsonl`` and, while the trial runs,
``checkpoint-<round>.pt``.
What reads them is in ``albench.results.records``.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from albench.disk.claims import Claim, hold
from albench.disk.files import append_whole, load_tensors, save_tensors, sealed_text, temporary, write_atomic, writing
from albench.disk.trial_log import TRACEBACK, TrialLog
from albench.environment import Made, attempted
from albench.errors import ClaimLost, StoreError
from albench.results.records import (
    FORMAT,
    encode_record,
    read_manifest,
    read_to_mend,
    read_trial,
)

SYNC = 1.0
"""Seconds of rounds that a power cut may take with it; who is killed loses none."""
CLAIM = "claim"
"""What the files of a trial's claim are named by."""


def other_names(facts: Mapping[str, Any], class_names: Sequence[str] | None) -> str:
    """How the class names of stored facts differ from those of now; empty where they do not or are not known."""
    stored = facts.get("class_names")
    if not stored or not class_names:
        return ""
    for at, (old, new) in enumerate(itertools.zip_longest(stored, class_names)):
        if old != new:
            return f"class {at} was {old!r} and is {new!r}"
    return ""


class TrialStore:
    """One trial's folder, for the process that carries the trial out.

    Attributes
    ----------
    problems
        What ``start`` and ``load_checkpoint`` found damaged, one line each.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = TrialLog(folder)
        self.problems: list[str] = []
        self._claim: Claim | None = None
        self._made: Made | None = None
        self._records: IO[bytes] | None = None
        self._synced, self._pending = 0.0, False

    @property
    def claim_base(self) -> Path:
        return self.folder / CLAIM

    @contextlib.contextmanager
    def claim(self) -> Iterator[str]:
        """Hold the trial for this process. Yields "" or, where another process holds it, who that is."""
        claim = Claim(self.claim_base)
        with writing(self.folder):
            owner = claim.take()
        if owner:
            yield owner
            return
        self._claim = claim
        try:
            yield ""
        finally:
            self._claim = None
            self._close()
            claim.release()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Nothing is written by a process whose claim was taken over, and no error of the disk is the trial's."""
        with writing(self.folder):
            self._look()
            yield

    def _look(self) -> None:
        """Raise ``ClaimLost`` where the claim was taken over."""
        if self._claim:
            self._claim.renew()

    def start(self, facts: dict[str, Any], made: Made | None = None) -> list[dict[str, Any]]:
        """Write ``trial.json`` and return the complete rounds, dropping what is damaged from disk.

        Parameters
        ----------
        made
            What the rounds that follow are made with; ``trial.json`` says it of each round.

        Raises
        ------
        StoreError
            Where the folder holds records of other data, class names or code, or that started from other labels.
        """
        from albench.results.provenance import MADE_BY, difference  # plugins with it, which moving files does without

        old, self.problems = read_to_mend(self.folder)
        if old.records and old.facts.get("data_hash") != facts["data_hash"]:
            raise StoreError(
                f"{self.folder.name}: its records were made with other data ({old.facts.get('data_hash')}, now "
                f"{facts['data_hash']}): use --name for a new suite or --fresh to replace them."
            )
        if old.records and (renamed := other_names(old.facts, facts.get("class_names"))):
            raise StoreError(
                f"{self.folder.name}: its records have other class names ({renamed}): use --name for a new suite or "
                "--fresh to replace them."
            )
        started, starts = old.facts.get("initial_hash"), facts.get("initial_hash")
        if old.records and started and started != starts:
            raise StoreError(
                f"{self.folder.name}: its records started from other labels (initial_hash {started}, now {starts}): "
                "use --name for a new suite or --fresh to replace them."
            )
        if old.records and MADE_BY not in old.facts:  # of an earlier version: what made them stays unknown
            facts = {name: value for name, value in facts.items() if name != MADE_BY}
        if old.records and (other := difference(old.facts.get(MADE_BY), facts.get(MADE_BY), facts)):
            raise StoreError(
                f"{self.folder.name}: its records were made with {other.than_now}: use --name for a new suite or "
                "--fresh to replace them."
            )
        with self._writing():
            (self.folder / "outcome.json").unlink(missing_ok=True)
            (self.folder / TRACEBACK).unlink(missing_ok=True)
            for leftover in self.folder.glob(".*.tmp"):
                if not leftover.name.startswith(f".{CLAIM}."):  # of those who look whether the trial is free
                    leftover.unlink(missing_ok=True)
        self._made = made
        if made:
            facts = attempted(old.facts, facts, made, len(old.records))
        if old.facts != facts:
            self.describe(facts)
        # The one before may still have the file open, and be about to write: what it writes goes into the old file.
        if self.problems or (self._claim and self._claim.inherited and old.status != "complete"):
            self._rewrite(old.records)
        return old.records

    def describe(self, facts: dict[str, Any]) -> None:
        """Write ``trial.json``."""
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self.folder / "trial.json", sealed_text(facts), self._look)

    def _rewrite(self, records: list[dict[str, Any]]) -> None:
        self._close()
        with self._writing():
            write_atomic(self.folder / "rounds.jsonl", "".join(map(encode_record, records)), self._look)

    def truncate(self, rounds: int) -> None:
        """Keep only the first ``rounds`` records."""
        old = read_trial(self.folder)
        self._rewrite(old.records[:rounds])
        if self._made:
            self.describe(attempted(old.facts, old.facts, self._made, rounds))

    def append(self, record: dict[str, Any]) -> None:
        """Add a round's record; it is on the disk at once, or, of rounds that take no second, within one of the next.

        A killed process has written it all the same; what ends the trial's hold puts the last ones on the disk.
        """
        if self._records is None:
            with self._writing():
                # Open as long as the trial is held: whoever takes it over makes a new file, never written to by this.
                self._records = (self.folder / "rounds.jsonl").open("ab", buffering=0)
        try:
            with self._writing():
                if not os.path.samestat(os.fstat(self._records.fileno()), (self.folder / "rounds.jsonl").stat()):
                    raise ClaimLost("another process")  # an owner before, stopped just as it was writing the file anew
                now = time.monotonic()
                sync = self._claim is None or now - self._synced >= SYNC
                append_whole(self._records, encode_record(record).encode(), sync)
                self._synced, self._pending = (now if sync else self._synced), not sync
        finally:
            if self._claim is None:
                self._close()

    def _close(self) -> None:
        if self._records is not None:
            handle, self._records = self._records, None
            with handle:
                if self._pending:
                    self._pending = False
                    with writing(self.folder):
                        os.fsync(handle.fileno())

    def save_checkpoint(self, number: int, content: dict[str, Any]) -> None:
        """Keep what a round needs of the one before it; earlier checkpoints stay until ``drop_checkpoints``."""
        with self._writing():
            save_tensors(self._checkpoint(number), content, self._look)

    def load_checkpoint(self, number: int) -> dict[str, Any] | None:
        """The checkpoint written after round ``number``, or None where it is missing or damaged."""
        found = load_tensors(self._checkpoint(number), FORMAT)
        if isinstance(found, str):
            self.problems.append(f"{self._checkpoint(number)} {found}: the trial is made again from the start")
            return None
        return found

    def _checkpoint(self, number: int) -> Path:
        return self.folder / f"checkpoint-{number}.pt"

    def drop_checkpoints(self, keep: int | None = None) -> None:
        """Remove every checkpoint but the one of round ``keep``."""
        with self._writing():
            for path in self.folder.glob("checkpoint-*.pt"):
                if keep is None or path.name != f"checkpoint-{keep}.pt":
                    path.unlink(missing_ok=True)

    def outcome(self, status: str, reason: str, detail: str = "") -> None:
        """Say why the trial has no complete records."""
        content = {"status": status, "reason": reason, "detail": detail}
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self.folder / "outcome.json", sealed_text(content))

    def clear(self) -> None:
        """Forget the trial's records and checkpoints."""
        self._close()
        with self._writing():
            for name in ("rounds.jsonl", "outcome.json", "trial.json", TRACEBACK):
                (self.folder / name).unlink(missing_ok=True)
        self.drop_checkpoints()
        self.log.write("info", "cleared")


def alone(suite: Path) -> contextlib.AbstractContextManager[Claim]:
    """Wait until no other process writes the files of a whole suite, and hold them."""
    return hold(suite / ".manifest")


class SuiteStore:
    """One suite's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> None:
        """Make the folder.

        Raises
        ------
        StoreError
            Where it cannot be written.
        """
        try:
            (self.folder / "trials").mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise StoreError(
                f"the results folder {self.folder} cannot be written ({error.strerror}): choose another with --out."
            ) from None

    def trial(self, key: str) -> TrialStore:
        return TrialStore(self.folder / "trials" / key)

    def update_manifest(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Merge settings into ``manifest.json`` under a lock: dicts are joined, lists extended."""
        with writing(self.folder), alone(self.folder):
            for leftover in temporary(self.folder / "manifest.json"):  # only the holder writes them
                leftover.unlink(missing_ok=True)
            manifest = read_manifest(self.folder)
            for key, value in changes.items():
                if isinstance(value, dict):
                    manifest[key] = {**manifest.get(key, {}), **value}
                elif isinstance(value, list):
                    manifest[key] = [*manifest.get(key, []), *value]
                else:
                    manifest[key] = value
            write_atomic(self.folder / "manifest.json", sealed_text(manifest))
        return manifest

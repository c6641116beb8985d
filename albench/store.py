"""Records on disk: atomic, checksummed, resumable, safe for many writers.

Layout: ``<out>/<suite>/manifest.json`` and ``<out>/<suite>/trials/<key>/`` with ``trial.json``, ``rounds.jsonl``,
``outcome.json`` (failed or skipped trials only) and, while the trial runs, ``checkpoint-<round>.pt``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from albench.errors import StoreError

if TYPE_CHECKING:
    from filelock import BaseFileLock

FORMAT = 1
"""Version of a results folder's layout."""
_MARK = ',"checksum":"'


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
        if self.outcome:
            return str(self.outcome.get("status"))
        return "complete" if len(self.records) >= self.facts["protocol"]["rounds"] else "incomplete"


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a whole file or nothing: a temporary file beside it, flushed, then renamed."""
    with replacing(path) as handle:
        handle.write(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file that takes the place of ``path`` once the block ends well."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def encode_record(record: dict[str, Any]) -> str:
    """One line of ``rounds.jsonl``: the record's JSON with the checksum of what stands before it as its last key."""
    body = _json(record)[:-1]
    return f'{body}{_MARK}{_checksum(body)}"}}\n'


def decode_record(line: str) -> dict[str, Any] | None:
    """The record of a line, or None where the line is torn or damaged."""
    body, mark, rest = line.rstrip("\n").rpartition(_MARK)
    if not mark or rest != f'{_checksum(body)}"}}':
        return None
    record: dict[str, Any] = json.loads(body + "}")
    return record


def _checksum(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


class TrialStore:
    """One trial's folder, for the process that carries the trial out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: BaseFileLock | None = None

    @contextlib.contextmanager
    def claim(self) -> Iterator[str]:
        """Hold the trial for this process. Yields "" or, where another process holds it, who that is."""
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        owner = self.folder / "owner"
        lock = FileLock(self.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield _read_text(owner) or "another process"
            return
        try:
            owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
            yield ""
        finally:
            owner.unlink(missing_ok=True)
            lock.release()

    def start(self, facts: dict[str, Any]) -> list[dict[str, Any]]:
        """Write ``trial.json`` and return the complete rounds, dropping a torn last line from disk.

        Raises
        ------
        StoreError
            Where the folder holds records of other data.
        """
        (self.folder / "outcome.json").unlink(missing_ok=True)
        for leftover in self.folder.glob(".*.tmp"):
            leftover.unlink(missing_ok=True)
        old = read_trial(self.folder)
        if old.records and old.facts.get("data_hash") != facts["data_hash"]:
            raise StoreError(
                f"{self.folder.name}: its records were made with other data ({old.facts.get('data_hash')}, now "
                f"{facts['data_hash']}): use --name for a new suite or --fresh to replace them."
            )
        if old.facts != facts:
            self.describe(facts)
        if old.problems:
            self._rewrite(old.records)
        return old.records

    def describe(self, facts: dict[str, Any]) -> None:
        """Write ``trial.json``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomic(self.folder / "trial.json", json.dumps(facts, indent=1) + "\n")

    def _rewrite(self, records: list[dict[str, Any]]) -> None:
        write_atomic(self.folder / "rounds.jsonl", "".join(map(encode_record, records)))

    def truncate(self, rounds: int) -> None:
        """Keep only the first ``rounds`` records."""
        self._rewrite(read_trial(self.folder).records[:rounds])

    def append(self, record: dict[str, Any]) -> None:
        """Add a round's record and flush it to the disk."""
        with (self.folder / "rounds.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(encode_record(record))
            handle.flush()
            os.fsync(handle.fileno())

    def save_checkpoint(self, number: int, content: dict[str, Any]) -> None:
        """Keep what a round needs of the one before it; earlier checkpoints stay until ``drop_checkpoints``."""
        import torch

        with replacing(self.folder / f"checkpoint-{number}.pt") as handle:
            torch.save(content, handle)

    def load_checkpoint(self, number: int) -> dict[str, Any] | None:
        """The checkpoint written after round ``number``, or None where it is missing or damaged."""
        import torch

        try:
            content: dict[str, Any] = torch.load(
                self.folder / f"checkpoint-{number}.pt", map_location="cpu", weights_only=True
            )
        except Exception:  # whatever torch says of a damaged file, the round is redone from the start
            return None
        return content if content.get("format") == FORMAT else None

    def drop_checkpoints(self, keep: int | None = None) -> None:
        """Remove every checkpoint but the one of round ``keep``."""
        for path in self.folder.glob("checkpoint-*.pt"):
            if keep is None or path.name != f"checkpoint-{keep}.pt":
                path.unlink(missing_ok=True)

    def outcome(self, status: str, reason: str, detail: str = "") -> None:
        """Say why the trial has no complete records."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {"status": status, "reason": reason, "detail": detail}
        write_atomic(self.folder / "outcome.json", json.dumps(content, indent=1) + "\n")

    def clear(self) -> None:
        """Forget the trial's records and checkpoints."""
        for name in ("rounds.jsonl", "outcome.json", "trial.json"):
            (self.folder / name).unlink(missing_ok=True)
        self.drop_checkpoints()


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
        from filelock import FileLock

        with FileLock(self.folder / ".manifest.lock"):
            manifest = read_manifest(self.folder)
            for key, value in changes.items():
                if isinstance(value, dict):
                    manifest[key] = {**manifest.get(key, {}), **value}
                elif isinstance(value, list):
                    manifest[key] = [*manifest.get(key, []), *value]
                else:
                    manifest[key] = value
            write_atomic(self.folder / "manifest.json", json.dumps(manifest, indent=1) + "\n")
        return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """A suite's manifest; empty where there is none.

    Raises
    ------
    StoreError
        Where it is damaged, or of another version of albench's formats.
    """
    manifest = _read_json(folder / "manifest.json")
    if manifest and manifest.get("format") != FORMAT:
        raise StoreError(
            f"{folder} has results of format {manifest.get('format')}, this albench reads {FORMAT}: use the version "
            "that made them, or --name or --out for others."
        )
    return manifest


def read_trial(folder: Path) -> TrialFiles:
    """What is on disk of a trial. A torn last line is dropped; after a damaged one, nothing is read as data."""
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
        record = decode_record(line) if line.endswith("\n") else None
        if record is None or record.get("round") != number:
            last = number == len(lines) - 1
            what = "is torn and was dropped" if last else "is damaged: it and what follows was dropped"
            problems.append(f"{path}, line {number + 1} {what}")
            break
        records.append(record)
    return TrialFiles(_read_json(folder / "trial.json"), records, _read_json(folder / "outcome.json"), tuple(problems))


def suite_folders(folder: Path) -> list[Path]:
    """The suites in a folder: itself where it is one, else its direct children that are.

    Raises
    ------
    StoreError
        Where there are none.
    """
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


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _read_json(path: Path) -> dict[str, Any]:
    text = _read_text(path)
    if not text:
        return {}
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise StoreError(f"{path} is damaged: {error}; delete it to start that part anew.") from None
    if not isinstance(content, dict):
        raise StoreError(f"{path} is damaged: it does not hold an object; delete it to start that part anew.")
    return content

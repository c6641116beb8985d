"""Results as one archive: records and manifests, nothing else. Written by ``export``, read by ``unpack``."""

from __future__ import annotations

import dataclasses
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from albench.disk.files import replacing, sealed_text
from albench.disk.owners import owner_of
from albench.errors import StoreError
from albench.results.mixing import mixes
from albench.results.records import Lists, TrialFiles, encode_record, read_manifest, read_trial, trial_folders
from albench.results.store import CLAIM
from albench.suite.trials import check_name
from albench.wording import counted

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive, so that the same results give the same bytes."""
MAX_ENTRIES = 500_000
MAX_FILE = 256 * 2**20
MAX_TOTAL = 4 * 2**30
MAX_RATIO = 200
"""Records shrink to a tenth or so; what grows by more than this when it is read was made to fill a disk."""
_ENTRY = re.compile(
    r"(?P<suite>[A-Za-z0-9][A-Za-z0-9._-]{0,99})/"
    r"(?:manifest\.json|trials/[A-Za-z0-9][A-Za-z0-9._-]{0,250}/(?:trial\.json|rounds\.jsonl|outcome\.json))"
)
_FACTS = {
    **dict.fromkeys(("key", "dataset", "method", "strategy", "backbone", "stand_in"), str),
    **dict.fromkeys(("protocol_hash", "data_hash"), str),
    **{"seed": int, "protocol": dict},
}


@dataclass(frozen=True)
class Exported:
    """One suite in an archive.

    Attributes
    ----------
    counts
        Status -> number of trials.
    notes
        What the user should know of it, one line each.
    """

    name: str
    counts: Counter[str]
    notes: tuple[str, ...]


def export(suites: Sequence[Path], path: Path, *, force: bool = False) -> list[Exported]:
    """Write suites into one archive, whole or not at all; the same results give the same bytes.

    Parameters
    ----------
    suites
        Suite folders.
    force
        Replace a file that is there.

    Raises
    ------
    StoreError
        Where there is nothing to write, two suites share a name, a file is there already, or it cannot be written.
    """
    named = _named(suites)
    if not force and (path.exists() or path.is_symlink()):
        raise StoreError(f"{path} is there already: choose another --output, or add --force to replace it.")
    try:
        with replacing(path) as handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            written = [_add_suite(archive, name, folder) for name, folder in sorted(named.items())]
            if not any(suite.counts for suite in written):
                raise StoreError(
                    f"{', '.join(map(str, suites))}: there is no trial to export: run 'albench run' first."
                )
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
    return written


def _named(suites: Sequence[Path]) -> dict[str, Path]:
    """Suite name -> folder."""
    named: dict[str, Path] = {}
    for folder in suites:
        name = check_name(folder.resolve().name)
        if name in named and named[name].resolve() != folder.resolve():
            raise StoreError(
                f"two suites are named {name}, {named[name]} and {folder}: unite them first with "
                f"'albench merge {named[name]} {folder} --output DIR', then export DIR."
            )
        named.setdefault(name, folder)
    return named


def _add_suite(archive: zipfile.ZipFile, name: str, folder: Path) -> Exported:
    manifest = read_manifest(folder)
    counts: Counter[str] = Counter()
    notes: list[str] = []
    made: list[tuple[dict[str, Any], int]] = []
    _add(archive, f"{name}/manifest.json", manifest_text(manifest))
    for trial in trial_folders(folder):
        files = read_checked(trial, str(trial))
        counts[files.status] += 1
        notes += files.problems
        made.append((files.facts, len(files.records)))
        if files.status == "incomplete":
            rounds = f"{len(files.records)} of {counted(files.facts['protocol']['rounds'], 'round')}"
            owner = owner_of(trial / CLAIM)
            running = ", still running" if owner and not owner.dead else ""
            notes.append(f"{trial.name} is incomplete ({rounds}{running}): it goes in as it is")
        for file, text in trial_texts(files):
            _add(archive, f"{name}/trials/{trial.name}/{file}", text)
    notes += [f"{place}: {mix.made}" for place, mix in mixes(made).items() if mix]
    return Exported(name, counts, tuple(notes))


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # the file modes below are those of Unix, wherever the archive is made
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    archive.writestr(info, text)


def manifest_text(manifest: dict[str, Any]) -> str:
    """``manifest.json`` as the store writes it."""
    return sealed_text(manifest)


def trial_texts(files: TrialFiles) -> Iterator[tuple[str, str]]:
    """The names and texts of a trial's files, sorted by name; only whole records."""
    if files.outcome:
        yield "outcome.json", sealed_text(files.outcome)
    if files.records:
        yield "rounds.jsonl", "".join(map(encode_record, files.records))
    yield "trial.json", sealed_text(files.facts)


def read_checked(folder: Path, where: str, lists: Lists = None) -> TrialFiles:
    """A trial's files, of which nothing is taken for granted.

    Raises
    ------
    StoreError
        Naming ``where`` the trial came from and what is wrong with it.
    """
    try:
        files = read_trial(folder, lists)
    except StoreError as error:
        raise StoreError(str(error).replace(str(folder), where)) from None
    except (ValueError, RecursionError):  # not text, or text that no encoder of ours wrote
        raise StoreError(f"{where} is damaged: delete that trial's folder, or take the results anew.") from None
    facts = files.facts
    wrong = [
        name
        for name, kind in _FACTS.items()
        if not isinstance(facts.get(name), kind) and not (name == "stand_in" and facts.get(name) is None)
    ]
    if not wrong and not isinstance(facts["protocol"].get("rounds"), int):
        wrong = ["protocol.rounds"]
    if not wrong and facts["key"] != folder.name:
        wrong = ["key"]
    if wrong:
        raise StoreError(f"{where} is damaged: its trial.json does not hold a right {' or '.join(wrong)}.")
    return dataclasses.replace(files, problems=tuple(line.replace(str(folder), where) for line in files.problems))


def unpack(path: Path, target: Path) -> list[Path]:
    """Write an archive's suites into a folder and return their folders; the archive is not trusted.

    Only the names that ``export`` writes are taken, and each becomes a new plain file below ``target``.

    Raises
    ------
    StoreError
        Where the file is not an archive of ``export``, is damaged, or would grow without measure.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [info for info in archive.infolist() if not info.is_dir()]
            suites = _check_entries(path, entries)
            for info in entries:
                file = target / info.filename
                file.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, file.open("xb") as copy:
                    _copy(source, copy)
    except zipfile.BadZipFile as error:
        raise _damaged(path, str(error)) from None
    except (zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _damaged(path, str(error) or type(error).__name__) from None
    except OSError as error:
        raise StoreError(f"{path} cannot be unpacked into {target.parent}: {error.strerror or error}.") from None
    return [target / name for name in suites]


def _damaged(path: Path, why: str) -> StoreError:
    return StoreError(f"{path} is damaged, or not an archive of 'albench export' ({why.rstrip('.')}): export it again.")


def _copy(source: IO[bytes], copy: IO[bytes], block: int = 2**20) -> None:
    while part := source.read(block):
        copy.write(part)


def _check_entries(path: Path, entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names of the archive's suites; raises before anything is written."""
    for info in entries:
        mode = info.external_attr >> 16
        plain = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
        if not _ENTRY.fullmatch(info.orig_filename) or info.filename != info.orig_filename or not plain:
            raise StoreError(
                f"{path} holds {_shown(info.orig_filename)}, which 'albench export' does not write: merge archives "
                "that it made, or folders."
            )
        if info.flag_bits & 0x1:
            raise StoreError(f"{path} is encrypted: unpack it yourself and merge the folder.")
    names = Counter(info.filename.casefold() for info in entries)
    twice = [info.filename for info in entries if names[info.filename.casefold()] > 1]
    if twice:
        raise _damaged(path, f"it holds {twice[0]} twice")
    size, packed = sum(info.file_size for info in entries), max(1, path.stat().st_size)
    large = max((info.file_size for info in entries), default=0)
    if len(entries) > MAX_ENTRIES or large > MAX_FILE or size > MAX_TOTAL or size > MAX_RATIO * packed + 2**20:
        raise StoreError(
            f"{path} would unpack to {len(entries):,} files of {size / 2**20:,.0f} MB from {packed / 2**20:,.1f} MB, "
            "which no records do: unpack it yourself if you trust it, and merge the folder."
        )
    found = sorted({_ENTRY.fullmatch(info.filename)["suite"] for info in entries})  # type: ignore[index]  # checked
    there = {info.filename for info in entries}
    for name in found:
        if f"{name}/manifest.json" not in there:
            raise _damaged(path, f"{name} has no manifest.json")
    if not found:
        raise _damaged(path, "it is empty")
    return found


def _shown(name: str) -> str:
    """A name that cannot disturb a terminal."""
    return ascii(name if len(name) <= 80 else f"{name[:77]}...")

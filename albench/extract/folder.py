"""The folder of an extraction: what lies in it, what it was made of, and who writes in it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from albench.api.dataset import Splits
from albench.api.task import Task
from albench.data.checks import UNLABELED, parts_of
from albench.disk.files import write_atomic
from albench.errors import StoreError
from albench.extract.reading import AT_ONCE
from albench.results.provenance import MADE_BY, difference

SPLITS = ("train", "val", "test")
FACTS = "extraction.json"
STAND_IN_FILE = "STAND-IN.txt"
LOCK = ".lock"
ITEMS_AT_ONCE = "items_at_once"
"""Among the facts, where the device had no memory for as many as usual: sums in the last digit may hang on it."""


def feature_file(split: str) -> str:
    """The name of a split's features."""
    return f"{split}-features.npy"


def target_file(split: str, task: Task) -> str:
    """The name of a split's labels; the feature loader tells its two gradings by it."""
    grading = "two-" if task.n_classes == 2 else "six-" if task.n_classes == 6 and task.ordinal else ""
    return f"{split}-{grading}targets.npy"


def group_file(split: str) -> str:
    """The name of a split's groups."""
    return f"{split}-groups.npy"


def check(out: Path, facts: dict[str, Any]) -> None:
    """Refuse a folder that holds anything but a part of this extraction. Writes nothing.

    Raises
    ------
    StoreError
        Naming the first fact that differs.
    """
    if out.exists() and not out.is_dir():
        raise StoreError(f"--out {out} is a file: name a folder.")
    if not (out / FACTS).exists():
        if out.exists() and {path.name for path in out.iterdir()} - {LOCK, *_left(out)}:
            raise StoreError(f"{out} holds files of something else: name a new folder with --out DIR.")
        return
    try:
        old = dict(json.loads((out / FACTS).read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise StoreError(f"{out / FACTS} is damaged: remove the folder, or name another --out.") from None
    if other := difference(old.get(MADE_BY), facts[MADE_BY], facts):
        raise StoreError(f"{out} was made with {other.than_now}: name another --out.")
    for name, now in facts.items():
        if name != MADE_BY and old.get(name) != now:
            what = name.replace("_", " ")
            raise StoreError(f"{out} was made with {what} {old.get(name)}, not {now}: name another --out.")


@contextmanager
def claim(out: Path, facts: dict[str, Any]) -> Iterator[None]:
    """Hold the folder, made where it is missing, for this process.

    Raises
    ------
    StoreError
        Where another process holds it, or it turns out to be of another extraction.
    """
    from filelock import FileLock, Timeout

    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StoreError(f"another process is extracting into {out}: wait for it, or name another --out.") from None
    try:
        check(out, facts)
        for name in _left(out):
            (out / name).unlink(missing_ok=True)
        if not (out / FACTS).exists():
            write_atomic(out / FACTS, json.dumps(facts, indent=1) + "\n")
        yield
    finally:
        lock.release()


def keep_at_once(out: Path, at_once: int) -> None:
    """Leave word in the folder that the model reads so many items at once, as more do not fit."""
    write_atomic(out / FACTS, json.dumps(_facts(out) | {ITEMS_AT_ONCE: at_once}, indent=1) + "\n")


def kept_at_once(out: Path) -> int:
    """How many items the model reads at once, by the folder; as many as usual where it says nothing."""
    return int(_facts(out).get(ITEMS_AT_ONCE, AT_ONCE))


def _facts(out: Path) -> dict[str, Any]:
    """What a folder that was checked says of itself; nothing where it is new."""
    file = out / FACTS
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def _left(out: Path) -> set[str]:
    """What a process that was killed left of files that had not their names yet."""
    ours = tuple(f".{name}" for name in (FACTS, STAND_IN_FILE, *SPLITS, UNLABELED))
    return {path.name for path in out.glob(".*.tmp") if path.name.startswith(ours)}


def is_complete(out: Path, splits: Splits) -> bool:
    """True where every file is there; each was renamed to its name when it was whole."""
    names = [name for split in SPLITS for name in (feature_file(split), target_file(split, splits.task))]
    names += [group_file(split) for split in SPLITS if split in splits.groups]
    names += [feature_file(split) for split in parts_of(splits)]
    return all((out / name).exists() for name in names)


def write_labels(out: Path, splits: Splits) -> None:
    """Write targets and groups, and mark features of simulated items as simulated."""
    if splits.stand_in:
        note = f"SIMULATED DATA - a stand-in for {splits.stand_in}: these are features of simulated items.\n"
        write_atomic(out / STAND_IN_FILE, note)
    for split in SPLITS:
        _save(out / target_file(split, splits.task), getattr(splits, split).y.astype(np.int64))
        if split in splits.groups:
            groups = np.asarray(splits.groups_called(split))
            # Python's own strings could only be saved as pickles
            _save(out / group_file(split), groups.astype(str) if groups.dtype.hasobject else groups)


def _save(path: Path, array: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_atomic(path, buffer.getvalue())

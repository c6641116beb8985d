"""Rows of a table dealt out to splits, with those together that any reading of them makes equal."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from albench.api import DataError
from albench_datasets.arrays import TEST_SHARE, VAL_SHARE, ArrayOptions, said_shares, taken_shares
from albench_datasets.checks import Raw
from albench_datasets.imagefolder_names import printable
from albench_datasets.shares import split_rows
from albench_datasets.tables.frame import Frame

Features = Callable[[np.ndarray], np.ndarray]
"""(N, D) features of all rows, made by the pool, whose rows are given."""
MOST_TRIES = 20


def dealt(
    frame: Frame,
    y: np.ndarray,
    groups: np.ndarray | None,
    class_names: tuple[str, ...],
    options: ArrayOptions,
    features: Features,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """(N,) the split of each row, and how it was told.

    What rows are equal hangs on the features, which are made by the pool: categories that are rare there become one. So
    rows of different splits that came out equal are put together, and the rows dealt out anew, until none did.

    Raises
    ------
    DataError
        Naming a class that has too few rows for all splits.
    """
    present = [str(split) for split in dict.fromkeys(frame.part)]
    val, test = options.val_share, options.test_share
    usual = replace(
        options,
        val_share=VAL_SHARE if val is None and "val" not in present else val,
        test_share=TEST_SHARE if test is None and "test" not in present else test,
    )
    taken = taken_shares(present, usual, frame.where)
    part = frame.part.astype("U5")
    if not taken:
        return part, ()
    source = present[0]
    rows = np.flatnonzero(frame.part == source)
    digests = _digests(frame)
    shares = {"train": 1 - sum(taken.values()), **taken}
    for _ in range(MOST_TRIES):
        x = np.array([np.frombuffer(digests[row], np.uint8) for row in rows])
        raw = Raw(x, y[rows], frame.where, frame.where, None if groups is None else groups[rows])
        _require_enough(raw, shares, class_names, frame.where)
        found = split_rows(raw, shares, seed=options.split_seed, class_names=class_names, what=frame.where)
        for split, chosen in found.items():
            part[rows[chosen]] = split
        if not _joined(digests, features(part == "train"), part, rows):
            break
    return part, (said_shares(taken, source, grouped=groups is not None, seed=options.split_seed),)


def _digests(frame: Frame) -> list[bytes]:
    """(N,) of what each row holds; numbers as float32, which is what becomes of them."""
    texts = []
    for column in frame.columns.values():
        if column.is_number:
            with np.errstate(over="ignore"):
                texts.append([value.tobytes() for value in column.values.astype(np.float32) + np.float32(0)])
        else:
            texts.append([(value or "").encode() for value in column.values])
    rows = zip(*texts, strict=True) if texts else [() for _ in range(len(frame))]
    return [hashlib.blake2b(b"\x1f".join(row), digest_size=16).digest() for row in rows]


def _joined(digests: list[bytes], x: np.ndarray, part: np.ndarray, rows: np.ndarray) -> bool:
    """Whether rows of different splits have equal features; they are one unit from now on."""
    by_features: dict[bytes, list[int]] = {}
    for row in rows.tolist():
        by_features.setdefault(x[row].tobytes(), []).append(row)
    lowest: dict[bytes, bytes] = {}
    for equal in by_features.values():
        if len({str(part[row]) for row in equal}) > 1:
            least = min(digests[row] for row in equal)
            lowest |= {digests[row]: least for row in equal}
    for row in rows.tolist():
        digests[row] = lowest.get(digests[row], digests[row])
    return bool(lowest)


def _require_enough(raw: Raw, shares: dict[str, float], class_names: tuple[str, ...], where: str) -> None:
    """Refuse classes that have fewer rows than there are splits, all at once."""
    counts = Counter(raw.y.tolist())
    few = {name: counts[label] for label, name in enumerate(class_names) if counts[label] < len(shares)}
    if few:
        told = ", ".join(f"{printable(name)} ({count:,})" for name, count in few.items())
        raise DataError(
            f"{where}: fewer rows than splits ({', '.join(shares)}) in class {told}; every split needs every class: "
            f"leave_out={';'.join(few)} leaves them out, or add rows"
        )

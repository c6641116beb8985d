"""Checks MESCC files against what is published of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from albench.api import DataError, Problem
from albench_datasets.checks import check_finite
from albench_datasets.mescc_codes import from_zero
from albench_datasets.mescc_files import STAND_IN_FILE, MesccFiles
from albench_datasets.npyfiles import open_npy
from albench_datasets.published import CLASS_NAMES, COUNTS, SPLITS, TWO_OF_SIX, Grading


def verify_files(release: MesccFiles, grading: Grading) -> list[Problem]:
    """Every finding, not only the first.

    Checked: each needed file is there and readable; features are finite and as long as their targets; the counts of
    each split and class are the published ones; low = b0 + b1a + b1b and high = b1c + b2 + b3, in each split and,
    where both targets are there, item by item.

    Parameters
    ----------
    release
        The files.
    grading
        The one that has to be complete; of the other, what is there is checked too.
    """
    problems = [Problem(str(release.folder), f"no file for {role}") for role in release.missing(grading)]
    targets = {each: _targets(release, each, problems) for each in CLASS_NAMES}
    for each in CLASS_NAMES:
        for split, (y, where) in targets[each].items():
            problems += count_problems(y, each, split, where)
    for split in SPLITS:
        if split in targets["two"] and split in targets["six"]:
            problems += _identity(targets["two"][split], targets["six"][split])
        lengths = {where: len(y) for y, where in (targets[each][split] for each in targets if split in targets[each])}
        problems += _features(release, split, lengths)
    if release.stand_in([Path(where) for each in targets.values() for _, where in each.values()]):
        problems.append(Problem(str(release.folder / STAND_IN_FILE), "these files are simulated, not MESCC's", False))
    return problems


def count_problems(y: np.ndarray, grading: str, split: str, where: str) -> list[Problem]:
    """Where the classes of a split are not as many as published.

    Parameters
    ----------
    y
        (N,) int64 labels from 0.
    """
    names, published = CLASS_NAMES[grading], COUNTS[grading][split]
    there = np.bincount(y, minlength=len(names))
    return [
        Problem(where, f"{count:,} items of class {name}, published are {wanted:,}")
        for name, count, wanted in zip(names, there, published, strict=True)
        if count != wanted
    ]


def _targets(release: MesccFiles, grading: str, problems: list[Problem]) -> dict[str, tuple[np.ndarray, str]]:
    """Split -> labels from 0 and their file, of those splits that can be read."""
    raw: dict[str, tuple[np.ndarray, str]] = {}
    for split in SPLITS:
        try:
            path = release.pick(split, "targets", grading)
            if path is not None:
                raw[split] = (open_npy(path), str(path))
        except DataError as error:
            problems.append(Problem(f"{split}-{grading}-targets", str(error)))
    try:
        codes = from_zero(raw, len(CLASS_NAMES[grading]), [])
    except DataError as error:
        problems.append(Problem(f"{grading}-grading targets", str(error)))
        return {}
    return {split: (codes[split], where) for split, (_, where) in raw.items()}


def _identity(two: tuple[np.ndarray, str], six: tuple[np.ndarray, str]) -> list[Problem]:
    (low_high, two_from), (grades, six_from) = two, six
    if len(low_high) != len(grades):
        return [Problem(two_from, f"{len(low_high):,} labels, but {six_from} has {len(grades):,}")]
    wrong = np.flatnonzero(np.array(TWO_OF_SIX)[grades] != low_high)
    if not len(wrong):
        return []
    row = wrong[0]
    return [
        Problem(
            two_from,
            f"row {row} is {CLASS_NAMES['two'][low_high[row]]}, but {six_from} says {CLASS_NAMES['six'][grades[row]]} "
            f"({len(wrong):,} such rows); low is b0, b1a and b1b, high is b1c, b2 and b3",
        )
    ]


def _features(release: MesccFiles, split: str, lengths: dict[str, int]) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[Path] = set()
    for grading in CLASS_NAMES:
        try:
            path = release.pick(split, "features", grading)
            if path is None or path in seen:
                continue
            seen.add(path)
            x = open_npy(path)
            if x.ndim not in (2, 4):
                problems.append(Problem(str(path), f"shape {x.shape}; (N, D) or (N, C, H, W) is needed"))
                continue
            check_finite(x, str(path))
        except DataError as error:
            problems.append(Problem(f"{split}-features", str(error)))
            continue
        wanted = sum(COUNTS[grading][split])
        if len(x) != wanted:
            problems.append(Problem(str(path), f"{len(x):,} items, published are {wanted:,}"))
        for where, n in lengths.items():
            if n != len(x):
                problems.append(Problem(str(path), f"{len(x):,} items, but {where} has {n:,} labels"))
    return problems

"""The phantom's patients: who has how many slices, and each slice's grade and severity.

A lesion is worst at one slice and fades with distance, so that adjacent slices have the same grade or a near one. The
grades of a split are the published counts, exactly: slices are ranked, and the ranks are cut where the counts say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from albench_datasets.phantom.bodies import Anatomy, drawn
from albench_datasets.published import COUNTS, SPLITS

SLICES = (4, 10)
"""Fewest and most adjacent slices of a patient."""
FREE = 3.0
"""Width of b0 on the severity axis, on which each other grade is one wide; below 0 there is no lesion in the slice."""
READER_NOISE = np.array([0.12, 0.16, 0.1, 0.16, 0.14])
"""How far readers stray at each edge between two grades, in grades: what makes cases near an edge look alike."""
_PATIENTS, _ANATOMY, _PIXELS = range(3)


@dataclass(frozen=True)
class Cohort:
    """One split before it is drawn.

    Attributes
    ----------
    seed, split
        What it was drawn from.
    grades
        (N,) int64 grades 0 .. 5 as the readers gave them, with exactly the published counts.
    severity
        (N,) float32 what there is to see: grade ``g`` is drawn for ``g <= severity < g + 1``, b0 for all below 1.
        It differs from the reader's grade for some cases near an edge.
    patients
        (N,) int64, ascending; no patient is in two splits.
    anatomy
        Of each slice.
    """

    seed: int
    split: str
    grades: np.ndarray
    severity: np.ndarray
    patients: np.ndarray
    anatomy: Anatomy

    def __len__(self) -> int:
        return len(self.grades)

    def pixel_stream(self, row: int) -> np.random.Generator:
        """The random stream of one slice's texture and noise, whatever else is drawn."""
        return _stream(self.seed, self.split, _PIXELS, row)


def cohort(seed: int, split: str) -> Cohort:
    """The patients of one split, the same for one seed everywhere."""
    counts = np.array(COUNTS["six"][split])
    rng = _stream(seed, split, _PATIENTS)
    sizes = _sizes(rng, int(counts.sum()))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    peak, reach = rng.uniform(0, sizes), rng.uniform(3.0, 6.0, len(sizes))
    burden = 1.5 * rng.standard_normal(len(sizes))
    score = burden[owner] - ((place - peak[owner]) / reach[owner]) ** 2 + 0.12 * rng.standard_normal(len(owner))
    grades, severity = _graded(score, counts)
    nearest = np.clip(np.rint(severity), 1, len(counts) - 1).astype(np.int64) - 1
    seen = severity + READER_NOISE[nearest] * rng.standard_normal(len(owner)).clip(-2.5, 2.5)
    seen = np.clip(seen, 1 - FREE, np.nextafter(np.float32(len(counts)), np.float32(0)))
    # Numbers no other split can reach, without drawing the others.
    first = SPLITS.index(split) * sum(map(sum, COUNTS["six"].values()))
    anatomy = drawn(_stream(seed, split, _ANATOMY), owner, place)
    return Cohort(seed, split, grades, seen.astype(np.float32), first + owner, anatomy)


def _stream(seed: int, split: str, *name: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(SPLITS.index(split), *name))))


def _sizes(rng: np.random.Generator, n: int) -> np.ndarray:
    """Slices of each patient, ``n`` in all."""
    least, most = SLICES
    sizes = rng.integers(least, most + 1, n // least)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), n)) + 1]
    sizes[-1] -= sizes.sum() - n
    if sizes[-1] < least:
        # The last patient is too short: another takes its slices, which may give that one a few too many.
        sizes[-2] += sizes[-1]
        sizes = sizes[:-1]
    return sizes


def _graded(score: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Grades with exactly these counts, ranked by score, and each slice's place on the severity axis."""
    rank = np.empty(len(score), dtype=np.int64)
    rank[np.argsort(score, kind="stable")] = np.arange(len(score))
    grades = np.repeat(np.arange(len(counts)), counts)[rank]
    within = (rank - (np.cumsum(counts) - counts)[grades] + 0.5) / counts[grades]
    return grades, np.where(grades == 0, 1 - FREE * (1 - within), grades + within)

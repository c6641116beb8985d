"""The phantom's patients: who has how many slices, each slice's grade and severity, and everybody's anatomy.

A lesion is worst at one slice and fades with distance, so that adjacent slices have the same grade or a near one. The
grades of a split are the published counts, exactly: slices are ranked, and the ranks are cut where the counts say.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from albench_datasets.published import COUNTS, SPLITS

SLICES = (4, 10)
"""Fewest and most adjacent slices of a patient."""
FREE = 3.0
"""Width of b0 on the severity axis, on which each other grade is one wide; below 0 there is no lesion in the slice."""
READER_NOISE = np.array([0.12, 0.16, 0.1, 0.16, 0.14])
"""How far readers stray at each edge between two grades, in grades: what makes cases near an edge look alike."""
_PATIENTS, _ANATOMY, _PIXELS = range(3)


@dataclass(frozen=True)
class Anatomy:
    """What decides the picture besides the severity; every field is (N,) float32, lengths in pixels.

    ``x`` grows to the image's right, ``y`` to the back of the patient, both from the image's centre.
    """

    shift_x: np.ndarray
    shift_y: np.ndarray
    turn: np.ndarray
    scale: np.ndarray
    body_a: np.ndarray
    body_b: np.ndarray
    arch: np.ndarray
    process_x: np.ndarray
    process_y: np.ndarray
    rib: np.ndarray
    spinous: np.ndarray
    muscle: np.ndarray
    skin: np.ndarray
    lung: np.ndarray
    aorta_x: np.ndarray
    aorta_r: np.ndarray
    canal_a: np.ndarray
    canal_b: np.ndarray
    sac_a: np.ndarray
    sac_b: np.ndarray
    sac_x: np.ndarray
    sac_y: np.ndarray
    cord_a: np.ndarray
    cord_b: np.ndarray
    cord_x: np.ndarray
    cord_y: np.ndarray
    side_x: np.ndarray
    side_y: np.ndarray
    bilobed: np.ndarray
    breadth: np.ndarray
    nodule: np.ndarray
    oval: np.ndarray
    vein: np.ndarray
    void_x: np.ndarray
    void_y: np.ndarray
    void_r: np.ndarray
    void: np.ndarray
    csf: np.ndarray
    fat: np.ndarray
    lesion: np.ndarray
    marrow: np.ndarray
    cord: np.ndarray
    flesh: np.ndarray
    gain: np.ndarray
    bias_x: np.ndarray
    bias_y: np.ndarray
    bias_xx: np.ndarray
    bias_yy: np.ndarray
    noise: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """The anatomy of some slices."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


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
    anatomy = _anatomy(_stream(seed, split, _ANATOMY), owner, place)
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


def _anatomy(rng: np.random.Generator, owner: np.ndarray, place: np.ndarray) -> Anatomy:
    n_patients = int(owner[-1]) + 1
    middle = (np.bincount(owner) - 1) / 2

    def draw(low: float, high: float, drift: float = 0.0, jitter: float = 0.0) -> np.ndarray:
        """One value a patient, which drifts along the slices by up to ``drift`` each, plus ``jitter`` of each slice."""
        own = rng.uniform(low, high, n_patients)
        slope = rng.uniform(-drift, drift, n_patients)
        each = rng.uniform(-jitter, jitter, len(owner))
        return own[owner] + slope[owner] * (place - middle[owner]) + each

    canal_a, canal_b = draw(10.3, 12.0, 0.08), draw(8.8, 10.2, 0.08)
    sac_a, sac_b = canal_a - draw(2.0, 2.8), canal_b - draw(2.2, 2.9)
    side_x, side_y, bilobed = _sides(rng, n_patients)
    values = {
        "shift_x": draw(-2.5, 2.5, 0.15, 0.4),
        "shift_y": draw(-2.5, 2.5, 0.15, 0.4),
        "turn": draw(-0.1, 0.1, 0.006),
        "scale": draw(0.9, 1.1, 0.006),
        "body_a": draw(14.0, 17.5, 0.2),
        "body_b": draw(11.0, 13.5, 0.2),
        "arch": draw(3.4, 4.8, 0.15),
        "process_x": draw(15.0, 25.0, 1.0),
        "process_y": draw(2.0, 9.0, 0.6),
        "rib": draw(-1.5, 2.6, 0.3).clip(None, 2.6),
        "spinous": draw(20.0, 27.0, 0.6),
        "muscle": draw(0.85, 1.15, 0.01),
        "skin": draw(24.0, 31.0, 0.2),
        "lung": draw(17.0, 23.0, 0.3),
        "aorta_x": draw(-16.0, -10.0, 0.3),
        "aorta_r": draw(4.0, 5.5),
        "canal_a": canal_a,
        "canal_b": canal_b,
        "sac_a": sac_a,
        "sac_b": sac_b,
        "sac_x": draw(-0.3, 0.3, 0.0, 0.1),
        "sac_y": draw(-0.7, 0.1, 0.0, 0.1),
        "cord_a": sac_a * draw(0.52, 0.67, 0.0, 0.01),
        "cord_b": sac_b * draw(0.48, 0.64, 0.0, 0.01),
        "cord_x": draw(-0.4, 0.4, 0.0, 0.15),
        "cord_y": draw(-1.0, 0.3, 0.05, 0.15),
        "side_x": side_x[owner],
        "side_y": side_y[owner],
        "bilobed": bilobed[owner],
        "breadth": draw(0.0, 1.0, 0.0, 0.1),
        "nodule": draw(5.0, 8.5, 0.2),
        "oval": draw(-0.3, 0.3, 0.0, 0.08),
        "vein": draw(-0.4, 0.9, 0.1, 0.3).clip(0, 1),
        "void_x": draw(-6.0, 6.0, 0.3, 1.0),
        "void_y": draw(0.0, 5.5, 0.2, 0.5),
        "void_r": draw(1.5, 3.5, 0.1, 0.2),
        "void": draw(-0.5, 0.7, 0.0, 0.2).clip(0, 0.6),
        "csf": draw(0.8, 1.0),
        "fat": draw(0.66, 0.8),
        "lesion": draw(0.42, 0.58, 0.0, 0.02),
        "marrow": draw(0.28, 0.42, 0.005),
        "cord": draw(0.32, 0.4),
        "flesh": draw(0.17, 0.26),
        "gain": draw(190.0, 235.0, 1.0),
        "bias_x": draw(-0.15, 0.15),
        "bias_y": draw(-0.05, 0.3),
        "bias_xx": draw(-0.2, 0.05),
        "bias_yy": draw(-0.15, 0.1),
        "noise": draw(0.03, 0.06),
    }
    return Anatomy(**{name: value.astype(np.float32) for name, value in values.items()})


def _sides(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors from the canal to the lesion, and 1 where it is anterior and spares the midline (else 0)."""
    kind = rng.choice(3, n, p=[0.35, 0.45, 0.2])
    anterior, lateral = kind == 0, kind == 1
    hand = rng.choice(np.array([-1.0, 1.0]), n)
    x = np.where(lateral, hand, rng.uniform(-0.25, 0.25, n))
    y = np.where(anterior, -1.0, np.where(lateral, rng.uniform(-0.9, -0.2, n), 1.0))
    length = np.sqrt(x * x + y * y)
    return x / length, y / length, (anterior & (rng.random(n) < 0.6)).astype(np.float64)

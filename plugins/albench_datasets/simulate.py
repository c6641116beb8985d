"""A stand-in for MESCC's features: patients first, then slices, grades and sparse activations.

The grade of a slice is a position on one severity axis b0 < b1a < ... < b3. Along that axis the features follow a
curve whose steps lie in a few leading components; scanner cluster, patient, slice and feature noise come on top. A
grade is what a reader made of the severity, so neighbouring grades overlap most where high grades begin.
This is a construction of this project: it imitates sizes and the geometry of features of real images, not anatomy.
docs/stand-in.md has the geometry beside that of real X-rays and digits, from which the constants below were chosen.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from albench_datasets.published import COUNTS, FEATURE_SIZE, SPLITS

LATENT = 256
CLUSTERS = 12
N_GRADES = 6
SLICES = (4, 10)
"""Fewest and most adjacent slices of a patient."""

DECAY = 0.55
"""Standard deviation of the latent component of rank r is ``r ** -DECAY``: variances fall as those of real features."""
# Where each grade begins and ends on the severity axis; b0 is wide, since most slices are plainly free of disease.
EDGES = np.array([-1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
# How unsure a reader is at each edge, in grades; most where high grades begin (cord touched or not).
READER_NOISE = np.array([0.1, 0.1, 0.6, 0.1, 0.1])
STEPS = np.array([0.7, 0.65, 0.35, 0.6, 0.6])
"""Length of the step from each grade to the next, in spreads of the latent components together."""
RANKS = slice(1, 9)
"""The latent components along which grades differ: leading ones, as classes of real images do."""
STEEPNESS = 6.0
"""How fast features change at an edge between two grades; 1 would be an even change."""
# Shares of the latent variance: between cluster centres, patients in a cluster, a patient's slices.
CLUSTER_SHARE, PATIENT_SHARE, SLICE_SHARE = 0.15, 0.35, 0.5
# Noise of each feature, in standard deviations of its signal, roughly: one draw a patient, one a slice.
TEXTURE, PIXEL = 0.1, 0.1
THRESHOLDS = (-1.2, 1.0)
"""Range of the features' thresholds, in the same unit."""
FEATURE_SPREAD = 0.8
"""Features differ in scale: the standard deviation of the scales' logarithms."""
LATENT_SCALE, LOADING_SCALE, FEATURE_SCALE = 64, 32, 16
OUTPUT_SCALE = 2.0**-18
SPREAD = np.arange(1, LATENT + 1) ** -DECAY
"""(LATENT,) standard deviations of the latent components."""


@dataclass(frozen=True)
class Simulated:
    """One split: features (N, 2048) float32, six-grades (N,) int64, patients (N,) int64."""

    features: np.ndarray
    grades: np.ndarray
    patients: np.ndarray


@dataclass(frozen=True)
class Anatomy:
    """What all patients share: each feature's loadings, threshold and scale; cluster centres; the curve of severity."""

    loadings: np.ndarray
    thresholds: np.ndarray
    scales: np.ndarray
    centres: np.ndarray
    curve: np.ndarray


def stream(seed: int, *name: str) -> np.random.Generator:
    """The random stream of that name: it depends on the seed and the name alone."""
    key = tuple(zlib.crc32(part.encode()) for part in name)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def simulate(seed: int) -> dict[str, Simulated]:
    """All splits, with exactly the published counts."""
    anatomy = _anatomy(seed)
    splits: dict[str, Simulated] = {}
    first_patient = 0
    for split in SPLITS:
        splits[split] = _split(seed, split, anatomy, first_patient)
        first_patient = int(splits[split].patients[-1]) + 1
    return splits


def _anatomy(seed: int) -> Anatomy:
    rng = stream(seed, "anatomy")
    loadings = np.rint(rng.standard_normal((LATENT, FEATURE_SIZE)) * LOADING_SCALE).clip(-128, 128).astype(np.float32)
    thresholds = rng.uniform(*THRESHOLDS, FEATURE_SIZE)
    centres = rng.standard_normal((CLUSTERS, LATENT)) * SPREAD * np.sqrt(CLUSTER_SHARE)
    # At right angles, so that no component gathers more variance than real features have in one.
    steps = np.zeros((N_GRADES - 1, LATENT))
    drawn = rng.standard_normal((N_GRADES - 1, len(SPREAD[RANKS])))
    steps[:, RANKS] = np.linalg.qr(drawn.T)[0].T
    steps *= STEPS[:, None] * np.linalg.norm(SPREAD)
    curve = np.concatenate([np.zeros((1, LATENT)), np.cumsum(steps, axis=0)])
    scales = np.rint(np.exp(FEATURE_SPREAD * rng.standard_normal(FEATURE_SIZE)) * FEATURE_SCALE).clip(1, 128)
    return Anatomy(loadings, thresholds, scales.astype(np.float32), centres, curve)


def _split(seed: int, split: str, anatomy: Anatomy, first_patient: int) -> Simulated:
    counts = np.array(COUNTS["six"][split])
    n = int(counts.sum())
    rng = stream(seed, split, "patients")
    sizes = rng.integers(SLICES[0], SLICES[1] + 1, n // SLICES[0])
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), n)) + 1]
    sizes[-1] -= sizes.sum() - n
    if sizes[-1] < SLICES[0]:
        sizes[-2] += sizes[-1]
        sizes = sizes[:-1]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)

    # A lesion is worst at one slice and fades with distance; most patients have none to speak of.
    peak = rng.uniform(0, sizes)
    reach = rng.uniform(2.0, 5.0, len(sizes))
    burden = rng.standard_normal(len(sizes)) * 1.5
    score = burden[owner] - ((place - peak[owner]) / reach[owner]) ** 2 + 0.3 * rng.standard_normal(n)
    grades, severity = _graded(score, counts)
    nearest = np.clip(np.rint(severity), 1, N_GRADES - 1).astype(np.int64) - 1
    seen = severity + READER_NOISE[nearest] * rng.standard_normal(n)

    latent = _latent(stream(seed, split, "latent"), anatomy, owner, seen)
    texture = stream(seed, split, "texture").integers(-128, 128, (len(sizes), FEATURE_SIZE), dtype=np.int8)
    pixel = stream(seed, split, "features").integers(-128, 128, (n, FEATURE_SIZE), dtype=np.int8)
    return Simulated(_activations(anatomy, latent, texture, owner, pixel), grades, first_patient + owner)


def _graded(score: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Grades with exactly these counts, ranked by score, and the severity of each item within its grade."""
    rank = np.empty(len(score), dtype=np.int64)
    rank[np.argsort(score, kind="stable")] = np.arange(len(score))
    grades = np.repeat(np.arange(len(counts)), counts)[rank]
    within = (rank - (np.cumsum(counts) - counts)[grades] + 0.5) / counts[grades]
    centred = 2 * within - 1
    # fewer items near an edge than in the middle of a grade: the dips in density that semi-supervised methods use
    shaped = np.sign(centred) * np.abs(centred) ** 1.5
    low, high = EDGES[grades], EDGES[grades + 1]
    return grades, (low + high) / 2 + shaped * (high - low) / 2


def _latent(rng: np.random.Generator, anatomy: Anatomy, owner: np.ndarray, severity: np.ndarray) -> np.ndarray:
    """(N, LATENT): cluster, patient, place on the curve of severity, slice noise."""
    n_patients = int(owner[-1]) + 1
    cluster = rng.integers(0, CLUSTERS, n_patients)
    patient = anatomy.centres[cluster] + np.sqrt(PATIENT_SHARE) * SPREAD * rng.standard_normal((n_patients, LATENT))
    at = np.clip(severity - 0.5, 0, N_GRADES - 1)
    low = np.minimum(at.astype(np.int64), N_GRADES - 2)
    part = np.clip((at - low - 0.5) * STEEPNESS + 0.5, 0, 1)[:, None]
    curve = anatomy.curve[low] * (1 - part) + anatomy.curve[low + 1] * part
    slices = np.sqrt(SLICE_SHARE) * SPREAD * rng.standard_normal((len(owner), LATENT))
    return patient[owner] + curve + slices


def _activations(
    anatomy: Anatomy, latent: np.ndarray, texture: np.ndarray, owner: np.ndarray, pixel: np.ndarray
) -> np.ndarray:
    """(N, FEATURE_SIZE) float32, what exceeds each feature's threshold; everything before the last line is whole."""
    # Whole numbers below 2**24 keep the float32 product exact: the same bits from every BLAS and thread count.
    whole = np.rint(latent * LATENT_SCALE).clip(-1023, 1023).astype(np.float32)
    out = whole @ anatomy.loadings
    unit = LATENT_SCALE * LOADING_SCALE * np.linalg.norm(SPREAD)
    pixel_weight = np.float32(np.rint(PIXEL * unit / 128))
    texture_weight = np.float32(np.rint(TEXTURE * unit / 128))
    shift = texture.astype(np.float32) * texture_weight - np.rint(anatomy.thresholds * unit).astype(np.float32)
    for start in range(0, len(out), 256):
        rows = slice(start, start + 256)
        block = out[rows]
        block += pixel[rows] * pixel_weight
        block += shift[owner[rows]]
        np.maximum(block, 0, out=block)
        block *= anatomy.scales * np.float32(OUTPUT_SCALE)
    return out

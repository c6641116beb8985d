"""The phantom's pixels: what each tissue shows on a T2 image, texture, the coil's bias field, and Rician noise."""

from __future__ import annotations

import numpy as np

from albench_datasets.phantom.anatomy import SIDE, Fields, Length, Masks, masks
from albench_datasets.phantom.cohort import Cohort

BLOCK = 16
"""Slices drawn at a time: what lies between stays in the processor's cache."""
ROOM = 16 << 20
"""Bytes taken and given back before drawing: see ``render``."""
COARSE = 17
"""Side of the grid on which texture is drawn, before it is made smooth."""


def render(cohort: Cohort, rows: np.ndarray | None = None) -> np.ndarray:
    """Images (n, 1, 64, 64) uint8 of some slices, or of all. A slice's image does not depend on the others drawn."""
    rows = np.arange(len(cohort)) if rows is None else np.asarray(rows)
    # Once a block as large as this was freed, glibc keeps freed memory instead of returning each array to the system
    # and clearing it again for the next one, which takes as long as drawing. Elsewhere it does nothing.
    np.empty(ROOM, np.uint8)
    images = np.empty((len(rows), 1, SIDE, SIDE), np.uint8)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        images[start : start + BLOCK, 0] = _block(cohort, block)
    return images


def _block(cohort: Cohort, rows: np.ndarray) -> np.ndarray:
    anatomy = cohort.anatomy.take(rows)
    of: Fields = {name: value[:, None, None] for name, value in vars(anatomy).items()}
    coarse = np.empty((len(rows), COARSE, COARSE), np.float32)
    noise = np.empty((2, len(rows), SIDE, SIDE), np.float32)
    for place, row in enumerate(rows):
        stream = cohort.pixel_stream(int(row))
        stream.standard_normal(dtype=np.float32, out=coarse[place])
        stream.standard_normal(dtype=np.float32, out=noise[0, place])
        stream.standard_normal(dtype=np.float32, out=noise[1, place])
    signal = tissues(masks(anatomy, cohort.severity[rows]), of, smooth(coarse))
    signal *= bias(of)
    # A magnitude image: the length of a complex number with Gaussian noise in both parts (Gudbjartsson, Patz 1995).
    noise *= of["noise"]
    signal += noise[0]
    level = np.sqrt(signal * signal + noise[1] * noise[1]) * of["gain"] + np.float32(0.5)
    return np.minimum(level, np.float32(255)).astype(np.uint8)


def tissues(drawn: Masks, of: Fields, texture: np.ndarray) -> np.ndarray:
    """Signal 0 .. 1 (N, SIDE, SIDE) float32 without noise; later tissues lie over earlier ones."""
    fat = of["fat"] + texture * np.float32(0.03)
    lesion = of["lesion"] + texture * np.float32(0.045)
    signal = np.float32(0.75) * fat

    def paint(mask: np.ndarray, value: Length) -> None:
        signal[...] += mask * (value - signal)

    paint(drawn.lung, np.float32(0.03))
    paint(drawn.aorta, np.float32(0.05))
    paint(drawn.muscle, of["flesh"] * (1 + texture * np.float32(0.25)))
    paint(drawn.skin, fat * np.float32(1.1))
    paint(drawn.bone, np.float32(0.07))
    paint(drawn.marrow, of["marrow"] + texture * np.float32(0.03))
    paint(drawn.vein * drawn.marrow, np.float32(0.6))
    paint(drawn.nodule, lesion)
    paint(drawn.canal, fat)
    paint(drawn.lesion, lesion)
    paint(drawn.csf, of["csf"] * (1 - drawn.void))
    paint(drawn.cord, of["cord"] + drawn.core * np.float32(0.07))
    return signal


def smooth(coarse: np.ndarray) -> np.ndarray:
    """(N, SIDE, SIDE) by linear interpolation of (N, COARSE, COARSE)."""
    at = (np.arange(SIDE, dtype=np.float32) + np.float32(0.5)) * np.float32((COARSE - 1) / SIDE)
    low = at.astype(np.int64)
    part = at - low.astype(np.float32)
    # take, unlike an index, leaves the axes in order in memory, which makes all that follows several times faster
    rows = coarse.take(low, axis=1) * (1 - part)[:, None] + coarse.take(low + 1, axis=1) * part[:, None]
    smoothed: np.ndarray = rows.take(low, axis=2) * (1 - part) + rows.take(low + 1, axis=2) * part
    return smoothed


def bias(of: Fields) -> np.ndarray:
    """The surface coil's sensitivity: a quadratic over the image, about 1 at its centre."""
    grid = np.linspace(-1, 1, SIDE, dtype=np.float32)
    x, y = grid[None, None, :], grid[None, :, None]
    across = 1 + of["bias_x"] * x + of["bias_xx"] * x * x
    field: np.ndarray = across * (1 + of["bias_y"] * y + of["bias_yy"] * y * y)
    return field

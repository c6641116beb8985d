"""Everybody's anatomy in the phantom: what decides a picture besides the severity, drawn for each patient."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np


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


class _Slices:
    """Draws values of slices: one a patient, which drifts from slice to slice."""

    def __init__(self, rng: np.random.Generator, owner: np.ndarray, place: np.ndarray) -> None:
        self.rng = rng
        self.owner = owner
        self.n_patients = int(owner[-1]) + 1
        self._from_middle = place - ((np.bincount(owner) - 1) / 2)[owner]

    def draw(self, low: float, high: float, drift: float = 0.0, jitter: float = 0.0) -> np.ndarray:
        """One value a patient, which drifts along the slices by up to ``drift`` each, plus ``jitter`` of each slice."""
        own = self.rng.uniform(low, high, self.n_patients)
        slope = self.rng.uniform(-drift, drift, self.n_patients)
        each = self.rng.uniform(-jitter, jitter, len(self.owner))
        return own[self.owner] + slope[self.owner] * self._from_middle + each


def drawn(rng: np.random.Generator, owner: np.ndarray, place: np.ndarray) -> Anatomy:
    """The anatomy of slices.

    Parameters
    ----------
    owner
        (N,) ascending: the patient of each slice, from 0.
    place
        (N,) its place among the patient's slices, from 0.
    """
    slices = _Slices(rng, owner, place)
    canal = {"canal_a": slices.draw(10.3, 12.0, 0.08), "canal_b": slices.draw(8.8, 10.2, 0.08)}
    sac = {
        "sac_a": canal["canal_a"] - slices.draw(2.0, 2.8),
        "sac_b": canal["canal_b"] - slices.draw(2.2, 2.9),
    }
    side_x, side_y, bilobed = _sides(rng, slices.n_patients)
    side = {"side_x": side_x[owner], "side_y": side_y[owner], "bilobed": bilobed[owner]}
    values = {
        **canal,
        **sac,
        **side,
        **_trunk(slices),
        **_cord(slices, sac["sac_a"], sac["sac_b"]),
        **_lesion(slices),
        **_signal(slices),
    }
    return Anatomy(**{name: value.astype(np.float32) for name, value in values.items()})


def _trunk(slices: _Slices) -> dict[str, np.ndarray]:
    """Where the body lies, its bones and what is around them."""
    return {
        "shift_x": slices.draw(-2.5, 2.5, 0.15, 0.4),
        "shift_y": slices.draw(-2.5, 2.5, 0.15, 0.4),
        "turn": slices.draw(-0.1, 0.1, 0.006),
        "scale": slices.draw(0.9, 1.1, 0.006),
        "body_a": slices.draw(14.0, 17.5, 0.2),
        "body_b": slices.draw(11.0, 13.5, 0.2),
        "arch": slices.draw(3.4, 4.8, 0.15),
        "process_x": slices.draw(15.0, 25.0, 1.0),
        "process_y": slices.draw(2.0, 9.0, 0.6),
        "rib": slices.draw(-1.5, 2.6, 0.3).clip(None, 2.6),
        "spinous": slices.draw(20.0, 27.0, 0.6),
        "muscle": slices.draw(0.85, 1.15, 0.01),
        "skin": slices.draw(24.0, 31.0, 0.2),
        "lung": slices.draw(17.0, 23.0, 0.3),
        "aorta_x": slices.draw(-16.0, -10.0, 0.3),
        "aorta_r": slices.draw(4.0, 5.5),
    }


def _cord(slices: _Slices, sac_a: np.ndarray, sac_b: np.ndarray) -> dict[str, np.ndarray]:
    """Where the sac lies in the canal, and the cord in the sac."""
    return {
        "sac_x": slices.draw(-0.3, 0.3, 0.0, 0.1),
        "sac_y": slices.draw(-0.7, 0.1, 0.0, 0.1),
        "cord_a": sac_a * slices.draw(0.52, 0.67, 0.0, 0.01),
        "cord_b": sac_b * slices.draw(0.48, 0.64, 0.0, 0.01),
        "cord_x": slices.draw(-0.4, 0.4, 0.0, 0.15),
        "cord_y": slices.draw(-1.0, 0.3, 0.05, 0.15),
    }


def _lesion(slices: _Slices) -> dict[str, np.ndarray]:
    """What a lesion looks like where there is one, and what looks like a lesion and is none."""
    return {
        "breadth": slices.draw(0.0, 1.0, 0.0, 0.1),
        "nodule": slices.draw(5.0, 8.5, 0.2),
        "oval": slices.draw(-0.3, 0.3, 0.0, 0.08),
        "vein": slices.draw(-0.4, 0.9, 0.1, 0.3).clip(0, 1),
        "void_x": slices.draw(-6.0, 6.0, 0.3, 1.0),
        "void_y": slices.draw(0.0, 5.5, 0.2, 0.5),
        "void_r": slices.draw(1.5, 3.5, 0.1, 0.2),
        "void": slices.draw(-0.5, 0.7, 0.0, 0.2).clip(0, 0.6),
    }


def _signal(slices: _Slices) -> dict[str, np.ndarray]:
    """How bright each tissue is, and what the scanner adds."""
    return {
        "csf": slices.draw(0.8, 1.0),
        "fat": slices.draw(0.66, 0.8),
        "lesion": slices.draw(0.42, 0.58, 0.0, 0.02),
        "marrow": slices.draw(0.28, 0.42, 0.005),
        "cord": slices.draw(0.32, 0.4),
        "flesh": slices.draw(0.17, 0.26),
        "gain": slices.draw(190.0, 235.0, 1.0),
        "bias_x": slices.draw(-0.15, 0.15),
        "bias_y": slices.draw(-0.05, 0.3),
        "bias_xx": slices.draw(-0.2, 0.05),
        "bias_yy": slices.draw(-0.15, 0.1),
        "noise": slices.draw(0.03, 0.06),
    }


def _sides(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors from the canal to the lesion, and 1 where it is anterior and spares the midline (else 0)."""
    kind = rng.choice(3, n, p=[0.35, 0.45, 0.2])
    anterior, lateral = kind == 0, kind == 1
    hand = rng.choice(np.array([-1.0, 1.0]), n)
    x = np.where(lateral, hand, rng.uniform(-0.25, 0.25, n))
    y = np.where(anterior, -1.0, np.where(lateral, rng.uniform(-0.9, -0.2, n), 1.0))
    length = np.sqrt(x * x + y * y)
    return x / length, y / length, (anterior & (rng.random(n) < 0.6)).astype(np.float64)

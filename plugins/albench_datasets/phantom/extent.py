"""What a severity means: how far a lesion of each grade has come in bone, epidural space, CSF and cord."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GRADES = 6


@dataclass(frozen=True)
class Extent:
    """How far the lesion has come; every field is (N,) float32.

    Attributes
    ----------
    bone
        0 (no lesion) .. 1 (all of its nodule).
    broken
        1 where the wall of the canal is broken.
    epidural
        Part of the epidural layer that it fills at its peak.
    indent
        Part of the CSF layer; above 1 the contact with the cord is the broader.
    breadth
        0 .. 1: how far around the sac it reaches.
    push
        Part of the room behind the cord by which the cord is moved away.
    squeeze
        Thickness of the cord along the lesion's direction, relative to its own.
    effaced
        1 where no CSF is left.
    """

    bone: np.ndarray
    broken: np.ndarray
    epidural: np.ndarray
    indent: np.ndarray
    breadth: np.ndarray
    push: np.ndarray
    squeeze: np.ndarray
    effaced: np.ndarray


def extent(severity: np.ndarray) -> Extent:
    """What a severity means; see ``Cohort``.

    Parameters
    ----------
    severity
        (N,) float32 below 6.
    """
    s = severity.astype(np.float32)
    grade = np.clip(np.floor(s), 0, GRADES - 1).astype(np.int64)
    within = s - grade.astype(np.float32)

    def ramp(*ends: tuple[float, float]) -> np.ndarray:
        """From the first to the second number within each grade."""
        first, last = np.array(ends, dtype=np.float32).T
        return first[grade] + (last - first)[grade] * np.clip(within, 0, 1)

    none = (0.0, 0.0)
    return Extent(
        bone=ramp((0.0, 0.8), (0.8, 0.9), (0.9, 1.0), (1.0, 1.0), (1.0, 1.0), (1.0, 1.0)),
        broken=(grade > 0).astype(np.float32),
        epidural=ramp(none, (0.5, 1.0), (1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (1.0, 1.0)),
        indent=ramp(none, none, (0.2, 0.8), (1.3, 1.6), (1.7, 2.0), (2.0, 2.0)),
        breadth=ramp(none, (0.1, 0.3), (0.3, 0.45), (0.48, 0.58), (0.62, 0.75), (0.9, 1.0)),
        push=ramp(none, none, none, (0.0, 0.3), (0.5, 0.8), (0.9, 1.0)),
        squeeze=ramp((1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (0.75, 0.52), (0.52, 0.4)),
        effaced=(grade == GRADES - 1).astype(np.float32),
    )

"""The stand-in for MESCC's images, drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from albench.api import ImageDataset, Problem, Splits, option
from albench_datasets.checks import Raw, checked_splits
from albench_datasets.mescc_verify import count_problems
from albench_datasets.phantom.cache import images
from albench_datasets.phantom.cohort import cohort
from albench_datasets.published import CLASS_NAMES, SPLITS, TWO_OF_SIX, Grading

NOTICE = "mescc-phantom is a drawn phantom, not patient data: its numbers say nothing about patients, nor about MESCC"


@dataclass(frozen=True)
class MesccPhantom(ImageDataset):
    """A drawn axial T2 phantom of the Bilsky scale with MESCC's splits and class counts, as (1, 64, 64) uint8.

    Needs no file: drawn in a few seconds and kept in the cache folder (``ALBENCH_CACHE`` names another).
    """

    shift: int = option(3, "weak view: largest shift in pixels, with reflected borders", ge=0)
    rotate: float = option(8.0, "weak view: largest rotation in degrees", ge=0, le=180)
    grading: Literal["two", "six"] = option("six", "the labels: six Bilsky grades, or two (low, high)")
    seed: int = option(0, "seed of the drawing", ge=0)

    def load(self, root: Path | None) -> Splits:
        """Draw the splits or read them from the cache; the same for one seed everywhere. ``root`` is not read."""
        cohorts = {split: cohort(self.seed, split) for split in SPLITS}
        x, notices = images(cohorts)
        name = f"mescc-phantom[seed={self.seed}]"
        raw = {
            split: Raw(
                x[split],
                graded(each.grades, self.grading),
                x_from=f"{name} {split}",
                y_from=f"{name} {split}",
                groups=each.patients,
                groups_from=f"{name} {split}",
            )
            for split, each in cohorts.items()
        }
        return checked_splits(
            raw,
            modality="image",
            class_names=CLASS_NAMES[self.grading],
            ordinal=self.grading == "six",
            notices=(NOTICE, *notices),
            stand_in="MESCC",
        )

    def verify(self, root: Path | None) -> list[Problem]:
        """Check the drawn counts against the published ones."""
        return [
            problem
            for split in SPLITS
            for problem in count_problems(
                graded(cohort(self.seed, split).grades, self.grading), self.grading, split, f"mescc-phantom {split}"
            )
        ]


def graded(grades: np.ndarray, grading: Grading) -> np.ndarray:
    """(N,) int64 labels of a grading, from six-grades."""
    return grades if grading == "six" else np.array(TWO_OF_SIX)[grades]

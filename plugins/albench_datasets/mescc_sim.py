"""The stand-in for MESCC's features, made in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from albench.api import FeatureDataset, Problem, Splits, option
from albench_datasets.checks import Raw, checked_splits
from albench_datasets.mescc_verify import count_problems
from albench_datasets.published import CLASS_NAMES, STRONG_SHIFT, TWO_OF_SIX, Grading
from albench_datasets.simulate import simulate


@dataclass(frozen=True)
class MesccSim(FeatureDataset):
    """Simulated features with MESCC's splits, class counts and size; needs no file. Its numbers are not MESCC's."""

    grading: Literal["two", "six"] = option("six", "the labels: six Bilsky grades, or two (low, high)")
    seed: int = option(0, "seed of the simulation", ge=0)
    strong_shift: float = option(
        STRONG_SHIFT, "strong view: weight of the difference of an item of the pool from a near one", ge=0, later=(0.0,)
    )

    def load(self, root: Path | None) -> Splits:
        """Simulate the splits; the same for one seed everywhere. ``root`` is not read."""
        name = f"mescc-sim[seed={self.seed}]"
        raw = {
            split: Raw(
                each.features,
                graded(each.grades, self.grading),
                x_from=f"{name} {split}",
                y_from=f"{name} {split}",
                groups=each.patients,
                groups_from=f"{name} {split}",
            )
            for split, each in simulate(self.seed).items()
        }
        return checked_splits(
            raw,
            modality="features",
            class_names=CLASS_NAMES[self.grading],
            ordinal=self.grading == "six",
            notices=(
                "MESCC itself cannot be redistributed: the README of the BoostMIS paper names its public link; "
                "name its folder with --data-dir or ALBENCH_DATA",
            ),
            stand_in="MESCC",
        )

    def verify(self, root: Path | None) -> list[Problem]:
        """Check the simulated counts against the published ones."""
        return [
            problem
            for split, each in simulate(self.seed).items()
            for problem in count_problems(graded(each.grades, self.grading), self.grading, split, f"mescc-sim {split}")
        ]


def graded(grades: np.ndarray, grading: Grading) -> np.ndarray:
    """(N,) int64 labels of a grading, from six-grades."""
    return grades if grading == "six" else np.array(TWO_OF_SIX)[grades]

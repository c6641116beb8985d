"""What labels are worth that choose the weights: parts of a total, and differences by hand."""

from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd

import albench

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "validation_labels.py"))


def test_every_setting_pays_for_the_same_total(tmp_path: Path) -> None:
    for setting, labels in (("none", 40), ("0.25x", 32), ("1x", 20)):
        rows = SCRIPT["measured"](
            "digits", 40, setting, method="supervised", seeds=1, steps=1, out=str(tmp_path / setting)
        )
        used = albench.load(tmp_path / setting / "digits").frame
        assert list(used["n_labeled"]) == [labels]
        assert list(used["n_labeled"] + used["n_validation"]) == [40]
        assert list(rows["validation"]) == [setting]


def test_differences_are_paired_by_seed() -> None:
    rows = pd.DataFrame(
        [
            {
                "dataset": "d", "total": 40, "method": "m", "validation": setting, "seed": seed,
                "test.macro_f1": 0.5 + 0.1 * seed + gain * seed, "test.auroc": 0.75,
            }
            for setting, gain in (("none", 0.0), ("0.25x", 0.0), ("0.5x", 0.0), ("1x", 0.02))
            for seed in (2, 1, 0)
        ]
    )  # fmt: skip
    last = SCRIPT["table"](rows).splitlines()[-1]
    # Differences of 0, 0.02 and 0.04: a standard error of 0.02 / sqrt(3), times 4.303 of Student's t with 2 degrees.
    assert last == "| d | 40 | m | 1x | 0.620 | +0.020 ± 0.050 | 0.750 | +0.000 ± 0.000 |"

"""The contact sheet of the drawn phantom: python benchmarks/figures/phantom_sheet.py [--out FILE] [--seed N]

One row a patient, one column a grade: the same patient's anatomy at all six grades, then noise as in the data set.
"""

from __future__ import annotations

import argparse
import io
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image

from albench_datasets.phantom.cohort import cohort
from albench_datasets.phantom.render import render
from albench_datasets.published import CLASS_NAMES

PATIENTS = 7
MEANING = ("bone only", "epidural", "sac deformed", "touches cord", "cord compressed", "no CSF left")


def sheet(seed: int) -> np.ndarray:
    """(PATIENTS, 6, 64, 64) uint8."""
    drawn = cohort(seed, "val")
    ids, first = np.unique(drawn.patients, return_index=True)
    patients = first[np.linspace(0, len(ids) - 1, PATIENTS).round().astype(int)]
    rows = []
    for patient, row in enumerate(patients):
        within = (0.25 + 0.5 * ((patient * 0.37) % 1)) * np.ones(len(drawn), np.float32)
        rows.append([render(replace(drawn, severity=grade + within), np.array([row]))[0, 0] for grade in range(6)])
    return np.array(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/phantom.png"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    images = sheet(arguments.seed)
    figure, axes = plt.subplots(PATIENTS, 6, figsize=(6.4, 1.06 * PATIENTS + 0.35))
    for row, line in enumerate(axes):
        for grade, axis in enumerate(line):
            axis.imshow(images[row, grade], cmap="gray", vmin=0, vmax=255, interpolation="bilinear")
            axis.set_axis_off()
            if row == 0:
                axis.set_title(f"{CLASS_NAMES['six'][grade]}\n{MEANING[grade]}", fontsize=7, pad=3)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.955, bottom=0.005, wspace=0.03, hspace=0.03)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=120)
    # Noise does not compress: 64 grey levels keep the file small and look the same.
    Image.open(drawn).convert("L").quantize(64).save(arguments.out, optimize=True)


if __name__ == "__main__":
    main()

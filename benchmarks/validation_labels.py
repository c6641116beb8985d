"""How many of one's labels should choose the weights: python benchmarks/validation_labels.py DATASET ... [--seeds 20]

A total of labels, 100 or 200, is parted into those that train and those that validate: all train (``none``: the last
weights are kept), or for each that trains a quarter, a half or one validates. Random draws, one round of the default
protocol. Test macro F1 and AUROC, mean over the seeds; a difference is that of a
setting from ``none`` on the same data, total, method and seeds, with its 95 % t-interval.
"""

from __future__ import annotations

import tempfile
from typing import Any

import click
import numpy as np
import pandas as pd
from scipy import stats

import albench

SETTINGS = {"none": 0.0, "0.25x": 0.25, "0.5x": 0.5, "1x": 1.0}
"""Protocol's ``validation`` -> labels that validate for each one that trains."""
METRICS = ("test.macro_f1", "test.auroc")
BASE = ["dataset", "total", "method"]


def measured(dataset: str, total: int, validation: str, **settings: Any) -> pd.DataFrame:
    """Test metrics of each method and seed, a row each."""
    n_labeled = round(total / (1 + SETTINGS[validation]))
    results = albench.run(
        dataset=dataset,
        strategy="random",
        initial=n_labeled,
        query_size=1,
        rounds=1,
        validation=validation,
        executor="local",
        **settings,
    )
    frame = results.frame
    return frame[["method", "seed", *METRICS]].assign(dataset=dataset, total=total, validation=validation)


def table(rows: pd.DataFrame) -> str:
    """Means, and differences from ``none``, in Markdown."""
    lines = ["| data | labels | method | validation | macro F1 | difference | AUROC | difference |", "|" + "---|" * 8]
    for (dataset, total, method), group in rows.groupby(BASE, sort=False):
        by = {name: part.set_index("seed").sort_index() for name, part in group.groupby("validation")}
        for setting in SETTINGS:
            cells = []
            for metric in METRICS:
                difference = by[setting][metric] - by["none"][metric]
                cells += [f"{by[setting][metric].mean():.3f}", "" if setting == "none" else _interval(difference)]
            lines.append(f"| {dataset} | {total} | {method} | {setting} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _interval(values: pd.Series) -> str:
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():+.3f} ± {half:.3f}"


@click.command()
@click.argument("datasets", nargs=-1, required=True)
@click.option("--seeds", default=20, show_default=True)
@click.option("--steps", default=200, show_default=True)
@click.option("--totals", default="100,200", show_default=True)
@click.option("--methods", default="supervised,fixmatch", show_default=True)
def main(datasets: tuple[str, ...], seeds: int, steps: int, totals: str, methods: str) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as out:
        rows = [
            measured(dataset, int(total), validation, method=methods.split(","), seeds=seeds, steps=steps, out=out)
            for dataset in datasets
            for total in totals.split(",")
            for validation in SETTINGS
        ]
    click.echo(table(pd.concat(rows)))


if __name__ == "__main__":
    main()

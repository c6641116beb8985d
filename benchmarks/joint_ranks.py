"""Joint ranks of query strategies over published sets of real data: python benchmarks/joint_ranks.py [--write]

Sets differ in models, encoders and budgets, so `albench compare` puts no two of them into one table. Here the block is
a data set. Within it each model on each kind of features is a setting, in which strategies are ranked by their mean
AUBC of test macro F1 over seeds; a data set's rank of a strategy is the mean over its settings, so that a table with
two models counts once. Friedman's test and Nemenyi's critical difference (Demsar 2006) are over data sets, Wilcoxon's
signed ranks of the differences to random too, Holm-corrected over the strategies.

``--write`` renews the section of results/README.md, which a test compares.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

import albench
from albench.compare.overall import cliques, critical_difference, friedman, mean_ranks
from albench.compare.statistics import area, holm

PUBLISHED = Path(__file__).parents[1] / "results" / "published"
PAGE = PUBLISHED.parent / "README.md"
SETS = {
    "tables": "",
    "questions": "TREC's questions",
    "xrays-features": "chest X-rays",
    "mnist-features": "MNIST's test images",
}
"""Set -> the data set that all of it is of; "" where each of its data sets is one."""
BASELINE = "random"
STRATEGIES = (BASELINE, "margin", "coreset", "typiclust", "badge")
METHOD, METRIC = "supervised", "test.macro_f1"
BEGIN, END = "<!-- joint ranks: python benchmarks/joint_ranks.py --write -->\n", "<!-- end of joint ranks -->"


def settings(published: Path = PUBLISHED) -> pd.DataFrame:
    """Mean AUBC over seeds: a row a setting, named by its block and what it is; a column a strategy."""
    rows = []
    for name, block in SETS.items():
        frame = albench.load(published / name).frame
        frame = frame[(frame["method"] == METHOD) & frame["strategy"].isin(STRATEGIES)]
        for (dataset, backbone), part in frame.groupby(["dataset", "backbone"], sort=True):
            scores = {}
            for strategy, own in part.groupby("strategy"):
                curves = own.pivot(index="seed", columns="n_labeled", values=METRIC).sort_index(axis=1)
                scores[strategy] = float(area(curves.to_numpy(), curves.columns.to_numpy(float)).mean())
            rows.append({"block": block or dataset, "what": f"{dataset}, {backbone}", **scores})
    return pd.DataFrame(rows).set_index(["block", "what"])[list(STRATEGIES)]


def joint(scores: pd.DataFrame) -> str:
    """The table as Markdown, and what it is over."""
    ranks = pd.DataFrame(
        np.array([mean_ranks(row[None]) for row in scores.to_numpy()]), index=scores.index, columns=scores.columns
    )
    by_block = ranks.groupby(level="block").mean()
    gains = scores.sub(scores[BASELINE], axis=0).groupby(level="block").mean()
    overall = mean_ranks(-by_block.to_numpy())
    distance = critical_difference(len(STRATEGIES), len(by_block))
    order = np.argsort(overall, kind="stable")
    p_friedman = friedman(-by_block.to_numpy())
    apart = p_friedman < 0.05
    groups = cliques([float(overall[at]) for at in order], distance if apart else float("inf"))
    letters = [
        "".join(chr(97 + number) for number, (first, last) in enumerate(groups) if first <= at <= last)
        for at in range(len(order))
    ]
    others = [name for name in STRATEGIES if name != BASELINE]
    p = dict(zip(others, holm(np.array([wilcoxon(gains[name]).pvalue for name in others])), strict=True))
    lines = [
        f"{len(scores)} settings on {len(by_block)} data sets ({', '.join(by_block.index)}), method `{METHOD}`, test",
        f"macro F1. Friedman's test that all are alike: p = {p_friedman:.3f}; critical difference of mean ranks",
        f"(Nemenyi, 5 %): {distance:.2f}.",
        "",
        "| strategy | mean rank | alike | AUBC against random | better on | p (Holm) |",
        "|---|--:|---|--:|--:|--:|",
    ]
    for place, at in enumerate(order):
        name = STRATEGIES[at]
        gain = gains[name]
        row = ["baseline", "", ""]
        if name != BASELINE:
            better = f"{int((gain > 0).sum())} of {len(gain)}"
            row = [f"{gain.mean():+.3f} ({gain.min():+.3f} to {gain.max():+.3f})", better, f"{p[name]:.3f}"]
        lines.append(f"| `{name}` | {overall[at]:.2f} | {letters[place]} | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="renew the section of results/README.md")
    text = joint(settings())
    if parser.parse_args().write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + text + END + rest.partition(END)[2], encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

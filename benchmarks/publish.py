"""Publish a result set: python benchmarks/publish.py results/SUITE [--metric macro_f1]

Writes results/published/SUITE/: README.md (command, tables, diagnostics), table.csv, curves.svg and manifest.json.
Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from scipy.stats import t as student

import albench
from albench.render import render
from albench.store import read_trial, trial_folders

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "albench"  # the same picture from the same results
from matplotlib import pyplot as plt  # noqa: E402 - after the backend is chosen

# Okabe and Ito's colours, told apart with any colour vision; line styles tell methods apart.
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
STYLES = ["-", "--", ":", "-."]


def curves(frame: pd.DataFrame, metric: str, path: Path) -> None:
    """Mean learning curves with 95 % intervals, a panel for each data set and method."""
    datasets, methods = list(frame["dataset"].unique()), list(frame["method"].unique())
    strategies = list(frame["strategy"].unique())
    figure, axes = plt.subplots(
        len(datasets), len(methods), figsize=(3.2 * len(methods), 2.8 * len(datasets)), sharey="row", squeeze=False
    )
    for row, dataset in enumerate(datasets):
        for column, method in enumerate(methods):
            axis = axes[row][column]
            part = frame[(frame["dataset"] == dataset) & (frame["method"] == method)]
            for place, strategy in enumerate(strategies):
                grouped = part[part["strategy"] == strategy].groupby("n_labeled")[f"test.{metric}"]
                mean, half = grouped.mean(), grouped.sem() * student.ppf(0.975, (grouped.count() - 1).clip(lower=1))
                color = COLORS[place % len(COLORS)]
                axis.plot(mean.index, mean, STYLES[place % len(STYLES)], color=color, label=strategy, linewidth=1.6)
                axis.fill_between(mean.index, mean - half, mean + half, color=color, alpha=0.12, linewidth=0)
            axis.set_title(f"{dataset}\n{method}", fontsize=9)
            axis.grid(alpha=0.3)
            if row == len(datasets) - 1:
                axis.set_xlabel("labels")
        axes[row][0].set_ylabel(f"test {metric}")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=min(4, len(labels)), frameon=False, fontsize=8)
    figure.tight_layout(rect=(0, 0.04 + 0.03 * (len(labels) // 5), 1, 1))
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def diagnostics(suite: Path) -> pd.DataFrame:
    """Means over seeds and rounds of what the records say of pseudo labels and picks."""
    rows = []
    for folder in trial_folders(suite):
        files = read_trial(folder)
        for record in files.records:
            query, curve = record["query"], record["training"]
            share = query.get("minority_share", {})
            rows.append(
                {
                    **{name: files.facts[name] for name in ("dataset", "method", "strategy")},
                    "accepted": record["pseudo_label"]["accepted"],
                    "their accuracy": record["pseudo_label"]["accuracy"],
                    "threshold": curve["threshold"][-1] if "threshold" in curve else None,
                    "minority picks": share.get("all"),
                    "of unstable": share.get("unstable"),
                    "of uncertain": share.get("uncertain"),
                    "overlap": query.get("notes", {}).get("selector_overlap"),
                }
            )
    frame = pd.DataFrame(rows)
    return frame.groupby(["dataset", "method", "strategy"], sort=False).mean(numeric_only=False).reset_index()


def markdown(frame: pd.DataFrame) -> str:
    """A table; numbers with three digits, "-" where there is none."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            return "-" if pd.isna(value) else f"{value:.3f}"
        return "-" if value is None else str(value).replace("|", r"\|")

    lines = ["| " + " | ".join(frame.columns) + " |", "|" + "---|" * len(frame.columns)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in frame.itertuples(index=False)]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", type=Path)
    parser.add_argument("--metric", default="macro_f1")
    arguments = parser.parse_args()
    results = albench.load(arguments.suite)
    manifest = results.manifests[0]
    out = Path(__file__).parents[1] / "results" / "published" / manifest["suite"]
    out.mkdir(parents=True, exist_ok=True)
    comparison = results.compare(metric=arguments.metric)
    curves(results.frame, arguments.metric, out / "curves.svg")
    (out / "table.csv").write_text(render(comparison, "csv"), encoding="utf-8")
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    commands = dict.fromkeys(shlex.join(run["command"]) for run in manifest["runs"] if run["trials"])
    seconds = results.frame[["seconds.train", "seconds.evaluate", "seconds.query"]].sum().sum()
    text = [
        f"# {manifest['suite']}\n",
        "```sh\n" + "\n".join(commands) + "\n```\n",
        f"{results.frame['key'].nunique()} trials, {seconds / 60:.0f} CPU minutes, albench "
        f"{manifest['versions']['albench']}, torch {manifest['versions']['torch']}, on {manifest['host']['device']}.\n",
        "![learning curves](curves.svg)\n",
        render(comparison, "markdown"),
        "\n## Diagnostics\n",
        "Means over seeds and rounds: share of the unlabelled pool whose pseudo label is accepted at the end of a "
        "round, the accuracy of these, the last threshold, the share of picks from minority classes (of all, and of "
        "each selector's), and the overlap that the two selectors would have had.\n",
        markdown(diagnostics(arguments.suite)),
    ]
    path = out / "README.md"
    notes = path.read_text(encoding="utf-8").partition("\n## What this shows\n") if path.exists() else ("", "", "")
    path.write_text("\n".join(text) + "\n" + notes[1] + notes[2], encoding="utf-8")
    print(f"wrote {out}")


if __name__ == "__main__":
    main()

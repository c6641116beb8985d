"""Publish a result set: python benchmarks/publish.py results/SUITE [--metric macro_f1]

Writes results/published/SUITE/: README.md (command, tables, diagnostics), table.csv, curves.svg and manifest.json.
Needs matplotlib: pip install 'albench[plot]'.
"""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

import pandas as pd

import albench
from albench.compare import learning_curve_table
from albench.records import read_trial, trial_folders
from albench.render import render
from albench.render.figure import Look, figure_bytes


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
    tables = learning_curve_table(results.frame, metrics=[arguments.metric])
    (out / "curves.svg").write_bytes(figure_bytes(tables, ".svg", Look(by_method=True)))
    (out / "table.csv").write_text(render(comparison, "csv"), encoding="utf-8")
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    commands = dict.fromkeys(shlex.join(run["command"]) for run in manifest["runs"] if run["trials"])
    seconds = results.frame[["seconds.train", "seconds.evaluate", "seconds.query"]].sum().sum()
    text = [
        f"# {manifest['suite']}\n",
        "```sh\n" + "\n".join(commands) + "\n```\n",
        f"{results.frame['key'].nunique()} trials, {seconds / 60:.0f} core minutes, albench "
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

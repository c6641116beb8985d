"""Publish a result set: python benchmarks/publish.py results/SUITE [--metric macro_f1]

Writes results/published/SUITE/: README.md (command, tables, diagnostics), table.csv, curves.svg, manifest.json and the
records themselves, records.zip, from which every command reads the set as it reads a folder. After the statistics
changed, the same on results/published/SUITE renews its tables from its own records. A working tree with changes is
refused, and so are results that one made, or that several versions or processors made: nobody could make them again.
Needs matplotlib: pip install 'albench[plot]'.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import albench
from albench.compare import learning_curve_table
from albench.compare.choose import usual_baseline
from albench.render import render
from albench.render.figure import Look, figure_bytes
from albench.results.archive import export
from albench.results.opening import PACKED
from albench.results.records import read_trial, trial_folders

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "results" / "published"


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


def dirty(root: Path) -> str:
    """The changes of a working tree that no commit holds; "" where there are none."""
    words = ["git", "-C", str(root), "status", "--porcelain"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def refusal(changes: str, manifest: Mapping[str, Any], root: Path) -> str:
    """Why results are not published; "" where they may be.

    A commit that no branch leads to, as one that was rebased since, is gone with the next copy of the repository.
    """
    if changes:
        return f"the working tree has changes that no commit holds, commit or stash them:\n{changes}"
    revisions = {str(run["git"]) for run in manifest["runs"] if run["trials"]}
    bad = sorted(name for name in revisions if not name or name.endswith("-dirty") or not _leads_to(root, name))
    if bad:
        return f"runs of it were made at revisions that nobody can check out ({', '.join(bad) or 'none'}): run it again"
    return ""


def _leads_to(root: Path, revision: str) -> bool:
    """Whether a commit is one of those that the present one rests on."""
    words = ["git", "-C", str(root), "merge-base", "--is-ancestor", revision, "HEAD"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def main(words: Sequence[str] | None = None, published: Path = PUBLISHED, root: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=Path)
    parser.add_argument("--metric", default="macro_f1")
    arguments = parser.parse_args(words)
    results = albench.load(arguments.suite)
    (manifest,), (folder,) = results.manifests, results.folders
    if why := refusal(dirty(root), manifest, root):
        raise SystemExit(f"not published: {why}")
    comparison = results.compare(metric=arguments.metric, strict=True)
    out = published / manifest["suite"]
    out.mkdir(parents=True, exist_ok=True)
    new = out / f".{PACKED}.tmp"
    export([folder], new, force=True)
    new.replace(out / PACKED)
    tables = learning_curve_table(results.frame, metrics=[arguments.metric])
    (out / "curves.svg").write_bytes(
        figure_bytes(tables, ".svg", Look(baseline=usual_baseline(results.frame), by_method=True))
    )
    (out / "table.csv").write_text(render(comparison, "csv"), encoding="utf-8")
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    path = out / "README.md"
    notes = path.read_text(encoding="utf-8").partition("\n## What this shows\n") if path.exists() else ("", "", "")
    path.write_text(page(results, manifest, render(comparison, "markdown")) + notes[1] + notes[2], encoding="utf-8")
    print(f"wrote {out}")


def page(results: albench.Results, manifest: Mapping[str, Any], tables: str) -> str:
    """README.md up to what a person wrote of it."""
    commands = dict.fromkeys(shlex.join(run["command"]) for run in manifest["runs"] if run["trials"])
    seconds = results.frame[["seconds.train", "seconds.evaluate", "seconds.query"]].sum().sum()
    (torch,), (processor,) = (results.frame[f"made_with.{name}"].unique() for name in ("torch", "processor"))
    name = manifest["suite"]
    text = [
        f"# {name}\n",
        "```sh\n" + "\n".join(commands) + "\n```\n",
        f"{results.frame['key'].nunique()} trials, {seconds / 60:.0f} core minutes beside whatever else "
        f"ran there, albench "
        f"{manifest['versions']['albench']}, torch {torch}, on {processor}. The records are in "
        f"[{PACKED}]({PACKED}): `albench compare results/published/{name}`.\n",
        "![learning curves](curves.svg)\n",
        tables,
        "\n## Diagnostics\n",
        "Means over seeds and rounds: share of the unlabelled pool whose pseudo label is accepted at the end of a "
        "round, the accuracy of these, the last threshold, the share of picks from minority classes (of all, and of "
        "each selector's), and the overlap that the two selectors would have had.\n",
        markdown(diagnostics(results.folders[0])),
    ]
    return "\n".join(text) + "\n"


if __name__ == "__main__":
    main()

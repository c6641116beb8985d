"""Numbers in sentences, held against the published results that they are from.

A number that is quoted has its source behind it, in a comment that a reader does not see::

    AUBC 0.611<!-- from: mescc-sim six boostmis/boostmis -->

The words are a set of results/published, a part of the data set's name, a row (METHOD/STRATEGY, its mean over seeds) or
two (their difference, paired by seed), and what else is meant:

- ``p``: of two rows the p-value of the paired t-test, uncorrected;
- ``labels=N``: macro F1 at N labels in place of AUBC, the area under the curve divided by its span;
- ``seeds=N``: the first N seeds alone; ``initial=N``: the budget that starts with so many labels;
- ``accepted``, ``accuracy``, ``wrong``: share of the pool that is accepted at a round's end, share of these that is
  right and that is not; ``rejected=K``: how many unlabelled items of class K are not; ``threshold``, ``lowest``: its
  mean over steps, its lowest mean over a twentieth of a round;
- ``round=K``, ``round=last``, ``round=K-``: these of round K, of the last, of all from K on, else over all.

A set and ``minutes`` or ``trials`` alone is what the set's page says of the time it took and of its size.

The number is rounded as it is written; one with ``%`` is a share. In the pages' parts that tell of results no number of
three decimals and no p stands without a source; one that is from somewhere else says so:
``0.754<!-- elsewhere: docs/guide.md -->``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import albench
from albench.compare.statistics import area, paired
from albench.results.records import read_trial, trial_folders

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "results" / "published"
METRIC = "test.macro_f1"
RECORDED = ("accepted", "accuracy", "wrong", "threshold", "lowest")
NUMBER = r"[+-]?\d+(?:\.\d+)?(?:e-\d+)?(?: %)?"
QUOTE = re.compile(rf"(?P<number>{NUMBER})<!-- from: (?P<source>[^>]+?) -->")
BARE = re.compile(r"(?<![\w.])(?:[+-]?\d\.\d{3,}|p [=<] \d[\d.e-]*)")
SOURCED = re.compile(rf"(?:p = )?{NUMBER}<!-- (?:from|elsewhere): [^>]+? -->")
NO_PROSE = re.compile(r"```.*?```|`[^`]*`|<!--.*?-->|^\|.*?$", re.DOTALL | re.MULTILINE)
PARTS = {"docs/boostmis.md": "\n## What it is worth here"}
"""Page -> the heading from which it tells of results."""
NOTES = "\n## What this shows\n"
"""The same of a published set."""


def wrong(path: Path, root: Path = ROOT, published: Path = PUBLISHED, write: bool = False) -> Iterator[str]:
    """What is wrong with a page's numbers; ``write`` mends those that have a source."""
    text, name = path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()
    problems: list[str] = []

    def check(match: re.Match[str]) -> str:
        old, source = match["number"], match["source"]
        try:
            new = written(value(source.split(), published), old)
        except (LookupError, ValueError) as error:
            problems.append(f"{name}: 'from: {source}': {error}")
            return match[0]
        if new != old and not write:
            problems.append(
                f"{name}: {old} is {new} in 'from: {source}': python docs/check.py --write, and read it again"
            )
        return match[0].replace(old, new, 1)

    renewed = QUOTE.sub(check, text)
    if renewed != text and write:
        path.write_text(renewed, encoding="utf-8")
    yield from problems
    heading = NOTES if path.is_relative_to(published) else PARTS.get(name)
    if heading:
        told = NO_PROSE.sub("", SOURCED.sub("", text.partition(heading)[2]))
        yield from (f"{name}: {number[0]} has no '<!-- from: SET ... -->' behind it" for number in BARE.finditer(told))


def written(value: float, like: str) -> str:
    """A value with the sign, decimals and unit of a number as it is written."""
    number, percent, _ = like.partition(" %")
    sign = "+" if number[0] in "+-" else ""
    if "e" in number:
        return re.sub(r"e-0?", "e-", f"{value:{sign}.0e}")
    digits = len(number.partition(".")[2])
    return f"{round(value * (100 if percent else 1), digits) + 0.0:{sign}.{digits}f}{percent}"


def value(words: list[str], published: Path = PUBLISHED) -> float:
    """The number that a source names; see the module.

    Raises
    ------
    LookupError
        Where there is no such set, data set, row, round or label count.
    """
    name, part, *rest = words
    if not (published / name / "records.zip").exists():
        raise LookupError(f"no set {name} is published")
    if part in ("minutes", "trials"):
        frame = _frame(published / name)
        seconds = frame[["seconds.train", "seconds.evaluate", "seconds.query"]].to_numpy().sum()
        return float(seconds / 60 if part == "minutes" else frame["key"].nunique())
    settings = dict(word.split("=", 1) for word in rest if re.match(r"(labels|seeds|round|initial|rejected)=", word))
    rows = [word for word in rest if "/" in word]
    what = next((word for word in rest if word in ("p", *RECORDED)), "")
    frame = _chosen(_frame(published / name), "dataset", part)
    if "initial" in settings:
        frame = frame[frame["protocol.initial"].astype(str) == settings["initial"]]
    what = f"rejected.{settings['rejected']}" if "rejected" in settings else what
    seeds = int(settings.get("seeds", frame["seed"].nunique()))
    frame = frame[frame["seed"] < seeds]
    tables = [_scores(frame, row, what, settings) for row in rows]
    if len(tables) not in (1, 2) or (what == "p" and len(tables) == 1):
        raise LookupError("name one row or two, METHOD/STRATEGY; p takes two")
    if len(tables) == 1:
        return float(tables[0].min() if what == "lowest" else tables[0].mean())
    mean, _, _, p = paired(*(table.to_numpy() for table in tables))
    return float(p if what == "p" else mean)


def _scores(frame: pd.DataFrame, row: str, what: str, settings: dict[str, str]) -> pd.Series:
    """Seed -> its number of one row."""
    method, _, strategy = row.partition("/")
    own = frame[(frame["method"] == method) & (frame["strategy"] == strategy)]
    if own.empty:
        raise LookupError(f"no row {row}")
    if what in RECORDED or what.startswith("rejected."):
        own = own[_meant(own["round"], settings.get("round", "0-"))]
        grouped = own.groupby("seed")[what]
        return grouped.min() if what == "lowest" else grouped.mean()
    curves = own.pivot(index="seed", columns="n_labeled", values=METRIC).sort_index(axis=1)
    if "labels" in settings:
        if int(settings["labels"]) not in curves:
            raise LookupError(f"no {settings['labels']} labels, but {', '.join(map(str, curves))}")
        return curves[int(settings["labels"])]
    return pd.Series(area(curves.to_numpy(), curves.columns.to_numpy()), index=curves.index)


def _meant(rounds: pd.Series, text: str) -> pd.Series:
    """Which rounds ``K``, ``K-`` or ``last`` are."""
    first = int(rounds.max()) if text == "last" else int(text.removesuffix("-"))
    return rounds >= first if text.endswith("-") else rounds == first


def _chosen(frame: pd.DataFrame, column: str, part: str) -> pd.DataFrame:
    names = [name for name in frame[column].unique() if part in name]
    if len(names) != 1:
        raise LookupError(f"'{part}' is in {len(names)} of the names {', '.join(frame[column].unique())}")
    return frame[frame[column] == names[0]]


@functools.cache
def _frame(folder: Path) -> pd.DataFrame:
    """One row a round and trial, with what the records alone tell of thresholds."""
    results = albench.load(folder)
    kept: dict[tuple[str, int], dict[str, Any]] = {}
    for trial in trial_folders(results.folders[0]):
        files = read_trial(trial)
        for record in files.records:
            curve, made = record["training"].get("threshold", [np.nan]), record["pseudo_label"]
            kept[files.facts["key"], record["round"]] = {
                "accepted": made["accepted"],
                "accuracy": made["accuracy"],
                "wrong": np.nan if made["accuracy"] is None else 1 - made["accuracy"],
                "threshold": np.mean(curve),
                "lowest": np.min(curve),
                **{f"rejected.{label}": n for label, n in enumerate(made["rejected_per_class"] or ())},
            }
    more = pd.DataFrame.from_dict(kept, orient="index")
    return results.frame.join(more.astype(float), on=["key", "round"])

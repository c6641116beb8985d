"""Every mark of simulated pages: what a table, a report and a terminal colour, star, count or word as a finding.

A page is a comparison as ``albench compare`` prints it, and a second metric behind it as ``albench report`` shows it.
Its marks are read off the cells that every format shows, and off the sentence that comes first, so that what is marked
one day is counted, too. Used by ``calibration.py``.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from simulated import LABELS, MEASURED, NOISE, chosen, trials

from albench.compare import Comparison, compare
from albench.compare import details as details_module
from albench.compare import labels as labels_module
from albench.compare import overall as overall_module
from albench.compare.answer import answer
from albench.compare.common import LEAST_COMPARED
from albench.compare.resample import draws, improvement, stratified_iqm
from albench.render.across import overall_columns
from albench.render.cells import Column, columns

PAID = {
    "validation of 50": np.full_like(LABELS, 50),
    "validation 1x, counted": LABELS,
    "validation 1x, one is better": LABELS,
}
"""Page -> validation labels that each round has paid for, drawn by the seed: they choose the weights (``chosen``).
Where they are counted, as by ``--count-validation``, they stand on the axis."""
PAGES = ("nothing differs", "no baseline", "one is better", "unequal seeds", "round-off", *PAID)
"""``one is better``: the first strategy by two standard deviations; all else is the same. ``unequal seeds``: every
second strategy has half of the seeds, rounded up. ``round-off``: all curves of a seed are one, up to round-off."""
BETTER = 2.0
SEEDS = (3, 5, 10, 20)
STRATEGIES = (2, 10)
DATASETS = (1, 3)
DESIGN = ("page", "noise", "data sets", "strategies", "seeds")
FINDING = re.compile(r"\b(is|are) (better|worse) than")
_RESAMPLES = 50
"""No mark rests on a resample, so that few are enough here."""


def as_frame(curves: np.ndarray, page: str) -> pd.DataFrame:
    """(2, D, R, S, L) of two metrics -> what ``albench.compare.compare`` takes; the first row is ``random``."""
    _, n_datasets, n_rows, n_seeds, n_rounds = curves.shape
    first = "other" if page == "no baseline" else "random"
    parts = [list(MEASURED)[:n_datasets], [first, *(f"s{at}" for at in range(1, n_rows))], range(n_seeds)]
    index = pd.MultiIndex.from_product([*parts, range(n_rounds)], names=["dataset", "strategy", "seed", "round"])
    frame = index.to_frame(index=False)
    frame["test.macro_f1"], frame["test.accuracy"] = curves[0].ravel(), curves[1].ravel()
    frame["n_labeled"] = LABELS[frame["round"]]
    frame["key"] = frame["dataset"] + frame["strategy"] + frame["seed"].astype(str)
    facts = {"suite": "s", "stand_in": "", "method": "m", "backbone": "b", "protocol": "p", "device": "cpu"}
    frame = frame.assign(**facts, pool_size=1000, **{"seconds.train": 1.0, "seconds.query": 0.1})
    if page in PAID:
        frame["n_validation"] = PAID[page][frame["round"]]
    if page == "unequal seeds":
        frame = frame[
            ~(frame["strategy"].isin([f"s{at}" for at in range(1, n_rows, 2)]) & (frame["seed"] * 2 > n_seeds))
        ]
    return frame


def marks(found: Comparison, true: str = "") -> Iterator[str]:
    """The kind of every mark that is false; ``true`` is the row that really is better than all others."""
    for group in found.groups:
        for kind, name in _starred(columns(group, found)):
            if name != true:
                yield f"{kind} of a table"
    if found.overall:
        rows = found.overall.rows
        for kind, name in _starred(overall_columns(found.overall, found)):
            if name != true:
                yield f"{kind} over data sets"
        alike = [range(first, last + 1) for first, last in found.overall.indistinguishable]
        others = [at for at, row in enumerate(rows) if row.strategy != true]
        if any(not any(a in run and b in run for run in alike) for a in others for b in others):
            yield "letters of mean ranks"
    if found.wins:
        for name, won in zip(found.wins.names, found.wins.matrix, strict=True):
            if name[2] != true and any(won):
                yield "pairs"
    lines = [line for line in answer(found).lines if FINDING.search(line)]
    if any(not (true and re.search(rf"\b{true} is better than", line)) for line in lines):
        yield "first sentence"


def _starred(shown: list[Column]) -> Iterator[tuple[str, str]]:
    """What kind of cell has a star or a colour, and the row's name."""
    names = next(column.cells for column in shown if column.title == "strategy")
    for column in shown:
        for name, cell in zip(names, column.cells, strict=True):
            if cell.mark == "*" or cell.tone in ("good", "bad"):
                kind = {"aubc": "best AUBC", "labels": "best at a label count"}.get(column.role, column.role)
                yield kind, name.text


def simulate(job: tuple[str, str, int, int, int, int, int]) -> list[dict[str, bool]]:
    """The false marks of some pages of one design, by kind; and whether all intervals of differences hold the truth."""
    page, noise, n_datasets, n_strategies, n_seeds, runs, seed = job
    rng = np.random.default_rng([seed, *map(ord, page + noise), n_datasets, n_strategies, n_seeds])
    own = np.array(list(MEASURED.values()))[:n_datasets, 2]
    with _few_resamples():
        return [_page(page, noise, n_strategies + 1, n_seeds, own, rng) for _ in range(runs)]


@contextlib.contextmanager
def _few_resamples() -> Iterator[None]:
    """Comparisons resample less, and as before when it ends."""
    few: dict[Callable[..., Any], Any] = {
        each: functools.partial(each, count=_RESAMPLES) for each in (draws, stratified_iqm, improvement)
    }
    with (
        patch.object(labels_module, "draws", few[draws]),
        patch.object(details_module, "DRAWS", _RESAMPLES),
        patch.object(overall_module, "stratified_iqm", few[stratified_iqm]),
        patch.object(overall_module, "improvement", few[improvement]),
    ):
        yield


def _page(
    page: str, noise: str, n_rows: int, n_seeds: int, own: np.ndarray, rng: np.random.Generator
) -> dict[str, bool]:
    better = "one is better" in page
    lift = BETTER * own * better
    one = trials(rng, noise, len(own), n_rows, n_seeds)
    one[:, 1] += lift[:, None]
    if page in PAID:
        one = chosen(rng, one, PAID[page])
    two = (one + trials(rng, noise, len(own), n_rows, n_seeds)) / 2  # a metric that goes along with the first
    two[:, 1] -= lift[:, None] / 2  # and by which no row is better
    curves = np.stack([one, two])
    if page == "round-off":
        curves = curves[:, :, :1] * (1 + np.finfo(float).eps * rng.integers(-2, 3, curves.shape))
    frame = as_frame(curves, page)
    true, paid = "s1" if better else "", page.endswith("counted")
    first = compare(frame, details=True, count_validation=paid)
    kinds = set(marks(first, true))
    if kinds or true or not first.n_tests:  # where the first metric tells nothing, none can
        second = compare(frame, metric="accuracy", details=True, after=first, count_validation=paid)
        kinds |= {f"another metric: {kind}" for kind in marks(second)}
    means = np.trapezoid(lift, LABELS) / (LABELS[-1] - LABELS[0])
    held = [
        row.difference.low <= gap * (row.strategy == "s1") <= row.difference.high
        for group, gap in zip(first.groups, means[np.argsort(list(MEASURED)[: len(own)])], strict=True)
        for row in group.rows
        if row.difference and row.difference.n >= LEAST_COMPARED
    ]
    return dict.fromkeys(kinds, True) | {"any mark": bool(kinds), "an interval misses": not all(held)}


def pages(runs: int, seed: int, workers: int | None = None) -> pd.DataFrame:
    """One row a page: its design and its false marks; ``runs`` of each design, thrice of the first page."""
    jobs = [
        (page, noise, d, k, s, runs * (3 if page == PAGES[0] else 1), seed)
        for page in PAGES
        for noise in NOISE
        for d in DATASETS
        for k in STRATEGIES
        for s in SEEDS
    ]
    rows = []
    with ProcessPoolExecutor(workers) as pool:
        for job, found in zip(jobs, pool.map(simulate, jobs, chunksize=4), strict=True):
            rows += [dict(zip(DESIGN, job, strict=False)) | one for one in found]
    return pd.DataFrame(rows)

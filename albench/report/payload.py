"""What the page is told: names once, numbers in few digits, texts as the tables of ``albench compare`` have them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from albench.compare import METRICS, Comparison, Group, compare, higher_is_better, learning_curve_table
from albench.compare.curves import CurveTable
from albench.compare.overall import common_names
from albench.plugins import registry
from albench.render.across import overall_columns, overall_facts
from albench.render.cells import Column, columns
from albench.render.texts import saved_text
from albench.render.words import facts, failures, legend
from albench.report.diagnostics import diagnostics
from albench.results import Results

MOST_PAIRS = 40
"""Rows that the pairwise matrix shows at most."""
Name = tuple[str, str, str]


def payload(results: Results, metric: str = "macro_f1", split: str = "test", **options: Any) -> dict[str, Any]:
    """All that the page shows, as JSON-ready data; infinities are texts, NaN is null."""
    target = options.pop("target", None)
    first = results.compare(metric=metric, split=split, details=True, target=target, **options)
    frame = results.frame
    named = [column.split(".", 1)[1] for column in frame.columns if column.startswith(f"{split}.")]
    ordered = sorted(named, key=lambda name: (name != metric, name not in METRICS, [*METRICS, name].index(name), name))
    main = [name for name in ordered if name in METRICS or name == metric]
    comparisons = {metric: first}
    for other in main:
        if other != metric and frame[f"{split}.{other}"].notna().any():
            comparisons[other] = compare(frame, metric=other, split=split, details=True, after=first, **options)
    curves = learning_curve_table(frame, split, ordered)
    names, position = _names(first)
    return _strict(
        {
            "title": " · ".join(dict.fromkeys(folder.name for folder in results.folders)),
            "metric": metric,
            "split": split,
            "metrics": [{"name": name, "higher": higher_is_better(name)} for name in ordered],
            "rows": _labels(names),
            "groups": [
                _group(at, group, comparisons, [table for table in curves if _same(table, group)], position)
                for at, group in enumerate(first.groups)
            ],
            "diagnostics": _diagnostics(results, first, position),
            "overall": {name: _overall(found, position) for name, found in comparisons.items() if found.overall},
            "wins": {name: _wins(found, position) for name, found in comparisons.items() if found.wins},
            "legend": {name: legend(found) for name, found in comparisons.items()},
            "notes": {name: list(found.notes) for name, found in comparisons.items()},
            "failures": failures(first),
            "baseline": first.baseline,
            "target": first.target,
            "manifests": results.manifests,
            "sources": _sources(names),
        }
    )


def _names(comparison: Comparison) -> tuple[list[Name], dict[Name, int]]:
    """Every row's name once, the best of the first data set first; the position of each name, with its backbone too."""
    whole = [[_name(row) for row in group.rows] for group in comparison.groups]
    common = common_names(whole)
    names = list(dict.fromkeys(name for group in common for name in group))
    place = {name: at for at, name in enumerate(names)}
    pairs = [pair for groups in zip(whole, common, strict=True) for pair in zip(*groups, strict=True)]
    return names, place | {own: place[name] for own, name in pairs}


def _labels(names: Sequence[Name]) -> list[dict[str, str]]:
    """Short labels: what is the same in all rows is left out."""
    several = [len({name[at] for name in names}) > 1 for at in range(3)]
    found = []
    for backbone, method, strategy in names:
        parts = [method] * several[1] + [strategy] * (several[2] or not several[1])
        label = " + ".join(parts) + (f" on {backbone}" if several[0] else "")
        found.append({"label": label, "backbone": backbone, "method": method, "strategy": strategy})
    return found


def _same(table: CurveTable, group: Group) -> bool:
    return (table.dataset, table.stand_in, table.protocol) == (group.dataset, group.stand_in, group.protocol)


def _group(
    at: int, group: Group, comparisons: dict[str, Comparison], curves: list[CurveTable], position: dict[Name, int]
) -> dict[str, Any]:
    tables = {}
    for metric, comparison in comparisons.items():
        own = comparison.groups[at]
        shown = sorted(columns(own, comparison), key=_place)
        tables[metric] = {
            "facts": facts(own, comparison),
            **_table(shown, [position[_name(row)] for row in own.rows], _minor(shown)),
            "saved": [
                [
                    position[_name(row)],
                    saved.labels,
                    saved.low,
                    saved.high,
                    saved_text(saved, row.reach, own.n_labeled[-1]),
                ]
                for row in own.rows
                for saved in [row.saved]
                if saved
            ],
            "value": [
                [position[_name(row)], _digits(row.value.mean), _digits(row.value.half_width)] for row in own.rows
            ],
        }
    return {
        "dataset": group.place,
        "stand_in": group.stand_in,
        "protocol": group.protocol,
        "labels": list(group.n_labeled),
        "tables": tables,
        "curves": {metric: _curves(curves, metric, position) for metric in (curves[0].metrics if curves else ())},
        "seconds": [
            [position[_name(row)], _digits(row.seconds.train), _digits(row.seconds.query)]
            for row in group.rows
            if row.seconds
        ],
    }


def _place(column: Column) -> int:
    """Where a column stands: a wide table begins with what answers the question."""
    return 0 if column.role == "name" else 1 if column.ranked else 2 if column.role == "difference" else 3


def _minor(shown: Sequence[Column]) -> list[Column]:
    """Label counts but the last and what ranks, and what is beside means."""
    counts = [column for column in shown if column.role == "labels"]
    return [c for c in shown if c.role == "extra" or (c in counts[:-1] and not c.ranked)]


def _name(row: Any) -> Name:
    return row.backbone, row.method, row.strategy


def _curves(tables: Iterable[CurveTable], metric: str, position: dict[Name, int]) -> list[list[Any]]:
    """Row, label counts, means, half widths, numbers of seeds."""
    found = []
    for table in tables:
        estimates = [(row.n_labeled, row.estimates[metric]) for row in table.rows]
        estimates = [(labels, e) for labels, e in estimates if not math.isnan(e.mean)]
        if estimates:
            found.append(
                [
                    position[_name(table)],
                    [labels for labels, _ in estimates],
                    [_digits(e.mean) for _, e in estimates],
                    [_digits(e.half_width) for _, e in estimates],
                    [e.n for _, e in estimates],
                ]
            )
    return found


def _table(shown: Sequence[Column], rows: Sequence[int], minor: Sequence[Column] = ()) -> dict[str, Any]:
    """Columns and cells: a cell's text, mark, tone and whether it is bold. Paper has no room for ``minor`` columns."""
    return {
        "columns": [{"title": c.title, "role": c.role, "ranked": c.ranked, "minor": c in minor} for c in shown],
        "rows": [
            {
                "row": row,
                "cells": [[c.cells[at].text, c.cells[at].mark, c.cells[at].tone, int(c.cells[at].bold)] for c in shown],
            }
            for at, row in enumerate(rows)
        ],
    }


def _overall(comparison: Comparison, position: dict[Name, int]) -> dict[str, Any]:
    overall = comparison.overall
    assert overall is not None
    rows = [position[_name(row)] for row in overall.rows]
    return {
        "facts": overall_facts(overall),
        **_table(overall_columns(overall, comparison), rows),
        "ranks": [[row, _digits(entry.mean_rank)] for row, entry in zip(rows, overall.rows, strict=True)],
        "distance": _digits(overall.critical_difference),
        "cliques": [list(clique) for clique in overall.indistinguishable],
    }


def _wins(comparison: Comparison, position: dict[Name, int]) -> dict[str, Any]:
    wins = comparison.wins
    assert wins is not None
    matrix = np.array(wins.matrix)
    best = np.argsort(-(matrix.sum(axis=1) - matrix.sum(axis=0)), kind="stable")[:MOST_PAIRS]
    return {
        "rows": [position[wins.names[at]] for at in best],
        "matrix": [[_digits(float(matrix[a, b])) for b in best] for a in best],
        "settings": wins.n_settings,
        "left_out": len(wins.names) - len(best),
    }


def _diagnostics(results: Results, comparison: Comparison, position: dict[Name, int]) -> list[dict[str, Any]]:
    """One entry a group, in the same order."""
    found = diagnostics(results.folders)
    return [
        {
            "classes": classes,
            "rows": [[position[name], _rounded(entry)] for name, entry in entries.items() if name in position],
        }
        for group in comparison.groups
        for classes, entries in [found.get((group.dataset, group.protocol), ([], {}))]
    ]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return _digits(value) if isinstance(value, float) else value


def _sources(names: Sequence[Name]) -> list[list[str]]:
    """Kind, name and paper of the strategies and methods that are known here."""
    used = {("method", name[1].partition("[")[0]) for name in names}
    used |= {("strategy", name[2].partition("[")[0]) for name in names}
    return sorted([c.kind, c.name, c.paper] for c in registry().components() if (c.kind, c.name) in used and c.paper)


def _digits(value: float) -> float:
    """Five significant digits: more cannot be seen."""
    return float(f"{value:.5g}")


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _strict(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value

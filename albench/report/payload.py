"""What the page is told: names once, numbers in few digits, texts as the tables of ``albench compare`` have them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from albench.compare import Comparison, Group, learning_curve_table
from albench.compare.answer import answer
from albench.compare.basis import basis_of
from albench.compare.beside import chosen_of
from albench.compare.build import compared
from albench.compare.curves import CurveTable
from albench.compare.question import Question
from albench.compare.titles import metric_words
from albench.metric_table import METRICS, metric_named
from albench.render.across import overall_columns, overall_facts
from albench.render.budgets import budget_columns, budget_facts, budget_heading
from albench.render.cells import Column
from albench.render.words import failures, legend
from albench.report.citations import bibtex, citations
from albench.report.diagnostics import diagnostics
from albench.report.looks import RowName, looks, name_of, names_of
from albench.report.ranking import ranking, written
from albench.report.vendor import libraries
from albench.results.results import Results
from albench.suite.arguments import check_comparison
from albench.version import __version__
from albench.wording import listed

_AS_IT_IS = frozenset({str, int, bool, type(None)})
MOST_PAIRS = 40
"""Rows that the pairwise matrix shows at most."""


def payload(results: Results, metric: str = "macro_f1", split: str = "test", **options: Any) -> dict[str, Any]:
    """All that the page shows, as JSON-ready data; infinities are texts, NaN is null."""
    question = Question(**check_comparison({**options, "metric": metric, "split": split, "details": True}))
    frame = chosen_of(results.frame, question.choice)
    there = [column for column in frame.columns if column.startswith(f"{split}.") and frame[column].notna().any()]
    named = list(dict.fromkeys([metric, *(column.split(".", 1)[1] for column in there)]))
    ordered = sorted(named, key=lambda name: (name != metric, name not in METRICS, [*METRICS, name].index(name), name))
    main = [name for name in ordered if name in METRICS or name == metric]
    basis = basis_of(results.frame, question, [name for name in main if name != metric])
    first = results.compared(question, basis)
    comparisons = {metric: first}
    for other in main:
        if other != metric:
            beside = replace(question, metric=other, target=None, test_items=False)
            comparisons[other] = compared(results.frame, beside, after=first, basis=basis)
    curves = learning_curve_table(frame, split, ordered)
    names, position = names_of(first)
    papers = citations(
        [("method", name[1].partition("[")[0]) for name in names]
        + [("strategy", name[2].partition("[")[0]) for name in names]
    )
    answers = {name: answer(shown) for name, shown in comparisons.items()}
    return _strict(
        {
            "title": " · ".join(dict.fromkeys(folder.name for folder in results.folders)),
            "metric": metric,
            "split": split,
            "metrics": [
                {
                    "name": n,
                    "words": metric_words(n, split),
                    "higher": metric_named(n).higher_is_better,
                    "range": metric_named(n).range,
                }
                for n in ordered
            ],
            "answers": {
                name: [shown.overall, list(shown.groups), list(shown.budgets)] for name, shown in answers.items()
            },
            "rows": looks(names, first, position),
            "groups": [
                _group(at, group, comparisons, [table for table in curves if _same(table, group)], position)
                for at, group in enumerate(first.groups)
            ],
            "diagnostics": _diagnostics(results, first, position),
            "overall": {name: _overall(shown, position) for name, shown in comparisons.items() if shown.overall},
            "budgets": {name: _budgets(shown, position) for name, shown in comparisons.items()},
            "wins": {name: _wins(shown, position) for name, shown in comparisons.items() if shown.wins},
            "legend": {name: legend(shown) for name, shown in comparisons.items()},
            "notes": {name: list(shown.notes) for name, shown in comparisons.items()},
            "failures": failures(first),
            "baseline": first.baseline,
            "target": first.target,
            "manifests": results.manifests,
            "sources": [[source.kind, source.name, source.paper, source.title] for source in papers],
            "bibtex": bibtex(papers, __version__),
            "libraries": f"Drawn with {listed([f'{one.name} {one.version} ({one.licence})' for one in libraries()])}.",
        }
    )


def _same(table: CurveTable, group: Group) -> bool:
    return (table.dataset, table.stand_in, table.protocol) == (group.dataset, group.stand_in, group.protocol)


def _group(
    at: int, group: Group, comparisons: dict[str, Comparison], curves: list[CurveTable], position: dict[RowName, int]
) -> dict[str, Any]:
    return {
        "dataset": group.place,
        "stand_in": group.stand_in,
        "protocol": group.protocol,
        "labels": list(group.n_labeled),
        "tables": {
            metric: _rounded(ranking(found.groups[at], found, position)) for metric, found in comparisons.items()
        },
        "full": {
            metric: [_digits(e.mean), _digits(e.half_width), e.n]
            for table in curves[:1]
            for metric, e in table.full.items()
        },
        "curves": {metric: _curves(curves, metric, position) for metric in (curves[0].metrics if curves else ())},
        "seconds": [
            [position[name_of(row)], _digits(row.seconds.train), _digits(row.seconds.query)]
            for row in group.rows
            if row.seconds
        ],
    }


def _curves(tables: Iterable[CurveTable], metric: str, position: dict[RowName, int]) -> list[list[Any]]:
    """Row, label counts, means, half widths, numbers of seeds."""
    found = []
    for table in tables:
        estimates = [(row.n_labeled, row.estimates[metric]) for row in table.rows]
        estimates = [(labels, e) for labels, e in estimates if not math.isnan(e.mean)]
        if estimates:
            found.append(
                [
                    position[name_of(table)],
                    [labels for labels, _ in estimates],
                    [_digits(e.mean) for _, e in estimates],
                    [_digits(e.half_width) for _, e in estimates],
                    [e.n for _, e in estimates],
                ]
            )
    return found


def _table(every: Sequence[Column], rows: Sequence[int]) -> dict[str, Any]:
    """A table over budgets or data sets; ``rows`` are their numbers on the page."""
    shown = [column for column in every if column.role != "name"]
    needs = {"labels": 2, "difference": 1}
    return {
        "columns": [
            {"title": c.title, "role": c.role, "ranked": c.ranked, "need": 0 if c.ranked else needs.get(c.role, 4)}
            for c in shown
        ],
        "rows": [
            {
                "row": row,
                "rank": None,
                "verdict": None,
                "cells": [written(column.cells[at]) for column in shown],
            }
            for at, row in enumerate(rows)
        ],
    }


def _budgets(comparison: Comparison, position: dict[RowName, int]) -> list[dict[str, Any]]:
    return [
        {
            "title": budget_heading(over),
            "facts": budget_facts(over, comparison),
            **_table(budget_columns(over), [position[name_of(row)] for row in over.rows]),
        }
        for over in comparison.budgets
    ]


def _overall(comparison: Comparison, position: dict[RowName, int]) -> dict[str, Any]:
    overall = comparison.overall
    assert overall is not None
    rows = [position[name_of(row)] for row in overall.rows]
    return {
        "facts": overall_facts(overall),
        **_table(overall_columns(overall, comparison), rows),
        "ranks": [[row, _digits(entry.mean_rank)] for row, entry in zip(rows, overall.rows, strict=True)],
        "distance": _digits(overall.critical_difference),
        "cliques": [list(clique) for clique in overall.indistinguishable],
    }


def _wins(comparison: Comparison, position: dict[RowName, int]) -> dict[str, Any]:
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


def _diagnostics(results: Results, comparison: Comparison, position: dict[RowName, int]) -> list[dict[str, Any]]:
    """One entry a group, in the same order."""
    found = diagnostics(results)
    return [
        {
            "classes": classes,
            "rows": [[position[name], _rounded(entry)] for name, entry in entries.items() if name in position],
        }
        for group in comparison.groups
        for classes, entries in [found.get((group.dataset, group.protocol), ([], {}))]
    ]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return _digits(value)
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def _digits(value: float) -> float:
    """Five significant digits: more cannot be seen."""
    return float(f"{value:.5g}")


def _strict(value: Any) -> Any:
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, dict):
        return {str(key): _strict(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [entry if type(entry) in _AS_IT_IS else _strict(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value

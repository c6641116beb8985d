"""A group's ranking as the page shows it: the columns of ``albench compare``, a verdict in a word, which come first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from albench.compare import Comparison, Group, Row
from albench.render import latex
from albench.render.cells import Cell, Column, columns, once
from albench.render.texts import NONE, p_text, saved_text, spread
from albench.render.words import facts
from albench.report.looks import RowName, name_of
from albench.wording import counted

FEW = 3
"""Rows that a chart shows in colour beside the baseline and what a reader picks."""
_BETWEEN = 2
"""Label counts that the first table shows beside the last."""
_TESTS = {"t": "t-test", "permutation": "permutation of signs", "wilcoxon": "Wilcoxon's signed ranks"}


def ranking(group: Group, comparison: Comparison, position: dict[RowName, int]) -> dict[str, Any]:
    """All that a page shows of a group under one metric; ``position`` is a row's number on the page."""
    shown, start = once(columns(group, comparison), group)
    titles = {f"{count:,} labels": count for count in group.n_labeled}
    there = [titles[column.title] for column in shown if column.role == "labels"]
    chosen = chosen_counts(there, group.ranked)
    found = [
        (_need(column, titles.get(column.title) == max(chosen)), column)
        for column in shown
        if column.role != "name" and (column.role != "labels" or titles[column.title] in chosen)
    ]
    entries = [{"title": c.title, "role": c.role, "ranked": c.ranked, "need": need} for need, c in found]
    rows = [
        {
            "row": position[name_of(row)],
            "rank": row.rank,
            "verdict": verdict(row, comparison),
            "cells": [written(column.cells[at]) for _, column in found],
        }
        for at, row in enumerate((*group.rows, *group.aside))
    ]
    return {
        "facts": facts(group, comparison),
        "start": start,
        "verdicts": any(row.difference or row.is_baseline for row in group.rows),
        "columns": entries,
        "rows": rows,
        "few": few(group, position),
        "saved": [
            [position[name_of(r)], r.saved.labels, r.saved.low, r.saved.high, saved_text(r.saved)]
            for r in group.rows
            if r.saved
        ],
        "value": [
            [position[name_of(row)], row.value.mean, row.value.half_width, row.value.n]
            for row in (*group.rows, *group.aside)
        ],
        "gaps": [
            [position[name_of(row)], d.mean, d.low, d.high, d.p_holm]
            for row in group.rows
            for d in [row.difference]
            if d
        ],
        "latex": latex.to_text(_alone(group, comparison)),
    }


def written(cell: Cell) -> str | list[Any]:
    """A cell's text, with its mark, tone and whether it is bold where it has any."""
    return [cell.text, cell.mark, cell.tone, int(cell.bold)] if cell.mark or cell.tone or cell.bold else cell.text


def chosen_counts(counts: Sequence[int], ranked: int | None) -> set[int]:
    """The label counts of a table that has no room for all: the last, a few evenly before it, and what ranks."""
    steps = min(len(counts), _BETWEEN + 1)
    places = {math.ceil(len(counts) * (at + 1) / steps) - 1 for at in range(steps)}
    return {counts[at] for at in places} | ({ranked} if ranked is not None else set())


def few(group: Group, position: dict[RowName, int]) -> list[int]:
    """The best rows, those that are highlighted by request, what they are compared with, and what stands aside."""
    best = [row for row in group.rows if row.rank is not None][:FEW]
    best += [row for row in group.rows if row.highlighted and row not in best]
    named = {name_of(row): row for row in group.rows}
    against: Sequence[Row | None] = [
        named.get((row.backbone, row.difference.method, row.difference.strategy)) for row in best if row.difference
    ]
    if not best:
        against = [row for row in group.rows if row.is_baseline][:1]
    shown = [*best, *against, *group.aside]
    return list(dict.fromkeys(position[name_of(row)] for row in shown if row is not None))


def verdict(row: Row, comparison: Comparison) -> list[str]:
    """The corrected verdict: in a word, its tone, and what decides it."""
    if row.sees_labels:
        return ["sees labels", "dim", "An oracle: a reference that is neither ranked nor tested."]
    if row.is_baseline:
        return ["baseline", "dim", "What the other rows are compared with."]
    gap = row.difference
    if gap is None or gap.n == 0:
        return [NONE, "dim", "No baseline with a seed in common."]
    against = f"{gap.method} + {gap.strategy}"
    said = f"{spread(gap, gap.n, signed=True)} against {against}, paired over {counted(gap.n, 'seed')}"
    if gap.verdict == "too few seeds":
        return ["too few seeds", "dim", f"{said}: fewer than three seeds in common, so there is no verdict."]
    skewed = " and Hall's for skewed differences" if comparison.skewed else ""
    said += f"; {_TESTS.get(gap.test, gap.test)}{skewed}, p {p_text(gap.p)}"
    looks = " and for looks" if comparison.share < 1 else ""
    said += f", corrected over {counted(comparison.n_tests, 'difference')}{looks} {p_text(gap.p_holm)}."
    if gap.verdict != "~":
        return [gap.verdict, "good" if gap.verdict == "better" else "bad", said]
    if gap.seeds_needed and gap.seeds_needed > gap.n:
        said += f" About {gap.seeds_needed:,} seeds would tell, if the true difference is the one measured."
    return ["not told apart", "dim", f"{said} This is not the same as equal."]


def _need(column: Column, is_last: bool) -> int:
    """How soon a column is shown: 0 always, then as room allows, 9 only on demand."""
    if column.ranked:
        return 0
    if column.bare:
        return 9
    if column.role == "labels":
        return 3 if is_last else 5
    return {"difference": 1, "recall": 2, "seeds": 2, "aubc": 2, "reach": 4}.get(column.role, 9)


def _alone(group: Group, comparison: Comparison) -> Comparison:
    """What ``albench compare --format latex`` would write of this group, without notes."""
    return replace(comparison, groups=(group,), overall=None, budgets=(), wins=None, notes=(), failed=(), details=False)

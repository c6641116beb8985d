"""Everything that a comparison carries, in all five formats: spread, targets, savings, costs, tests, all data sets."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from albench.compare import Comparison, compare
from albench.compare.estimates import Difference, Reach
from albench.compare.tables import OverallRow, Row
from albench.render import render
from albench.render.texts import saved_text

STRATEGIES = ("random", "entropy", "badge")
LABELS = (100, 200, 300)
NAN = float("nan")
NUMBER = r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?"


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for dataset, ease in (("digits", 0.3), ("mescc-sim", 0.0)):
        for lift, strategy in enumerate(STRATEGIES):
            for seed in range(6):
                for at, labels in enumerate(LABELS):
                    score = 0.3 + ease + 0.1 * at + 0.05 * lift * (at > 0) + rng.normal(0, 0.02)
                    rows.append(
                        {
                            **{"suite": "s", "key": f"{dataset}-{strategy}-{seed}", "dataset": dataset},
                            **{"stand_in": "", "method": "supervised", "strategy": strategy, "backbone": "mlp"},
                            **{"seed": seed, "protocol": "1a2b", "device": "cpu", "round": at, "n_labeled": labels},
                            **{"pool_size": 1000, "seconds.train": 20.0 + seed, "seconds.query": 1.0 + lift},
                            "test.macro_f1": score,
                        }
                    )
    return compare(pd.DataFrame(rows), target="0.5", cost=["seconds-per-label=30"], details=True)


def numbers(row: Row) -> dict[str, tuple[float, ...]]:
    """All that is known of a row, by the names that CSV has for it."""
    assert row.spread is not None
    assert row.reach is not None
    assert row.seconds is not None
    assert row.cost_adjusted is not None
    found = {f"labels {count}": (cell.mean, cell.half_width) for count, cell in row.cells.items()}
    found["aubc"] = (row.aubc.mean, row.aubc.half_width)
    found["std"] = (row.spread.std,)
    found["iqm"] = (row.spread.iqm, row.spread.iqm_low, row.spread.iqm_high)
    found["labels_to_target"] = (row.reach.labels, row.reach.low, row.reach.high)
    found["train_seconds"], found["query_seconds"] = (row.seconds.train,), (row.seconds.query,)
    found["cost_adjusted"] = (row.cost_adjusted.mean, row.cost_adjusted.half_width)
    if row.difference:
        assert row.saved is not None
        found["difference"] = shown(row.difference)
        found["effect"], found["p_holm"] = (row.difference.effect,), (row.difference.p_holm,)
        found["labels_saved"] = (row.saved.labels, row.saved.low, row.saved.high)
    return found


def shown(difference: Difference) -> tuple[float, ...]:
    """An even interval by its half width, another by its limits."""
    if math.isnan(difference.half_width):
        return difference.mean, difference.low, difference.high
    return difference.mean, difference.half_width


def overall_numbers(row: OverallRow) -> dict[str, tuple[float, ...]]:
    found = {"mean_rank": (row.mean_rank,), "overall_iqm": (row.iqm, row.iqm_low, row.iqm_high)}
    if row.difference:
        assert row.improvement is not None
        found["overall_difference"] = shown(row.difference)
        found["improvement"] = (row.improvement.value, row.improvement.low, row.improvement.high)
    return found


def printed(kind: str, values: tuple[float, ...], last: int) -> list[str]:
    """The numbers as a reader sees them; what is not reached is beyond the last label count."""
    if kind == "labels_saved":
        values = tuple(value for value in values if math.isfinite(value))
    if kind.startswith("labels_"):
        signed = "+" if kind == "labels_saved" else ""
        return [
            format(round(v), f"{signed},d") if math.isfinite(v) else f"{last:,}" for v in values if not math.isnan(v)
        ]
    form = {
        **{"difference": "+.3f", "overall_difference": "+.3f", "effect": "+.2f"},
        **{"mean_rank": ".2f", "improvement": ".2f", "train_seconds": ".1f", "query_seconds": ".1f"},
    }.get(kind, ".3f")
    if kind == "p_holm" and values[0] < 0.001:
        return ["0.001"]
    if len(values) == 3:
        return [format(value, form) for value in values]
    return [format(values[0], form), *(format(v, form.removeprefix("+")) for v in values[1:])]


def readable(comparison: Comparison, form: str) -> str:
    """The text without what LaTeX and Markdown wrap numbers in, each row on one line."""
    text = render(comparison, form)
    if form == "markdown":
        return text.replace("\\", "").replace("**", "")
    text = re.sub(r"\\rlap\{\$\^\{.*?\}\$\}", "", text)
    text = re.sub(r"\\textbf\{(.*?)\}", r"\1", text)
    text = re.sub(r"\{\\scriptsize (.*?)\} (?=&|\\\\)", r"\1 ", text)
    for latex, plain in (("$+$", "+"), ("$-$", "-"), (r"$\pm$", "±"), ("$>$", ">"), ("{[}", "["), ("{]}", "]")):
        text = text.replace(latex, plain)
    return text


def latex_rows(table: str) -> list[str]:
    """A wide table's rows are several lines, held apart by a gap: the cells of one column are joined again."""
    body = table.partition("\\midrule\n")[2].partition("\\bottomrule")[0]
    rows = body.split("\\addlinespace[2pt]\n") if "\\addlinespace" in body else body.splitlines(keepends=True)
    found = []
    for row in rows:
        lines = [line.removesuffix(r" \\").split(" & ") for line in row.splitlines()]
        found.append(" | ".join(" ".join(part.strip() for part in parts) for parts in zip(*lines, strict=True)))
    return found


def tables(comparison: Comparison, form: str) -> list[list[str]]:
    """The lines of each table's rows: one table a data set, then the one over all."""
    text = readable(comparison, form)
    if form == "latex":
        return [latex_rows(part) for part in text.split(r"\begin{tabular}")[1:]]
    starts = "| supervised |", "| random |", "| entropy |", "| badge |"
    lines = [line for line in text.splitlines() if line.startswith(starts)]
    return [lines[at : at + len(STRATEGIES)] for at in range(0, len(lines), len(STRATEGIES))]


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_readable_formats_show_every_number(comparison: Comparison, form: str) -> None:
    shown = tables(comparison, form)
    assert len(shown) == len(comparison.groups) + 1
    for group, lines in zip(comparison.groups, shown[:-1], strict=True):
        for row, line in zip(group.rows, lines, strict=True):
            _stands_in(line, numbers(row), group.n_labeled[-1])
    assert comparison.overall is not None
    for overall, line in zip(comparison.overall.rows, shown[-1], strict=True):
        _stands_in(line, overall_numbers(overall), 0)


def _stands_in(line: str, known: dict[str, tuple[float, ...]], last: int) -> None:
    found = re.findall(NUMBER, line)
    for kind, values in known.items():
        for text in printed(kind, values, last):
            assert text in found, (kind, text, line)


def test_the_terminal_shows_every_number(comparison: Comparison) -> None:
    found = set(re.findall(NUMBER, render(comparison, "table")))
    assert comparison.overall is not None
    known = [(numbers(row), group.n_labeled[-1]) for group in comparison.groups for row in group.rows]
    known += [(overall_numbers(row), 0) for row in comparison.overall.rows]
    wanted = {t for part, last in known for kind, values in part.items() for t in printed(kind, values, last)}
    assert wanted <= found


def csv_numbers(text: str) -> Iterator[tuple[tuple[str, ...], str, tuple[float, ...]]]:
    def number(value: str) -> float:
        return float(value) if value else float("nan")

    for line in csv.DictReader(io.StringIO(text)):
        kind = f"labels {line['n_labeled']}" if line["kind"] == "labels" else line["kind"]
        name = (line["dataset"], line["strategy"])
        rest = [line["half_width"]] if line["half_width"] else [line["low"], line["high"]]
        yield name, kind, tuple(number(value) for value in (line["mean"], *rest) if value or kind.startswith("labels_"))
        if kind == "difference":
            yield name, "effect", (number(line["effect"]),)
            yield name, "p_holm", (number(line["p_holm"]),)


def test_csv_holds_every_number_in_full(comparison: Comparison) -> None:
    found = {(name, kind): values for name, kind, values in csv_numbers(render(comparison, "csv"))}
    for row in comparison.rows:
        for kind, values in numbers(row).items():
            np.testing.assert_array_equal(found[(row.dataset, row.strategy), kind], values)
    assert comparison.overall is not None
    for overall in comparison.overall.rows:
        for kind, values in overall_numbers(overall).items():
            np.testing.assert_array_equal(found[("", overall.strategy), kind], values)
    assert found[("", ""), "critical_difference"] == (comparison.overall.critical_difference,)


def test_json_is_the_comparison_itself(comparison: Comparison) -> None:
    content = json.loads(render(comparison, "json"))
    for row, stored in zip(comparison.rows, (r for group in content["groups"] for r in group["rows"]), strict=True):
        assert [cell["mean"] for cell in stored["cells"]] == [cell.mean for cell in row.cells.values()]
        assert row.spread is not None
        assert stored["spread"]["iqm_high"] == row.spread.iqm_high
        assert row.reach is not None
        assert float(stored["reach"]["labels"]) == row.reach.labels  # "inf" where it is not reached
        assert (stored["difference"] or {}).get("effect") == (row.difference.effect if row.difference else None)
        assert row.cost_adjusted is not None
        assert stored["cost_adjusted"]["mean"] == row.cost_adjusted.mean
    assert comparison.overall is not None
    assert [row["mean_rank"] for row in content["overall"]["rows"]] == [r.mean_rank for r in comparison.overall.rows]
    assert comparison.wins is not None
    assert content["wins"]["matrix"] == [list(row) for row in comparison.wins.matrix]


def test_csv_wins_are_the_matrix(comparison: Comparison) -> None:
    assert comparison.wins is not None
    lines = [line for line in csv.DictReader(io.StringIO(render(comparison, "csv"))) if line["kind"] == "wins"]
    named = {(line["strategy"], line["baseline"].split("/")[1]): float(line["mean"]) for line in lines}
    names = [name[2] for name in comparison.wins.names]
    assert len(named) == len(names) * (len(names) - 1)
    for (row, column), won in named.items():
        assert won == comparison.wins.matrix[names.index(row)][names.index(column)]


def test_labels_saved_claim_no_more_than_the_labels_carry() -> None:
    # The row needs 193 of 300 labels; the baseline does not get there with its 300: 107 are saved, or any number more.
    assert saved_text(Reach(math.inf, 90, math.inf, 107)) == ">107 [+90, ∞]"
    assert saved_text(Reach(math.inf, NAN, NAN, 107)) == ">107"
    assert saved_text(Reach(74, 50, math.inf)) == "+74 [+50, ∞]"
    assert saved_text(Reach(-math.inf, -math.inf, 5)) == "never [never, +5]"
    assert saved_text(Reach(-0.2, -3, 5)) == "+0 [-3, +5]"

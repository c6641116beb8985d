"""The table over budgets, in every format."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest
from made_up_budgets import changing, steady, under

from albench.compare import Comparison, compare
from albench.render import render
from albench.render.budgets import budget_columns, budget_facts, budget_heading, budget_legend, budget_marks
from albench.render.table import to_text


@pytest.fixture(scope="module")
def joined() -> Comparison:
    return compare(pd.concat([changing(), steady(dataset="rings", data_hash="d2")]), highlight=["typical"])


def test_scores_ranks_and_marks(joined: Comparison) -> None:
    first, *_, together = joined.budgets
    name, low, medium, high, mean = budget_columns(first)
    assert [cell.text for cell in name.cells] == ["entropy", "typical", "random"]
    assert [cell.highlighted for cell in name.cells] == [False, True, False]
    assert [column.title for column in (low, medium, high)] == ["low 20+2x10", "medium 60+2x30", "high 150+2x80"]
    assert [cell.text.rpartition(" ")[2] + cell.mark for cell in low.cells] == ["#3", "#1*", "#2"]
    assert [cell.text.rpartition(" ")[2] + cell.mark for cell in medium.cells] == ["#1~", "#2~", "#3"]
    assert [cell.bold for cell in medium.cells] == [True, False, False]
    assert [cell.text for cell in mean.cells] == ["1.67", "1.67", "2.67"]
    cells = budget_columns(together)[1].cells
    assert [cell.text.partition(" ")[0] for cell in cells] == ["2.00", "1.50", "2.50"]
    assert [(cell.mark, cell.tone, cell.bold) for cell in cells] == [
        ("~", "dim", False),
        ("*", "good", True),
        ("", "", False),
    ]
    gap = together.rows[1].differences[0]
    assert gap is not None
    assert cells[1].text == f"1.50 {gap.mean:+.3f}"


def test_how_it_is_to_be_read(joined: Comparison) -> None:
    first, *_, together = joined.budgets
    assert budget_heading(first) == "digits, 3 budgets together"
    assert budget_facts(first, joined) == [
        "AUBC of test macro_f1 (higher is better) at each budget and, behind #, its rank among these rows",
        "labels at the end: 40 (low 20+2x10), 120 (medium 60+2x30) and 310 (high 150+2x80); low, medium and high name "
        "their order, no more",
    ]
    assert budget_facts(together, joined)[0].endswith(
        "over digits and rings; ranks are not tested; behind them the difference from random there, paired by seed and "
        "data set, with its mark"
    )
    legend = budget_legend(joined)
    assert legend[0] == "20+2x10: a budget of 20 labels to start with, then 2 queries of 10"
    assert legend[1:] == budget_marks(joined)
    assert budget_legend(compare(under("20+2x10", {"random": 0.4, "a": 0.5}))) == []


def test_it_fits_a_terminal_of_eighty_columns(joined: Comparison) -> None:
    text = to_text(joined, 80)
    assert max(map(len, text.splitlines())) <= 80
    line = next(line for line in text.splitlines() if line.startswith("strategy") and "mean rank" in line)
    assert all(title in line for title in ("low 20+2x10", "medium 60+2x30", "high 150+2x80"))
    assert "Hidden" not in text.partition("3 budgets together")[2]


def test_all_formats_have_it(joined: Comparison) -> None:
    assert "### digits, 3 budgets together" in render(joined, "markdown")
    latex = render(joined, "latex")
    assert r"\caption[digits, 3 budgets together: test macro F1]" in latex
    assert r"\textbf{0.604}\rlap{$^{*}$}" in latex
    assert r"{\scriptsize $\pm$ 0.009 \#1}" in latex
    assert latex.count("Over budgets: bold leads") == 3, "below its own tables alone"
    assert json.loads(render(joined, "json"))["budgets"][0]["winner"] == "changes"
    assert "the winner changes" in render(joined, "paragraph")
    assert "Holm's correction over all pairs" in render(joined, "paragraph")


def test_a_line_a_number_in_csv(joined: Comparison) -> None:
    lines = list(csv.DictReader(io.StringIO(render(joined, "csv"))))
    told = {
        (line["dataset"], line["strategy"], line["text"]): (line["rank"], line["verdict"], line["n_labeled"])
        for line in lines
        if line["kind"] == "budget"
    }
    assert told["digits", "typical", "20+2x10"] == ("1.0", "first", "40")
    assert told["digits", "typical", "60+2x30"] == ("2.0", "tied", "120")
    assert told["digits", "typical", "150+2x80"] == ("2.0", "behind", "310")
    assert told["2 data sets", "typical", "20+2x10"] == ("1.5", "", "40")
    assert sum(line["kind"] == "budget_mean_rank" for line in lines) == 9
    assert sum(line["kind"] == "budget_difference" for line in lines) == 6
    assert sum(line["kind"] == "answer" and "budgets" in line["text"] for line in lines) == 3

"""What the page is told, without a browser: the answer, the columns, verdicts in words, colours and sources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from made_up import FAILED
from made_up_budgets import changing, steady, under

from albench.compare import compare
from albench.compare.answer import answer
from albench.metric_table import metric_named
from albench.report import page
from albench.report.page import build
from albench.report.payload import payload
from albench.results.results import Results

Made = Callable[..., Results]


def table(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["groups"][0]["tables"]["macro_f1"])


def test_the_page_answers_as_compare_does(results: Made) -> None:
    held = results()
    said = answer(compare(held.frame))
    assert payload(held)["answers"]["macro_f1"] == [said.overall, list(said.groups), list(said.budgets)]
    assert "entropy is better than random" in said.text


def test_metrics_carry_the_range_that_nothing_is_drawn_beyond(results: Made) -> None:
    assert [metric["range"] for metric in payload(results())["metrics"]] == [[0.0, 1.0], [0.0, 1.0]]
    assert metric_named("quadratic_weighted_kappa").range == (-1.0, 1.0)
    assert metric_named("recall.glioma").range == (0.0, 1.0)
    assert metric_named("a plugin's").range == (float("-inf"), float("inf"))


def test_thirty_three_rows_and_eleven_metrics_stay_small(results: Made) -> None:
    names = ["random", *(f"strategy-{at}" for at in range(10))]
    held = results(strategies=names, methods=("supervised", "fixmatch", "boostmis"), seeds=3)
    for metric in ("balanced_accuracy", "macro_recall", "auroc", "average_precision", "ece", "minority_recall"):
        held.frame[f"test.{metric}"] = held.frame["test.macro_f1"]
    text = build(held)
    assert len(json.loads(text.split('id="data">')[1].split("</script>")[0])["rows"]) == 33
    assert len(text.encode()) < 1.5e6


def test_a_page_with_much_data_keeps_the_latex_of_its_first_metric(
    results: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = build(results())
    monkeypatch.setattr(page, "MOST_DATA", 1000)
    slim = build(results())
    assert whole.count("begin{table}") == 2
    assert slim.count("begin{table}") == 1


@pytest.mark.parametrize("metric", ["macro_f1", "accuracy"])
def test_every_ranked_metric_has_a_table(metric: str, results: Made) -> None:
    assert len(payload(results())["groups"][0]["tables"][metric]["rows"]) == 3


def test_budgets_have_their_tables_and_their_sentences() -> None:
    several = pd.concat([changing(), steady(dataset="rings", data_hash="d2", backbone="mlp")])
    other = pd.concat(
        [under("20+2x10", {"random": 0.4}, dataset="third", data_hash="d3", backbone=name) for name in "ab"]
    )
    for frame, backbones in ((several, {""}), (pd.concat([several, other]), {"cnn", "mlp"})):
        found = payload(Results((), frame, pd.DataFrame(columns=list(FAILED))))
        tables = found["budgets"]["macro_f1"]
        together = ["2 data sets, 3 budgets together"] if backbones == {""} else []
        assert [table["title"] for table in tables][:2] == ["digits, 3 budgets together", "rings, 3 budgets together"]
        assert [table["title"] for table in tables][2:] == together
        assert len(found["answers"]["macro_f1"][2]) == len(tables)
        assert {found["rows"][row["row"]]["backbone"] for table in tables for row in table["rows"]} == backbones

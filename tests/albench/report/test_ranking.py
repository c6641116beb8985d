"""A page's table: verdicts in words, the columns that are shown first, and the table for a paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from albench.report.payload import payload
from albench.results.results import Results

Made = Callable[..., Results]


def table(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["groups"][0]["tables"]["macro_f1"])


def test_verdicts_are_words_and_say_what_decides_them(results: Made) -> None:
    found = payload(results())
    words = {found["rows"][row["row"]]["label"]: row["verdict"] for row in table(found)["rows"]}
    assert [words[name][0] for name in ("entropy", "badge", "random")] == ["better", "not told apart", "baseline"]
    assert "paired over 5 seeds; t-test, p" in words["entropy"][2]
    assert "corrected over 2 differences" in words["entropy"][2]
    assert words["badge"][2].endswith("This is not the same as equal.")
    few = table(payload(results(seeds=1)))
    assert {row["verdict"][0] for row in few["rows"]} == {"baseline", "too few seeds"}


def test_the_first_table_has_chosen_label_counts_and_the_shared_start_once(results: Made) -> None:
    shown = table(payload(results()))
    assert [c["title"] for c in shown["columns"] if c["role"] == "labels"] == ["50 labels", "80 labels", "110 labels"]
    assert len(shown["start"]) == 1
    assert shown["start"][0].startswith("before any query (20 labels): 0.")
    needs = {c["title"]: c["need"] for c in shown["columns"]}
    assert needs["AUBC"] == 0
    assert needs["vs random"] < needs["110 labels"] < needs["50 labels"] < needs["std"]


def test_labels_saved_without_interval_are_shown_on_demand_alone(results: Made) -> None:
    need = {n: {c["title"]: c["need"] for c in table(payload(results(seeds=n)))["columns"]} for n in (4, 5)}
    assert need[4]["labels saved"] == 9
    assert need[5]["labels saved"] < 9


def test_a_start_that_differs_is_not_said_to_be_shared(results: Made) -> None:
    held = results()
    held.frame.loc[(held.frame["strategy"] == "badge") & (held.frame["round"] == 0), "test.macro_f1"] += 0.01
    shown = table(payload(held))
    assert shown["start"] == []


def test_recall_of_a_rare_class_is_among_the_first_columns(results: Made) -> None:
    held = results()
    held.frame["rare_recalls"] = "recall.ill"
    held.frame["test.recall.ill"] = 0.5
    needs = {c["title"]: c["need"] for c in table(payload(held))["columns"]}
    assert needs["recall.ill"] < needs["110 labels"]


def test_the_best_few_and_what_they_are_compared_with_come_first(results: Made) -> None:
    names = ["random", *(f"s{at}" for at in range(10))]
    found = payload(results(strategies=names, gains=[0.0, *(0.02 * at for at in range(10))]))
    assert [found["rows"][row]["label"] for row in table(found)["few"]] == ["s9", "s8", "s7", "random"]


def test_the_table_for_a_paper_is_that_of_compare(results: Made) -> None:
    text = table(payload(results()))["latex"]
    assert text.count(r"\begin{table}") == 1
    assert " & 35 & 50 & 65 & 80 & 95 & 110 & AUBC & vs random" in text
    assert "averaged" in text or "mean over 20 to 110 labels" in text
    assert r"\textbf{" in text


def test_what_sees_labels_is_last_in_colour_and_without_a_rank(results: Made) -> None:
    held = results(strategies=("random", "entropy", "seer"), gains=(0.0, 0.2, 0.5))
    held.frame["sees_labels"] = held.frame["strategy"] == "seer"
    found = payload(held)
    rows = table(found)["rows"]
    named = [found["rows"][row["row"]] for row in rows]
    assert [(look["label"], look["aside"]) for look in named] == [("entropy", False), ("random", False), ("seer", True)]
    assert [row["rank"] for row in rows] == [1, 2, None]
    assert rows[-1]["verdict"][0] == "sees labels"
    assert rows[-1]["row"] in table(found)["few"]
    assert "seer" in table(found)["latex"]
    assert rows[-1]["row"] not in found["wins"]["macro_f1"]["rows"]
    assert found["groups"][0]["full"] == {}

"""What the page is told, without a browser: the answer, the columns, verdicts in words, colours and sources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from albench.compare import compare
from albench.compare.answer import answer
from albench.components.registry import registry
from albench.metric_table import metric_named
from albench.render.colors import color_of
from albench.report import page
from albench.report.citations import bibtex, citations
from albench.report.page import build
from albench.report.payload import payload
from albench.results.load import Results

Made = Callable[..., Results]


def table(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["groups"][0]["tables"]["macro_f1"])


def test_the_page_answers_as_compare_does(results: Made) -> None:
    held = results()
    said = answer(compare(held.frame))
    assert payload(held)["answers"]["macro_f1"] == [said.overall, list(said.groups)]
    assert "entropy is better than random" in said.text


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


def test_colours_are_by_name_whatever_the_rank_and_the_baseline_is_black(results: Made) -> None:
    for gains in ((0.0, 0.2, 0.1), (0.2, 0.0, 0.1), (0.1, 0.2, 0.0)):
        rows = payload(results(gains=gains))["rows"]
        assert {row["label"]: row["color"] for row in rows} == {
            "random": None,
            "entropy": color_of("entropy"),
            "badge": color_of("badge"),
        }
    alone = payload(results(strategies=("random",), methods=("fixmatch", "boostmis")))["rows"]
    assert {row["label"]: row["color"] for row in alone} == {
        "fixmatch": color_of("fixmatch"),
        "boostmis": color_of("boostmis"),
    }


def test_the_best_few_and_what_they_are_compared_with_come_first(results: Made) -> None:
    names = ["random", *(f"s{at}" for at in range(10))]
    found = payload(results(strategies=names, gains=[0.0, *(0.02 * at for at in range(10))]))
    assert [found["rows"][row]["label"] for row in table(found)["few"]] == ["s9", "s8", "s7", "random"]


def test_metrics_carry_the_range_that_nothing_is_drawn_beyond(results: Made) -> None:
    assert [metric["range"] for metric in payload(results())["metrics"]] == [[0.0, 1.0], [0.0, 1.0]]
    assert metric_named("quadratic_weighted_kappa").range == (-1.0, 1.0)
    assert metric_named("recall.glioma").range == (0.0, 1.0)
    assert metric_named("a plugin's").range == (float("-inf"), float("inf"))


def test_the_table_for_a_paper_is_that_of_compare(results: Made) -> None:
    text = table(payload(results()))["latex"]
    assert text.count(r"\begin{table}") == 1
    assert " & 35 & 50 & 65 & 80 & 95 & 110 & AUBC & vs random" in text
    assert "averaged" in text or "mean over 20 to 110 labels" in text
    assert r"\textbf{" in text


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


def test_every_paper_of_albench_has_its_authors_and_title() -> None:
    components = [
        c for c in registry().components() if c.kind in ("method", "strategy") and c.distribution == "albench"
    ]
    found = citations((c.kind, c.name) for c in components)
    assert len(found) == sum(bool(c.paper) for c in components) > 40
    assert [source.name for source in found if not source.title or not source.authors] == []
    badge = next(source for source in found if source.name == "badge")
    assert badge.authors == ("Ash", "Zhang", "Krishnamurthy", "Langford", "Agarwal")
    assert badge.arxiv == "1906.03671"


def test_bibtex_names_albench_with_its_version_and_each_paper_once() -> None:
    text = bibtex(citations([("strategy", "badge"), ("method", "pseudo-label")]), "1.2.3")
    assert text.count("@misc{") == 2
    assert "version = {1.2.3}" in text
    assert "@misc{ash2020badge,\n  author = {Ash and Zhang and Krishnamurthy and Langford and Agarwal}," in text
    assert "year = {2013}" in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("metric", ["macro_f1", "accuracy"])
def test_every_ranked_metric_has_a_table(metric: str, results: Made) -> None:
    assert len(payload(results())["groups"][0]["tables"][metric]["rows"]) == 3

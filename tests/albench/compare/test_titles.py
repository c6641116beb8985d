"""How a sentence names a row, its baseline and a metric."""

from __future__ import annotations

from made_up_tables import comparison, gap, row

from albench.compare import answer, metric_words


def test_rows_are_named_by_what_differs() -> None:
    two = (
        row("galaxy", 0.9, gap(0.04, "better")),
        row("random", 0.86, rank=2),
        row("galaxy", 0.85, gap(0.02, "~", 40, method="fixmatch"), rank=3, method="fixmatch"),
        row("random", 0.84, rank=4, method="fixmatch"),
    )
    text = answer(comparison(two)).text
    assert "boostmis/galaxy is better than random with the same method by 0.041"[:60] in text
    assert "fixmatch/galaxy cannot be told from random with the same method" in text
    methods = (row("random", 0.9, gap(0.04, "better"), method="fixmatch"), row("random", 0.86, rank=2))
    text = answer(comparison(methods, baseline="boostmis/random")).text
    assert "fixmatch is better than boostmis/random by 0.040" in text
    backbones = (row("galaxy", 0.9, gap(0.04, "better")), row("galaxy", 0.8, gap(0.01, "~"), backbone="wrn", rank=2))
    assert "galaxy on cnn is better than random by" in answer(comparison(backbones)).text


def test_metrics_are_named_as_people_write_them() -> None:
    names = {
        "macro_f1": "test macro F1",
        "auroc": "test AUROC",
        "ece": "test ECE",
        "minority_recall": "test minority recall",
    }
    assert {metric: metric_words(metric, "test") for metric in names} == names
    assert metric_words("recall.a_b") == "recall of a_b"

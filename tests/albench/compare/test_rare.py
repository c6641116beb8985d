"""Where a class is rare, its recall stands beside the metric: a mean over classes can rise while it is missed."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from albench.compare import answer, compare
from albench.compare.rare import rare_recalls, recalls_of, small_classes
from albench.render import render
from albench.render.words import legend


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([[388, 3494], [234, 390]], ("recall.a", "recall.b")),  # rare in the pool alone
        ([[110, 320], [60, 100]], ("recall.a", "recall.b")),
        ([[320, 110], [100, 60]], ("recall.b", "recall.a")),
        ([[100, 150], [60, 100]], ()),
        ([[50, 50], [11, 1]], ("recall.b", "recall.a")),  # rare in the test items alone
        ([[200, 400]], ()),  # exactly two thirds of an even share
    ],
)
def test_of_two_classes_both_recalls_are_shown_where_one_is_rare(
    counts: list[list[int]], expected: tuple[str, ...]
) -> None:
    assert rare_recalls(["a", "b"], counts) == expected


def test_of_more_classes_the_rare_one_or_the_mean_of_the_minority() -> None:
    assert rare_recalls(["a", "b", "c"], [[100, 100, 10]]) == ("recall.c",)
    assert rare_recalls(["a", "b", "c"], [[500, 20, 10]]) == ("minority_recall",)
    assert rare_recalls([str(name) for name in range(10)], [[98] * 9 + [90]]) == ()


def test_nothing_is_rare_where_nothing_is_known() -> None:
    assert rare_recalls(["a", "b"], []) == ()
    assert rare_recalls(["a", "b"], [[0, 0]]) == ()
    assert rare_recalls(["a"], [[5]]) == ()


def records() -> pd.DataFrame:
    """``risky`` is best by macro F1, and misses the ill."""
    rows = []
    for strategy, score, ill in (("risky", 0.9, 0.880), ("random", 0.88, 0.980)):
        for seed in range(3):
            for at, labels in enumerate((20, 80)):
                rows.append(
                    {
                        "suite": "s", "key": f"{strategy}{seed}", "dataset": "xrays", "stand_in": "", "method": "m",
                        "strategy": strategy, "backbone": "cnn", "seed": seed, "protocol": "p", "device": "cpu",
                        "rare_recalls": "recall.well\nrecall.ill", "round": at, "n_labeled": labels,
                        "test.macro_f1": score - 0.1 * (1 - at) + 0.001 * seed, "test.recall.well": 0.5 + 0.001 * seed,
                        "test.recall.ill": ill + 0.001 * (seed - 1) if at else 0.1,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def test_what_a_rare_class_loses_is_in_the_first_table_and_in_the_sentence() -> None:
    found = compare(records())
    assert found.groups[0].recalls == ("recall.well", "recall.ill")
    assert [row.strategy for row in found.rows] == ["risky", "random"]
    assert [round(row.recalls["recall.ill"].mean, 3) for row in found.rows] == [0.88, 0.98]
    assert "the recall of ill is 0.880 ± 0.002 with risky and 0.980 ± 0.002 with random." in answer(found).text
    for form in ("table", "markdown", "latex"):
        text = render(found, form)
        assert "recall.ill" in text
        assert "0.880" in text
    lines = [line for line in csv.DictReader(io.StringIO(render(found, "csv"))) if line["kind"] == "rare_class"]
    ill = {line["strategy"]: round(float(line["mean"]), 3) for line in lines if line["metric"] == "test.recall.ill"}
    assert ill == {"risky": 0.88, "random": 0.98}
    assert {line["n_labeled"] for line in lines} == {"80"}
    assert '"recall.ill"' in render(found, "json")


def test_the_recalls_are_those_at_the_label_count_that_ranks() -> None:
    found = compare(records(), at="labels:20")
    assert [row.recalls["recall.ill"].mean for row in found.rows] == pytest.approx([0.1, 0.1])


def test_a_metric_does_not_stand_beside_itself_and_other_splits_have_their_own() -> None:
    assert compare(records(), metric="recall.ill").groups[0].recalls == ("recall.well",)
    assert recalls_of(records(), "val") == []


def test_older_results_show_what_they_know() -> None:
    for frame in (records().drop(columns="rare_recalls"), records().assign(rare_recalls="")):
        found = compare(frame)
        assert found.groups[0].recalls == ()
        assert found.rows[0].recalls == {}


def test_the_classes_that_minority_recall_is_of_are_named_where_it_is_shown() -> None:
    assert small_classes(["a", "b", "c", "d"], [10, 2, 0, 8]) == ("b",)  # the mean class has 5
    assert small_classes(["a", "b"], [5, 5]) == ()
    frame = pd.concat(
        pd.DataFrame(
            {
                **{"suite": ["s"], "key": f"{name}{seed}", "dataset": "digits", "stand_in": "", "method": "m"},
                **{"strategy": name, "backbone": "mlp", "seed": seed, "protocol": "1a2b", "device": "cpu"},
                **{"round": 0, "n_labeled": 20, "rare_recalls": "minority_recall", "small_classes": "three\nfour"},
                **{"test.macro_f1": 0.5 + seed / 10, "test.minority_recall": 0.3},
            }
        )
        for name in ("random", "entropy")
        for seed in range(3)
    )
    words = "mean recall of the classes smaller than the average (three and four)"
    for metric in ("macro_f1", "minority_recall"):
        found = compare(frame, metric=metric)
        assert f"minority_recall: {words}" in legend(found)
        assert f"The minority recall is the {words}." in render(found, "paragraph")
    assert not any("smaller than" in line for line in legend(compare(frame.assign(rare_recalls=""))))

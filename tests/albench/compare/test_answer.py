"""The sentence that answers: what stands after correction is a finding, what does not is never worded as one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from albench.compare import Comparison, Difference, Estimate, Group, Row, answer, metric_words
from albench.compare.estimates import Verdict
from albench.compare.tables import Overall, OverallRow

NAN = float("nan")


def gap(mean: float, verdict: Verdict, needed: int | None = None, n: int = 10, **names: str) -> Difference:
    names = {"method": "boostmis", "strategy": "random"} | names
    facts = {"p": 0.5, "p_holm": 0.5, "seeds_needed": needed, "effect": 1.0, "low": mean - 0.029, "high": mean + 0.029}
    return Difference(mean=mean, half_width=0.029, n=n, verdict=verdict, **facts, **names)


def row(strategy: str, mean: float, difference: Difference | None = None, rank: int = 1, **facts: Any) -> Row:
    """A row with two label counts: the last has the mean, the first 0.5."""
    clear, best, n = facts.pop("clear", False), facts.pop("best", rank == 1), facts.pop("n", 10)
    half = 0.01 if n > 1 else NAN
    value = Estimate(mean, half, n, best=best, clear=clear)
    cells = {20: Estimate(0.5, half, n), 80: Estimate(mean, half, n)}
    facts = {"dataset": "digits", "protocol": "1a2b", "backbone": "cnn", "method": "boostmis"} | facts
    facts |= {"cells": cells, "aubc": value, "value": value, "seeds": tuple(range(n))}
    is_baseline = difference is None and strategy == "random"
    return Row(strategy=strategy, rank=rank, difference=difference, is_baseline=is_baseline, **facts)


def comparison(*groups: Group | tuple[Row, ...], **facts: Any) -> Comparison:
    usual = {"metric": "macro_f1", "split": "test", "at": "aubc", "higher_is_better": True, "baseline": "random"}
    found = tuple(group if isinstance(group, Group) else of(*group) for group in groups)
    n_tests = sum(row.difference is not None for group in found for row in group.rows)
    return Comparison(n_tests=n_tests, groups=found, failed=(), notes=(), **(usual | facts))


def of(*rows: Row, **facts: Any) -> Group:
    facts = {"dataset": "digits", "stand_in": "", "protocol": "1a2b", "ranked": None} | facts
    return Group(devices=("cpu",), n_labeled=(20, 80), rows=rows, **facts)


def test_what_is_not_shown_is_said_first_with_the_seeds_that_would_decide() -> None:
    rows = (row("galaxy", 0.9, gap(0.04, "~", 6, n=3), n=3), row("random", 0.86, rank=2, n=3))
    found = answer(comparison(rows))
    assert found.text == str(found) == found.lines[0]
    assert found.text == (
        "With 3 seeds, nothing is shown to be better than random in test macro F1 (mean over 20 to 80 labels); galaxy "
        "leads with 0.900 against 0.860 of random; about 6 seeds would tell galaxy from random if the true difference "
        "is the one measured. At 80 labels the test macro F1 is "
        "0.900 ± 0.010 with galaxy and 0.860 ± 0.010 with random."
    )


def test_a_finding_has_its_size_interval_seeds_and_correction() -> None:
    rows = (
        row("galaxy", 0.9, gap(0.041, "better")),
        row("coreset", 0.88, gap(0.02, "~", 30), rank=2),
        row("badge", 0.87, gap(0.01, "~", 90), rank=3),
        row("random", 0.86, rank=4),
    )
    assert answer(comparison(rows)).text.startswith(
        "With 10 seeds, galaxy is better than random by 0.041 [0.012, 0.070] in test macro F1 (mean over 20 to 80 "
        "labels, corrected for 3 comparisons); coreset and badge cannot be told from random. At 80 labels"
    )


def test_many_findings_are_counted_and_the_best_of_them_is_not_claimed() -> None:
    rows = [row(f"s{at}", 0.9 - at / 100, gap(0.041, "better"), rank=1 + at) for at in range(6)]
    text = answer(comparison((*rows, row("random", 0.7, rank=7)))).text
    assert "s0 (by 0.041 [0.012, 0.070]) and 5 others are better than random in" in text
    assert "; which of them is best is not shown." in text
    first = row("s0", 0.95, gap(0.05, "better"), clear=True)
    assert (
        "; s0 is better than s1, the next, too."
        in answer(comparison((first, *rows[1:], row("random", 0.7, rank=7)))).text
    )


def test_better_than_the_baseline_is_not_said_twice_where_it_is_the_next() -> None:
    rows = (row("galaxy", 0.9, gap(0.05, "better"), clear=True), row("random", 0.85, rank=2))
    assert "the next" not in answer(comparison(rows)).text


def test_two_or_three_findings_are_named_with_their_sizes() -> None:
    rows = (
        row("badge", 0.9, gap(0.05, "better")),
        row("galaxy", 0.89, gap(0.04, "better"), rank=2),
        row("random", 0.85, rank=3),
    )
    text = answer(comparison(rows)).text
    assert "badge (by 0.050 [0.021, 0.079]) and galaxy (by 0.040 [0.011, 0.069]) are better than random in" in text


def test_a_leader_that_is_not_told_is_not_hidden_behind_a_finding() -> None:
    rows = (
        row("wild", 0.9, gap(0.06, "~", 40)),
        row("calm", 0.88, gap(0.04, "better"), rank=2),
        row("random", 0.84, rank=3),
    )
    text = answer(comparison(rows)).text
    assert "With 10 seeds, calm is better than random by 0.040 [0.011, 0.069]" in text
    assert (
        "; wild leads with 0.900 against 0.840 of random, which may be chance; wild cannot be told from random." in text
    )


def test_worse_is_a_finding_too() -> None:
    rows = (row("random", 0.86), row("odd", 0.8, gap(-0.06, "worse"), rank=2))
    text = answer(comparison(rows)).text
    assert "nothing is shown to be better than random in test macro F1" in text
    assert (
        "; random itself leads with 0.860 against 0.800 of odd, the next; odd is worse than random by 0.060 "
        "[0.031, 0.089]." in text
    )


def test_where_lower_is_better_sizes_are_those_of_an_improvement() -> None:
    rows = (row("galaxy", 0.05, gap(-0.04, "better")), row("random", 0.09, rank=2))
    text = answer(comparison(rows, metric="ece", higher_is_better=False)).text
    assert "galaxy is better than random by 0.040 [0.011, 0.069] in test ECE (mean over 20 to 80 labels, lower" in text
    rows = (row("random", 0.05), row("galaxy", 0.09, gap(0.04, "worse"), rank=2))
    text = answer(comparison(rows, metric="ece", higher_is_better=False)).text
    assert "galaxy is worse than random by 0.040 [0.011, 0.069]" in text


def test_one_seed_shows_nothing() -> None:
    rows = (row("galaxy", 0.9, gap(0.04, "too few seeds", n=1), n=1), row("random", 0.86, rank=2, n=1))
    assert answer(comparison(rows)).text == (
        "With 1 seed, nothing can be tested, so nothing is shown to be better than random in test macro F1 (mean over "
        "20 to 80 labels): galaxy leads with 0.900 against 0.860 of random, which may be chance. "
        "At 80 labels the test macro F1 is 0.900 with galaxy and "
        "0.860 with random."
    )


def test_rows_without_enough_seeds_beside_others_are_named() -> None:
    rows = (
        row("new", 0.95, gap(0.09, "too few seeds", n=1), n=1),
        row("galaxy", 0.9, gap(0.04, "better"), rank=2),
        row("random", 0.86, rank=3),
    )
    text = answer(comparison(rows)).text
    assert text.startswith("With 1 to 10 seeds, galaxy is better than random")
    assert (
        "new leads with 0.950 against 0.860 of random, which may be chance; new has too few seeds for a test." in text
    )


def test_without_a_baseline_nothing_is_better_than_one() -> None:
    rows = (row("galaxy", 0.9), row("badge", 0.89, rank=2))
    text = answer(comparison(rows, baseline="")).text
    assert (
        "nothing is shown to be best in test macro F1 (mean over 20 to 80 labels): galaxy leads with 0.900 against "
        "0.890 of badge, the next, and there is no" in text
    )
    assert "At 80 labels the test macro F1 is 0.900 ± 0.010 with galaxy and 0.890 ± 0.010 with badge." in text
    text = answer(comparison((row("galaxy", 0.9, clear=True), rows[1]), baseline="")).text
    assert "galaxy is better than the next in test macro F1 (mean over 20 to 80 labels); there is no baseline" in text


def test_one_row_is_told_without_a_comparison() -> None:
    assert answer(comparison((row("galaxy", 0.9),), baseline="")).text == (
        "boostmis + galaxy has a test macro F1 of 0.900 ± 0.010 at 80 labels (10 seeds); nothing is beside it to "
        "compare it with."
    )


def test_what_is_equal_leads_together() -> None:
    rows = (row("galaxy", 0.9, gap(0.0, "~")), row("random", 0.9, best=True))
    assert "; galaxy and random lead with one same mean, 0.900." in answer(comparison(rows)).text


def test_rows_that_share_the_first_rank_lead_together_where_no_best_is_marked() -> None:
    rows = tuple(
        row(name, 0.4, gap(0.0, "~") if name != "random" else None, best=False) for name in ("a", "b", "random")
    )
    assert "; a, b and random lead with one same mean, 0.400." in answer(comparison(rows)).text


def test_seeds_that_would_decide_are_more_than_there_are_or_not_told() -> None:
    for needed in (None, 10):
        rows = (row("galaxy", 0.9, gap(0.04, "~", needed)), row("random", 0.86, rank=2))
        assert "; galaxy leads with 0.900 against 0.860 of random. At 80" in answer(comparison(rows)).text


def test_nothing_that_ranks_is_said() -> None:
    rows = tuple(row(name, NAN, rank=1, n=0) for name in ("galaxy", "random"))
    rows = tuple(Row(**(vars(each) | {"rank": None})) for each in rows)
    text = answer(comparison(rows, at="round:9")).text
    assert text == "Nothing is ranked by test macro F1, as there is no round:9 here."
    assert answer(comparison(rows)).text == "Nothing is ranked by test macro F1, as no curve is whole."


def test_a_label_count_that_ranks_is_the_one_that_is_told() -> None:
    rows = (row("galaxy", 0.9, gap(0.04, "~", 20)), row("random", 0.86, rank=2))
    text = answer(comparison(of(*rows, ranked=20), at="labels:20")).text
    assert "in test macro F1 (at 20 labels);" in text
    assert "At 20 labels the test macro F1 is 0.500 ± 0.010 with galaxy" in text


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


def test_a_stand_in_and_several_data_sets_and_protocols_are_named() -> None:
    rows = (row("galaxy", 0.9, gap(0.04, "better")), row("random", 0.86, rank=2))
    alone = answer(comparison(of(*rows, dataset="mescc-sim", stand_in="MESCC"))).text
    assert alone.startswith("On mescc-sim (simulated stand-in for MESCC), with 10 seeds, galaxy is better")
    groups = (of(*rows, setup="lr=1"), of(*rows, protocol="ffff", setup="lr=2"), of(*rows, dataset="rings"))
    found = answer(comparison(*groups))
    assert found.lines == found.groups
    assert [re.split(", with", line)[0] for line in found.lines] == ["On digits (lr=1)", "On digits (lr=2)", "On rings"]


@pytest.mark.parametrize(
    ("verdict", "said"), [("better", "galaxy is better than random by"), ("~", "nothing is shown")]
)
def test_data_sets_together_come_first(verdict: Verdict, said: str) -> None:
    rows = (row("galaxy", 0.9, gap(0.04, "~", 30)), row("random", 0.86, rank=2))
    both = tuple(
        OverallRow("", "boostmis", name, 1.0, 0.9, 0.8, 1.0, 20, difference=difference)
        for name, difference in (("galaxy", gap(0.04, verdict, n=20)), ("random", None))
    )
    overall = Overall(("digits (1a2b)", "rings (1a2b)"), both, NAN, 1.0, (), ())
    found = answer(comparison(of(*rows), of(*rows, dataset="rings"), overall=overall))
    assert found.lines == (found.overall, *found.groups)
    assert found.overall.startswith(f"Over 2 data sets together, with 20 pairs of trials, {said}")
    assert "corrected for 2 comparisons" in found.overall


def test_metrics_are_named_as_people_write_them() -> None:
    names = {
        "macro_f1": "test macro F1",
        "auroc": "test AUROC",
        "ece": "test ECE",
        "minority_recall": "test minority recall",
    }
    assert {metric: metric_words(metric, "test") for metric in names} == names
    assert metric_words("recall.a_b") == "recall of a_b"


def test_who_leads_over_all_labels_and_who_at_the_last_are_told_apart() -> None:
    coreset = row("coreset", 0.571, gap(0.011, "~", 25))
    random = row("random", 0.56, rank=2)
    coreset.cells[80], random.cells[80] = Estimate(0.626, 0.01, 10), Estimate(0.63, 0.01, 10, best=True)
    text = answer(comparison((coreset, random))).text
    assert (
        "; coreset leads with 0.571 against 0.560 of random; about 25 seeds would tell coreset from random if" in text
    )
    assert (
        "At 80 labels the test macro F1 is 0.626 ± 0.010 with coreset and 0.630 ± 0.010 with random; the best mean "
        "there is that of random." in text
    )
    badge = row("badge", 0.565, gap(0.005, "~"), rank=2)
    random.cells[80], badge.cells[80] = Estimate(0.6, 0.01, 10), Estimate(0.64, 0.01, 10, best=True)
    text = answer(comparison((coreset, badge, random))).text
    assert "and 0.600 ± 0.010 with random; the best mean there is that of badge, 0.640 ± 0.010." in text


def test_no_number_of_seeds_is_told_of_fewer_than_three() -> None:
    rows = (
        row("new", 0.95, gap(0.09, "~", 25, n=2), n=2),
        row("galaxy", 0.9, gap(0.04, "~"), rank=2),
        row("random", 0.86, rank=3),
    )
    assert "seeds would" not in answer(comparison(rows)).text


def test_means_that_look_alike_have_more_digits() -> None:
    rows = (row("galaxy", 0.90004, gap(0.00002, "~")), row("random", 0.90002, rank=2))
    assert "galaxy leads with 0.90004 against 0.90002 of random" in answer(comparison(rows)).text

"""What the tests say, in a sentence: what stands is a finding, what does not is never worded as one."""

from __future__ import annotations

from made_up_tables import comparison, gap, row

from albench.compare import answer


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

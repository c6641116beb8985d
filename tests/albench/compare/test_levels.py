"""What the first row and its baseline reach at one label count."""

from __future__ import annotations

from made_up_tables import comparison, gap, of, row

from albench.compare import Estimate, answer


def test_a_label_count_that_ranks_is_the_one_that_is_told() -> None:
    rows = (row("galaxy", 0.9, gap(0.04, "~", 20)), row("random", 0.86, rank=2))
    text = answer(comparison(of(*rows, ranked=20), at="labels:20")).text
    assert "in test macro F1 (at 20 labels);" in text
    assert "At 20 labels the test macro F1 is 0.500 ± 0.010 with galaxy" in text


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

"""What is told stands after a correction that counts it: on one page, over data sets, in pairs, by several metrics."""

from __future__ import annotations

import numpy as np
import pandas as pd

from albench.compare import Comparison, compare


def results(lifts: dict[str, float], seeds: int = 10, datasets: int = 2, spread: float = 0.01) -> pd.DataFrame:
    """Two label counts, two metrics; ``lifts``: what a strategy adds to macro F1. Accuracy has a noise of its own."""
    rng = np.random.default_rng(0)
    rows = [
        {"dataset": f"d{dataset}", "strategy": name, "seed": seed, "round": at, "n_labeled": 10 * (at + 1)}
        | {f"test.{metric}": 0.5 + lift * at + rng.normal(0, spread) for metric in ("macro_f1", "accuracy")}
        for dataset in range(datasets)
        for name, lift in lifts.items()
        for seed in range(seeds)
        for at in range(2)
    ]
    facts = {"suite": "s", "stand_in": "", "method": "m", "backbone": "b", "protocol": "p", "device": "cpu"}
    data = pd.DataFrame(rows).assign(**facts)
    return data.assign(key=data["dataset"] + data["strategy"] + data["seed"].astype(str))


def verdicts(found: Comparison) -> dict[tuple[str, str], str]:
    return {(row.dataset, row.strategy): row.difference.verdict for row in found.rows if row.difference}


LIFTS = {"random": 0.0, "entropy": 0.1, "margin": 0.001}


def test_differences_over_data_sets_are_of_the_same_family() -> None:
    found = compare(results(LIFTS))
    assert found.n_tests == 6
    assert found.overall is not None
    p = sorted(
        (difference.p, difference.p_holm)
        for row in (*found.rows, *found.overall.rows)
        for difference in [row.difference]
        if difference
    )
    assert p[0][1] == 6 * p[0][0]


def test_pairs_count_after_correction_over_all_pairs() -> None:
    wins = compare(results(LIFTS)).wins
    assert wins is not None
    assert [name[2] for name in wins.names] == ["entropy", "margin", "random"]
    assert wins.matrix == ((0.0, 2.0, 2.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def test_where_no_difference_is_told_nothing_else_is() -> None:
    found = compare(results({"random": 0.0, "entropy": 0.001, "margin": -0.001}, spread=0.05))
    assert set(verdicts(found).values()) == {"~"}
    assert found.wins is not None
    assert not np.any(found.wins.matrix)
    assert not any(cell.clear for row in found.rows for cell in (*row.cells.values(), row.aubc))
    assert found.overall is not None
    assert found.overall.indistinguishable == ((0, 2),)


def test_a_further_metric_tells_no_row_that_the_first_does_not() -> None:
    frame = results(LIFTS)
    frame.loc[frame["strategy"] == "margin", "test.accuracy"] += 0.2
    first, alone = compare(frame), compare(frame, metric="accuracy")
    assert verdicts(first)["d0", "margin"] == "~"
    assert verdicts(alone)["d0", "margin"] == "better"
    beside = compare(frame, metric="accuracy", after=first)
    assert verdicts(beside)["d0", "margin"] == "~"
    assert verdicts(beside)["d0", "entropy"] == "better"
    margin = next(row.difference for row in beside.rows if row.strategy == "margin")
    assert margin is not None
    assert margin.low <= 0 <= margin.high


def test_nothing_is_bold_where_all_rows_are_one() -> None:
    frame = results({"random": 0.0, "entropy": 0.1})
    frame.loc[frame["round"] == 0, "test.macro_f1"] = 0.5  # the first round is the same training for all strategies
    found = compare(frame)
    assert not any(row.cells[10].best for row in found.rows)
    assert any(row.cells[20].best for row in found.rows)


def test_of_rows_that_are_not_told_from_their_baseline_no_pair_is_told() -> None:
    frame = results({"random": 0.0, "entropy": 0.1, "low": -0.012, "high": 0.012})
    found = compare(frame)
    assert found.wins is not None
    names = [name[2] for name in found.wins.names]
    verdict = verdicts(found)
    for row, won in zip(names, found.wins.matrix, strict=True):
        for other, count in zip(names, won, strict=True):
            told = [verdict.get((f"d{at}", name), "~") != "~" for at in range(2) for name in (row, other)]
            assert not count or any(told)


def test_without_a_baseline_a_further_metric_tells_no_pair_unless_the_first_tells_one() -> None:
    frame = results({"entropy": 0.0, "margin": 0.0}, spread=0.05)
    frame.loc[frame["strategy"] == "margin", "test.accuracy"] += 0.3
    first, alone = compare(frame), compare(frame, metric="accuracy")
    assert first.n_tests == 0
    assert first.wins is not None
    assert not np.any(first.wins.matrix)
    assert alone.wins is not None
    assert np.any(alone.wins.matrix)
    beside = compare(frame, metric="accuracy", after=first)
    assert beside.wins is not None
    assert not np.any(beside.wins.matrix)
    assert not any(row.aubc.clear for row in beside.rows)

"""Rows that have other seeds are compared over those that they share; a mean of one or two seeds is no best."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from albench.compare import Comparison, compare
from albench.compare.common import in_common
from albench.compare.resample import interquartile_mean, stratified_iqm
from albench.render import render

STRATEGIES = ("random", "a", "b", "c")


def frame(seeds: dict[str, dict[str, int]], rounds: int = 3, level: float = 0.5) -> pd.DataFrame:
    """Data set -> strategy -> number of seeds; all strategies of a seed start alike."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for at, (dataset, numbers) in enumerate(seeds.items()):
        for strategy, n in numbers.items():
            for seed in range(n):
                start = level - 0.4 * at + 0.004 * seed
                for number in range(rounds):
                    score = start + (number > 0) * (0.05 * number + rng.normal(0, 0.01))
                    rows.append(
                        {
                            **{"suite": "s", "key": f"{dataset}{strategy}{seed}", "dataset": dataset, "stand_in": ""},
                            **{"method": "m", "strategy": strategy, "backbone": "b", "seed": seed, "protocol": "p"},
                            **{"device": "cpu", "round": number, "n_labeled": 10 * (number + 1)},
                            **{"test.macro_f1": score, "seconds.train": 1.0, "seconds.query": 0.1},
                        }
                    )
    return pd.DataFrame(rows)


def the(found: Comparison, strategy: str, dataset: str = "d") -> Any:
    return next(row for row in found.rows if (row.dataset, row.strategy) == (dataset, strategy))


def has(*numbers: int) -> np.ndarray:
    return np.arange(max(numbers)) < np.array(numbers)[:, None]


@pytest.mark.parametrize(
    ("numbers", "compared", "n_seeds"),
    [
        ((10, 5, 10), (True, True, True), 5),
        ((10, 4, 10), (True, False, True), 10),
        ((5, 3, 2), (True, True, False), 3),
        ((5, 1), (True, False), 5),
        ((2, 1), (True, False), 2),
        ((1, 1), (True, True), 1),
    ],
    ids=str,
)
def test_as_many_rows_as_share_enough_seeds_are_compared(
    numbers: tuple[int, ...], compared: tuple[bool, ...], n_seeds: int
) -> None:
    rows, seeds = in_common(has(*numbers), np.zeros(len(numbers), dtype=bool))
    assert (tuple(rows), seeds.sum()) == (compared, n_seeds)


def test_of_rows_without_a_seed_in_common_those_with_the_baseline_are_compared() -> None:
    there = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], dtype=bool)
    for baseline in (0, 1):
        rows, seeds = in_common(there, np.arange(2) == baseline)
        assert rows.tolist() == [baseline == 0, baseline == 1]
        assert (seeds == there[baseline]).all()


def test_nothing_there_is_nothing_compared() -> None:
    rows, seeds = in_common(np.zeros((2, 3), dtype=bool), np.zeros(2, dtype=bool))
    assert not rows.any()
    assert not seeds.any()


def test_means_ranks_and_bold_are_over_the_seeds_that_rows_share() -> None:
    """Ten seeds and five: every value of the table is over the five, and only differences rest on more."""
    data = frame({"d": {"random": 10, "a": 10, "b": 5, "c": 5}})
    found, over_five = compare(data), compare(data[data["seed"] < 5])
    assert found.groups[0].seeds == (0, 1, 2, 3, 4)
    for row, other in zip(found.rows, over_five.rows, strict=True):
        assert (row.strategy, row.rank, row.value, row.cells) == (other.strategy, other.rank, other.value, other.cells)
    assert the(found, "a").difference.n == 10
    assert the(found, "b").difference.n == 5
    assert any("over seeds 0, 1, 2, 3, 4, which all ranked rows have" in note for note in found.notes)


def test_where_all_start_from_one_curve_nothing_is_bold_whatever_their_seeds() -> None:
    found = compare(frame({"d": {"random": 10, "a": 5, "b": 10, "c": 1}}))
    assert not any(row.cells[10].best for row in found.rows)


@pytest.mark.parametrize("few", [1, 2])
def test_a_row_of_one_or_two_seeds_is_neither_ranked_nor_bold(few: int) -> None:
    data = frame({"d": {"random": 5, "a": 5, "b": 5, "c": few}})
    data.loc[data["strategy"] == "c", "test.macro_f1"] += 0.2  # its luck
    found = compare(data)
    row = the(found, "c")
    assert row is found.rows[-1]
    assert row.rank is None
    assert (row.aubc.n, row.aubc.best) == (few, False)
    assert not any(cell.best for cell in row.cells.values())
    assert any(row.aubc.best for row in found.rows)
    assert any("not ranked, as too few of them are there: m/c" in note for note in found.notes)
    for form in ("table", "markdown", "latex"):
        assert f"({few})" in render(found, form)


@pytest.mark.parametrize("n", [1, 2])
def test_a_table_of_one_or_two_seeds_is_ranked_without_bold(n: int) -> None:
    found = compare(frame({"d": dict.fromkeys(STRATEGIES, n)}))
    assert [row.rank for row in found.rows] == [1, 2, 3, 4]
    assert not any(e.best for row in found.rows for e in (row.aubc, *row.cells.values()))


def test_an_iqm_over_data_sets_counts_each_as_much() -> None:
    """With ten seeds of the easy one and two of the hard one, the middle half of all runs is the easy one alone."""
    easy, hard = np.full(10, 0.9), np.full(2, 0.3)
    assert interquartile_mean(np.concatenate([easy, hard])) == pytest.approx(0.9)
    assert stratified_iqm([easy, hard])[0] == pytest.approx(0.6)


def test_an_iqm_of_as_many_seeds_everywhere_is_that_of_all_runs() -> None:
    scores = np.random.default_rng(0).random((3, 7))
    assert stratified_iqm(list(scores))[0] == pytest.approx(interquartile_mean(scores.ravel()), rel=1e-12)


def test_a_row_that_one_data_set_lacks_or_hardly_has_is_left_out_over_data_sets() -> None:
    easy = {"random": 5, "a": 5, "b": 5, "c": 5}
    found = compare(frame({"easy": easy, "hard": {"random": 5, "a": 5, "b": 1}}, level=0.9))
    assert found.overall is not None
    assert {row.strategy for row in found.overall.rows} == {"random", "a"}
    assert found.overall.left_out == ("m/b", "m/c")
    assert all(row.n == 10 for row in found.overall.rows)


def test_costs_are_ranked_over_the_seeds_that_rows_share() -> None:
    found = compare(frame({"d": {"random": 10, "a": 5, "b": 5, "c": 1}}), cost=["seconds-per-label=1"])
    assert {row.strategy: row.cost_adjusted.n for row in found.rows if row.cost_adjusted} == {
        **{"random": 5, "a": 5, "b": 5},
        "c": 1,
    }
    assert the(found, "c").cost_rank is None

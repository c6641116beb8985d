"""What a model that predicts one class, or a test split of a few items, cannot carry is said, and no seeds are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from albench.compare import compare
from albench.compare.carried import thin_test
from albench.compare.own_rows import one_class
from albench.metrics import metrics
from albench.render import render

NAMES = ("normal", "opaque", "other")
Y = np.array([0] * 3 + [1] * 40 + [2] * 20)


def probs(predicted: np.ndarray) -> np.ndarray:
    return np.eye(3)[predicted] * 0.9 + 0.1 / 3


def values(predicted: np.ndarray) -> dict[str, float]:
    return {f"test.{name}": value for name, value in metrics(probs(predicted), Y, NAMES).items()}


def records(predicted: dict[str, list[np.ndarray]], **facts: Any) -> pd.DataFrame:
    """Strategy -> the predictions of each seed, at two label counts."""
    base = {"suite": "s", "dataset": "d", "stand_in": "", "method": "m", "backbone": "b", "protocol": "p"}
    rows = [
        {
            **{**base, "device": "cpu", "key": f"{strategy}{seed}", "strategy": strategy, "seed": seed},
            **{"round": at, "n_labeled": 10 * (at + 1), "seconds.train": 1.0, **values(one), **facts},
        }
        for strategy, each in predicted.items()
        for seed, one in enumerate(each)
        for at in range(2)
    ]
    return pd.DataFrame(rows)


def noisy(seed: int, share: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(Y)) < share, rng.integers(3, size=len(Y)), Y)


def test_a_model_that_predicts_one_class_is_told_from_one_that_mixes_two_up() -> None:
    constant, mixed = np.full(len(Y), 1), np.array([0] * 3 + [2] * 40 + [1] * 20)
    found = records({"constant": [constant], "right": [Y], "mixed": [mixed], "noisy": [noisy(0)]})
    assert dict(zip(found["strategy"], one_class(found, "test"), strict=True)) == {
        **{"constant": True, "right": False},
        **{"mixed": False, "noisy": False},
    }


@pytest.mark.parametrize("form", ["table", "markdown", "latex", "csv", "json"])
def test_a_row_that_predicts_one_class_is_noted_and_no_seeds_are_told_for_it(form: str) -> None:
    stuck = np.full(len(Y), 1)
    data = records(
        {
            "random": [noisy(seed, 0.5) for seed in range(4)],
            "stuck": [stuck] * 4,
            "fine": [noisy(seed + 10, 0.5) for seed in range(4)],
        }
    )
    found = compare(data, metric="accuracy")
    rows = {row.strategy: row for row in found.rows}
    assert {name: row.one_class for name, row in rows.items()} == {"random": 0, "stuck": 4, "fine": 0}
    assert rows["stuck"].difference is not None
    assert rows["stuck"].difference.seeds_needed is None
    assert rows["fine"].difference is not None
    assert rows["fine"].difference.seeds_needed is not None
    text = " ".join(render(found, form).split())
    assert "one class is predicted for every test item at 20 labels: m/stuck with 4 of 4 seeds." in text


def test_where_the_test_split_cannot_carry_a_claim_no_number_of_seeds_is_told() -> None:
    data = records({"random": [noisy(seed) for seed in range(4)], "a": [noisy(seed + 10) for seed in range(4)]})
    assert any("seeds that would tell" in note for note in compare(data, metric="accuracy").notes)
    found = compare(data.assign(thin_test=thin_test(NAMES, (3, 40, 20))), metric="accuracy")
    assert all(row.difference.seeds_needed is None for row in found.rows if row.difference)
    assert not any("seeds that would tell" in note for note in found.notes)
    assert any("63 test items, 3 of normal: too few to carry a claim" in note for note in found.notes)


@pytest.mark.parametrize(
    ("counts", "text"),
    [((12, 1), "13 test items, 1 of b"), ((25, 20), "45 test items"), ((60, 60), ""), ((0, 0), "")],
    ids=["rare", "few", "enough", "unknown"],
)
def test_a_split_is_thin_where_its_items_or_a_class_are_few(counts: tuple[int, int], text: str) -> None:
    assert thin_test(("a", "b"), counts) == text


def test_intervals_end_where_the_metric_does_in_every_format() -> None:
    """Three seeds around 0.97: Student's interval would reach beyond 1."""
    data = records({"random": [Y, Y, Y], "a": [Y, Y, Y]})
    data["test.accuracy"] = np.where(data["strategy"] == "a", 0.4 + 0.125 * data["seed"], 0.95 + 0.02 * data["seed"])
    found = compare(data, metric="accuracy")
    rows = {row.strategy: row for row in found.rows}
    assert (rows["a"].aubc.low, rows["a"].aubc.high) == (
        pytest.approx(0.2145, abs=1e-4),
        pytest.approx(0.8355, abs=1e-4),
    )
    assert rows["random"].aubc.high == 1.0
    assert rows["random"].aubc.low == pytest.approx(0.97 - rows["random"].aubc.half_width)
    for form in ("table", "markdown", "latex"):
        assert "1.000" in render(found, form)
        assert "over seeds, same test items" in " ".join(render(found, form).split())
    data["test.accuracy"] = np.where(data["strategy"] == "a", 0.45 * data["seed"], 0.95 - 0.1 * data["seed"])
    wide = compare(data, metric="accuracy")
    for row in wide.rows:
        assert 0 <= row.aubc.low <= row.aubc.high <= 1
        if row.difference:
            assert -1 <= row.difference.low <= row.difference.high <= 1

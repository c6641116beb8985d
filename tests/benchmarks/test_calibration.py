"""The calibration sees every mark: what it does not see it could not count."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from script_modules import benchmark

from albench.compare import compare, overall
from albench.compare.resample import stratified_iqm


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Any:
    return benchmark("calibration_pages", monkeypatch)


def curves(n_datasets: int, lift: float) -> np.ndarray:
    """Two metrics of three strategies, 10 seeds: s1 above random by ``lift``, s2 below it."""
    found = np.random.default_rng(0).normal(0.5, 0.01, (2, n_datasets, 3, 10, 6))
    return found + lift * np.array([0, 1, -1])[:, None, None] * (np.arange(6) > 0)


def test_every_kind_of_mark_is_seen(pages: Any) -> None:
    found = compare(pages.as_frame(curves(3, 0.2), "nothing differs"), details=True)
    assert set(pages.marks(found)) == {
        "difference of a table",
        "best AUBC of a table",
        "best at a label count of a table",
        "difference over data sets",
        "letters of mean ranks",
        "pairs",
        "first sentence",
    }


def test_what_is_true_is_not_counted(pages: Any) -> None:
    lifted = curves(1, 0.2)
    lifted[:, :, 2] += 0.2 * (np.arange(6) > 0)  # s2 is as random is
    found = compare(pages.as_frame(lifted, "one is better"), details=True)
    assert set(pages.marks(found)) > {"difference of a table", "first sentence"}
    assert not set(pages.marks(found, true="s1"))


def test_where_nothing_is_told_nothing_is_marked(pages: Any) -> None:
    found = compare(pages.as_frame(curves(3, 0.0), "nothing differs"), details=True)
    assert not set(pages.marks(found))


def test_validation_that_is_counted_stands_on_the_axis(pages: Any) -> None:
    frame = pages.as_frame(curves(1, 0.2), "validation 1x, counted")
    counted, plain = (compare(frame, count_validation=paid).groups[0].n_labeled for paid in (True, False))
    assert list(plain) == list(pages.LABELS)
    assert list(counted) == [2 * labels for labels in pages.LABELS]
    found = pages.simulate(("validation 1x, counted", "normal", 1, 2, 5, 1, 0))
    assert [set(page) >= {"any mark", "an interval misses"} for page in found] == [True]
    assert overall.stratified_iqm is stratified_iqm, "fewer resamples are for its pages alone"


@pytest.fixture
def chosen(pages: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of four weights that are all alike, with a deviation of 0.1 around a level of 0.5."""
    monkeypatch.setattr(sys.modules["simulated"], "WITHIN", {"made up": [[0.0] * 4, [0.1] * 4]})

    def found(n: int | None, n_rows: int = 2, n_seeds: int = 150) -> np.ndarray:
        paid = None if n is None else np.full(6, n)
        return np.asarray(pages.chosen(np.random.default_rng(1), np.full((1, n_rows, n_seeds, 6), 0.5), paid)[0] - 0.5)

    return found


def test_much_validation_chooses_the_best_weights_and_little_gains_less(chosen: Any) -> None:
    """The best of four normal values has a mean of 1.0294 deviations; 1 of 6 rounds is one training for both rows."""
    last, little, much = chosen(None), chosen(5), chosen(2000)
    assert last.mean() == pytest.approx(0, abs=0.01)
    assert much.mean() == pytest.approx(0.1029, abs=0.01)
    assert 0.015 < little.mean() < 0.075
    assert (much[0, :, 0] == much[1, :, 0]).all()
    assert (much[0, :, 1] != much[1, :, 1]).all()


def test_noise_of_validation_is_shared_by_the_rows_of_a_seed_in_part(chosen: Any) -> None:
    """Half of the last weights' variance is shared; where each row chooses for itself, less than that."""
    shared = {}
    for n in (None, 50):
        first, second = chosen(n, n_seeds=600)[:, :, 1:].reshape(2, -1)
        shared[n] = np.corrcoef(first, second)[0, 1]
    assert shared[None] == pytest.approx(0.5, abs=0.05)
    assert 0.15 < shared[50] < 0.45


def test_a_large_difference_is_told_by_any_number_of_seeds_and_none_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    calibration_power = benchmark("calibration_power", monkeypatch)
    shares = {}
    for by in (0.0, 0.3):
        monkeypatch.setattr(calibration_power, "DIFFERENCE", by)
        shares[by] = calibration_power.power_table(12, 0).filter(like="seeds").map(lambda cell: float(cell.split()[0]))
    assert (shares[0.3] == 100).to_numpy().all()
    assert shares[0.0].to_numpy().mean() < 15  # 5 % of 432 tests, of which many have seeds in common


def test_skewed_rows_are_counted_by_one_test_and_by_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300 exponential rows the first test alone tells about 16 among five at ten seeds, both about 3."""
    skewness = benchmark("calibration_skewness", monkeypatch)
    gaps = skewness.SHAPES["exponential"](np.random.default_rng(0), (300, 10))
    alone, both = (skewness.told(gaps, 5, 1.0, skewed) for skewed in (False, True))
    assert 4 <= alone.sum() <= 30
    assert both.sum() < alone.sum() / 2
    assert not (both & ~alone).any()
    assert skewness.any_of(0.1, 2) == "19.0 %"
    for name, draw in skewness.SHAPES.items():
        assert abs(draw(np.random.default_rng(1), (400, 50)).mean()) < 0.05, name

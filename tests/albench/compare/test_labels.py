"""Labels to a target, labels saved, and quality at equal cost, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_up import curve_records

from albench.compare import compare
from albench.compare.labels import labels_to_reach, parse_target, savings
from albench.compare.roundoff import ROUND_OFF
from albench.errors import UserError

NAN, INF = float("nan"), float("inf")
LABELS = np.array([100, 200, 400])


def test_labels_to_reach_by_hand() -> None:
    curves = np.array([[0.2, 0.4, 0.8], [0.5, 0.6, 0.7], [0.1, 0.2, 0.3], [0.2, NAN, 0.8], [NAN, NAN, NAN]])
    found = labels_to_reach(curves, LABELS, np.full(5, 0.5), 1.0)
    # 0.4 to 0.8 over 200 labels: 0.5 after a quarter. There from the start. Never. 0.2 to 0.8 over 300: half. No curve.
    np.testing.assert_allclose(found, [250, 100, INF, 250, NAN])


def test_a_curve_that_falls_back_has_reached_it_the_first_time() -> None:
    assert labels_to_reach(np.array([0.4, 0.6, 0.3]), LABELS, np.array(0.5), 1.0) == 150


def test_lower_is_better_where_the_sign_says_so() -> None:
    assert labels_to_reach(np.array([0.4, 0.2, 0.1]), LABELS, np.array(0.3), -1.0) == 150


def test_saved_is_read_at_one_quality_that_both_reach() -> None:
    values = np.array([[[0.2, 0.4, 0.5]], [[0.3, 0.6, 0.9]], [[0.1, 0.2, 0.3]]])  # baseline, better, worse
    found = savings(values, LABELS, np.array([0, 0, 0]), None, 1.0)
    # 0.5 lies two thirds of the way from 0.3 to 0.6: 166.7 labels, where the baseline needs 400. The worse row ends
    # with 0.3, which the baseline has with 150.
    np.testing.assert_allclose(found.saved, [NAN, 400 - (100 + 100 * 2 / 3), 150 - 400])
    assert np.isnan(found.saved_low).all()  # one seed has no interval


def test_a_baseline_that_is_level_before_its_end_is_not_charged_all_of_its_labels() -> None:
    # Both are at 0.6 with 200 labels and stay there: nothing is saved, though the baseline went on to 400.
    values = np.array([[[0.2, 0.6, 0.6]], [[0.2, 0.6, 0.61]], [[0.2, 0.58, 0.61]]])
    found = savings(values, LABELS, np.array([0, 0, 0]), None, 1.0)
    np.testing.assert_allclose(found.saved[1], 0, atol=1e-9)
    assert found.saved[2] < 0  # it gets there later, though it ends higher


@settings(deadline=None)  # the first call imports SciPy
@given(arrays(np.float64, (2, 6, 3), elements=st.floats(0, 1)), st.sampled_from([None, 0.5]), st.sampled_from([1, -1]))
def test_what_a_row_saves_its_baseline_loses(values: np.ndarray, target: float | None, sign: float) -> None:
    one = savings(values, LABELS, np.array([-1, 0]), target, sign)
    other = savings(values, LABELS, np.array([1, -1]), target, sign)
    np.testing.assert_allclose(one.saved[1], -other.saved[0], atol=1e-6)


def test_a_pair_is_read_over_the_seeds_that_both_have() -> None:
    base = np.array([[0.2, 0.4, 0.6]] * 3 + [[0.7, 0.8, 0.9]] * 3)  # the last three seeds are easy ones
    row = np.concatenate([base[:3] + 0.1, np.full((3, 3), NAN)])
    found = savings(np.stack([base, row]), LABELS, np.array([0, 0]), None, 1.0)
    assert found.saved[1] == pytest.approx(100)  # 0.6: with 300 labels and with 400


def test_saved_at_a_target_that_the_baseline_does_not_reach() -> None:
    values = np.array([[[0.2, 0.4, 0.5]], [[0.3, 0.6, 0.9]]])
    found = savings(values, LABELS, np.array([0, 0]), 0.8, 1.0)
    np.testing.assert_allclose(found.needed, [INF, 200 + 200 * 2 / 3])
    np.testing.assert_allclose(found.saved, [NAN, INF])
    assert found.at_least[1] == pytest.approx(400 - (200 + 200 * 2 / 3))


def test_intervals_are_paired_over_seeds() -> None:
    # Every seed saves 100 labels, whatever its own level: so does every resample.
    base = [[0.1 + s, 0.3 + s, 0.5 + s] for s in (0.0, 0.1, 0.2, 0.3, 0.4)]
    better = [[0.3 + s, 0.5 + s, 0.7 + s] for s in (0.0, 0.1, 0.2, 0.3, 0.4)]
    comparison = compare(curve_records({"random": base, "better": better}, LABELS))
    saved = next(row.saved for row in comparison.rows if row.strategy == "better")
    assert saved is not None
    assert (saved.labels, saved.low, saved.high) == (pytest.approx(200), pytest.approx(200), pytest.approx(200))
    assert next(row for row in comparison.rows if row.strategy == "random").saved is None


@pytest.mark.parametrize("text", ["high", "95%", "nan", "-5%-of-full", "0%-of-full"])
def test_a_wrong_target_is_told(text: str) -> None:
    with pytest.raises(UserError, match="give a value of the metric"):
        parse_target(text)


def reached_at(curve: list[float], n_labeled: list[int], goal: float, sign: float) -> float:
    """``labels_to_reach`` of one curve, point by point."""
    largest = max([abs(v) for v in curve if v == v] + [abs(goal)], default=0.0)
    heights = [sign * (v - goal) for v in curve]
    heights = [0.0 if abs(h) <= ROUND_OFF * largest else h for h in heights]
    before: tuple[float, int] | None = None
    for height, count in zip(heights, n_labeled, strict=True):
        if height >= 0:
            if before is None:
                return float(count)
            return before[1] + -before[0] / (height - before[0]) * (count - before[1])
        if height == height:
            before = height, count
    return float("inf") if before else float("nan")


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_many_curves_are_read_as_one_by_one(missing: float, sign: float) -> None:
    rng = np.random.Generator(np.random.PCG64(int(10 * missing)))
    curves, n_labeled = np.round(rng.random((60, 7, 6)), 1), np.array([10, 25, 40, 80, 90, 200])
    curves[rng.random(curves.shape) < missing] = np.nan
    exact = curves[..., -2] * rng.choice([1, 1 + 1e-13, 1 - 1e-13, 1 + 1e-11], size=(60, 7))
    for goal in (exact, np.asarray(0.55), curves[..., -1]):
        found = labels_to_reach(curves, n_labeled, goal, sign)
        goals = np.broadcast_to(goal, (60, 7))
        expected = [
            [reached_at(c, n_labeled.tolist(), g, sign) for c, g in zip(row, own, strict=True)]
            for row, own in zip(curves.tolist(), goals.tolist(), strict=True)
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-12)

"""What is equal up to round-off is equal: differences, ties and ranks."""

from __future__ import annotations

import numpy as np

from albench.compare.roundoff import gaps, leveled, may_settle, settled, size

NAN, INF = float("nan"), float("inf")


def test_the_size_is_the_largest_finite_magnitude() -> None:
    np.testing.assert_array_equal(size(np.array([[-3.0, 2.0, NAN], [INF, NAN, NAN]])), [3.0, 0.0])


def test_round_off_is_nothing_and_what_is_larger_stays() -> None:
    np.testing.assert_array_equal(settled(np.array([1e-13, -1e-13, 1e-11]), np.array(1.0)), [0.0, 0.0, 1e-11])
    assert settled(np.array(1e-11), np.array(100.0)) == 0.0  # relative to what is compared


def test_differences_of_sums_in_another_order_are_none() -> None:
    a, b = np.array([[0.1 + 0.2, 0.5, NAN, 0.7]]), np.array([[0.3, 0.4, 0.1, NAN]])
    assert a[0, 0] != b[0, 0]
    found = gaps(a, b)
    assert found[0, 0] == 0.0
    np.testing.assert_allclose(found[0, 1:], [0.1, NAN, NAN])


def test_magnitudes_that_are_one_up_to_round_off_are_one() -> None:
    found = gaps(np.array([[0.3, 0.1 + 0.2, 0.0]]), np.array([[0.1, 0.1, 0.2]]))
    assert len(set(np.abs(found[0]))) == 1
    assert np.sign(found[0]).tolist() == [1, 1, -1]


def test_values_that_are_equal_become_the_least_of_them() -> None:
    np.testing.assert_array_equal(leveled(np.array([0.1 + 0.2, NAN, 0.3, 0.5, -INF])), [0.3, NAN, 0.3, 0.5, -INF])


def test_a_look_at_all_tells_whether_any_may_be_round_off() -> None:
    a = np.array([1.0, 0.5, NAN])
    assert not may_settle(a - 0.4, a, np.array(0.4))
    assert not may_settle(np.array([0.0, NAN]), a)  # exactly nothing is settled
    assert may_settle(np.array([1e-13, 0.2]), a)
    assert not may_settle(np.array([1e-13, 0.2]), np.array([1e-2, NAN]))
    assert may_settle(np.array([3.0]), np.array([INF]))  # then nothing is left out

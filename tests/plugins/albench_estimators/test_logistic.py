"""Logistic regression against scikit-learn's, and against what its minimum must be."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from albench_estimators.logistic import NEWTON, logistic


def made(n: int, columns: int, n_classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    means = rng.standard_normal((n_classes, columns))
    return (rng.standard_normal((n, columns)) + means[y]).astype(np.float32), y


def shares(x: np.ndarray, weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    logits = x @ weights.T + biases
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("strength", [0.01, 1.0, 10.0])
@pytest.mark.parametrize("columns", [5, NEWTON + 10])
def test_it_says_what_scikit_learns_says(n_classes: int, strength: float, columns: int) -> None:
    x, y = made(60, columns, n_classes)
    weight = np.linspace(0.5, 2, len(x))
    theirs = LogisticRegression(C=strength, tol=1e-8, max_iter=10_000).fit(x.astype(np.float64), y, weight)
    ours = shares(x, *logistic(x, y, n_classes, strength, weight))
    np.testing.assert_allclose(ours, theirs.predict_proba(x.astype(np.float64)), atol=2e-3)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_more_columns_than_items_are_fitted_in_the_items_span(n_classes: int) -> None:
    """Against the same minimum over all columns: rows of zeros with no weight leave it where it is."""
    x, y = made(24, 40, n_classes)
    x[5] = x[1]  # equal items: the span has fewer dimensions than there are items
    many = np.concatenate([x, np.zeros((40, 40), np.float32)])
    whole = logistic(many, np.concatenate([y, np.zeros(40, np.int64)]), n_classes, 3.0, np.repeat([1.0, 0.0], [24, 40]))
    spanned = logistic(x, y, n_classes, 3.0)
    for found, expected in zip(spanned, whole, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_on_digits_too() -> None:
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    theirs = LogisticRegression(tol=1e-8, max_iter=10_000).fit(x[:200].astype(np.float64), y[:200])
    ours = shares(x, *logistic(x[:200], y[:200], 10, 1.0))
    np.testing.assert_allclose(ours, theirs.predict_proba(x.astype(np.float64)), atol=2e-3)


def test_classes_that_a_plane_parts_are_fitted_as_far_as_the_penalty_lets_them() -> None:
    x, y = np.array([[-1.0], [1.0]], np.float32), np.array([0, 1])
    weights, biases = logistic(x, y, 2, 1.0)
    w = weights[1, 0] - weights[0, 0]
    assert w == pytest.approx(2 / (1 + np.exp(w)), abs=1e-4), "the derivative of 2 log(1 + exp(-w)) + w^2 / 2 is zero"
    assert biases == pytest.approx([0, 0], abs=1e-6)


def test_one_class_and_columns_that_say_nothing() -> None:
    weights, biases = logistic(np.ones((3, 2), np.float32), np.zeros(3, np.int64), 1, 1.0)
    assert (weights.shape, biases.shape) == ((1, 2), (1,))
    flat = np.zeros((4, 2), np.float32)
    weights, biases = logistic(flat, np.array([0, 1, 1, 1]), 2, 1.0)
    assert shares(flat[:1], weights, biases)[0] == pytest.approx([0.25, 0.75], abs=1e-4), "the bias is not penalised"


def test_weights_count_as_copies() -> None:
    x, y = made(20, 3, 3)
    twice = logistic(np.concatenate([x, x[:5]]), np.concatenate([y, y[:5]]), 3, 1.0)
    weight = np.where(np.arange(20) < 5, 2.0, 1.0)
    np.testing.assert_allclose(logistic(x, y, 3, 1.0, weight)[0], twice[0], atol=2e-3)

"""Metrics on resamples are those of ``albench.metrics`` on the items drawn, each as often as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from albench.compare.item_metrics import Resamples, not_kept
from albench.item_predictions import KEY, Labelled, predictions_of, record_of
from albench.metric_table import METRICS
from albench.metrics import metrics


def case(n: int, n_classes: int, seed: int) -> tuple[np.ndarray, Labelled]:
    """Probabilities with ties, and skewed labels; small, so that resamples lack classes."""
    rng = np.random.default_rng(seed)
    y = np.minimum(rng.geometric(0.5, n) - 1, n_classes - 1)
    odds = np.rint(2 * rng.standard_normal((n, n_classes)) + 2 * np.eye(n_classes)[y]) / 2
    # Each against the first: equal odds are equal probabilities to the last bit, so that ties are ties for both.
    probs = np.exp(odds - odds[:, :1])
    names = tuple(f"c{label}" for label in range(n_classes))
    return probs / probs.sum(axis=1, keepdims=True), Labelled(y, np.arange(n), False, names)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(2, 40), n_classes=st.sampled_from([2, 3, 6]), seed=st.integers(0, 10**6), ordinal=st.booleans())
def test_they_are_those_of_the_items_drawn(n: int, n_classes: int, seed: int, ordinal: bool) -> None:
    probs, split = case(n, n_classes, seed)
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=8).astype(np.float32)
    model = predictions_of({KEY: record_of(probs)})
    assert model is not None
    resamples = Resamples(split, weights)
    drawn = [np.repeat(np.arange(n), weight.astype(int)) for weight in weights]
    expected = [metrics(probs[rows], split.y[rows], split.class_names, ordinal) for rows in drawn]
    for name in expected[0]:
        if not_kept(name, split):
            assert n_classes > 2
            assert name in ("auroc", "average_precision", "ece")
            continue
        found = resamples.metric(name, model)
        # Log odds are kept in float16, of which confidence has three digits or so.
        accurate = 2e-3 if name == "ece" else 1e-6
        np.testing.assert_allclose(found, [each[name] for each in expected], atol=accurate, err_msg=name)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_metric_is_taken_or_said_not_to_be_kept(n_classes: int) -> None:
    probs, split = case(30, n_classes, 0)
    stored = metrics(probs, split.y, split.class_names, ordinal=True)
    kept = {name for name in stored if not not_kept(name, split)}
    assert kept == set(stored) - ({"auroc", "average_precision", "ece"} if n_classes > 2 else set())
    assert {name for name in stored if not name.startswith("recall.")} <= set(METRICS)
    assert "not known" in not_kept("brier", split)

"""Estimators that break one rule each, and a sound one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from albench.api import Backbone, Estimator


class Means:
    """The class whose mean is near, in the columns of a task."""

    def __init__(self, x, y, weight, n_classes):
        weight = np.ones(len(y)) if weight is None else weight
        self.classes, self.n_classes = np.unique(y), n_classes
        self.means = np.stack([x[y == each].mean(axis=0) for each in self.classes])
        self.shares = np.array([weight[y == each].sum() for each in self.classes])

    def near(self, x):
        distances = ((x[:, None].astype(np.float64) - self.means) ** 2).sum(axis=2)
        near = self.shares * np.exp(-(distances - distances.min(axis=1, keepdims=True)))
        return near / near.sum(axis=1, keepdims=True)

    def predict_probs(self, x):
        probs = np.zeros((len(x), self.n_classes))
        probs[:, self.classes] = self.near(x)
        return probs

    def embed(self, x):
        return None


class SoundEstimator(Estimator):
    """Means of classes; the faults below change one thing each."""

    made: type = Means

    def fit(self, task, x, y, sample_weight, seed):
        return self.made(x, y, sample_weight, task.n_classes)


def says(made: type) -> Callable[[], Any]:
    """An estimator whose fitted object has a fault."""
    return type(made.__name__, (SoundEstimator,), {"made": made})


class KnownClassesOnly(Means):
    def predict_probs(self, x):
        return self.near(x)


class SumsToTwo(Means):
    def predict_probs(self, x):
        return 2 * super().predict_probs(x)


class ColumnsInOrderOfArrival(Means):
    def predict_probs(self, x):
        return np.roll(super().predict_probs(x), 1, axis=1)


class SmoothsAbsentClasses(Means):
    def predict_probs(self, x):
        return (super().predict_probs(x) + 0.01) / (1 + 0.01 * self.n_classes)


class NeverSure(Means):
    def predict_probs(self, x):
        return 0.9 * super().predict_probs(x) + 0.1 / self.n_classes


class NeedsTwoOfEach(SoundEstimator):
    def fit(self, task, x, y, sample_weight, seed):
        if min(np.bincount(y)[np.unique(y)]) < 2:
            raise ValueError("each class needs two items")
        return super().fit(task, x, y, sample_weight, seed)


class DrawsGlobally(SoundEstimator):
    def fit(self, task, x, y, sample_weight, seed):
        kept = np.random.random(len(x)) < 0.7  # noqa: NPY002
        kept[:: len(x) // len(np.unique(y))] = True
        weight = None if sample_weight is None else sample_weight[kept]
        return super().fit(task, x[kept], y[kept], weight, seed)


class OneObject(SoundEstimator):
    def __init__(self):
        self.fitted = None

    def fit(self, task, x, y, sample_weight, seed):
        made = super().fit(task, x, y, sample_weight, seed)
        if self.fitted is None:
            self.fitted = made
        self.fitted.__dict__.update(made.__dict__)
        return self.fitted


class Centres(Means):
    def predict_probs(self, x):
        return super().predict_probs(x - x.mean(axis=0) + 1.0)


class WritesRows(SoundEstimator):
    def fit(self, task, x, y, sample_weight, seed):
        x -= x.mean(axis=0)
        return super().fit(task, x, y, sample_weight, seed)


class IgnoresWeights(SoundEstimator):
    def fit(self, task, x, y, sample_weight, seed):
        return super().fit(task, x, y, None, seed)


class Seeds(SoundEstimator):
    def fit(self, task, x, y, sample_weight, seed):
        np.random.seed(seed)  # noqa: NPY002
        return super().fit(task, x, y, sample_weight, seed)


class NoEstimator(Backbone):
    training = frozenset({"whole"})


ESTIMATOR_FAULTS: list[tuple[Callable[[], Any], str]] = [
    (says(KnownClassesOnly), "fitted-columns"),
    (says(SumsToTwo), "fitted-probabilities"),
    (NoEstimator, "fitted-probabilities"),
    (says(ColumnsInOrderOfArrival), "fitted-columns"),
    (says(SmoothsAbsentClasses), "fitted-columns"),
    (says(NeverSure), "fitted-to-one-class"),
    (NeedsTwoOfEach, "fitted-to-one-item-each"),
    (DrawsGlobally, "fitted-from-the-seed"),
    (OneObject, "fitted-apart"),
    (says(Centres), "fitted-apart"),
    (WritesRows, "fitted-inputs-unchanged"),
    (IgnoresWeights, "fitted-weights"),
    (Seeds, "fitted-global-state"),
]
"""Factory of a faulty estimator, and the check that is there for it."""

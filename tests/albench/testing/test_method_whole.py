"""Planted faults of methods that fit estimators whole: each is caught by the check that is there for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch

from albench.api import Method, predicted_probs
from albench.testing import METHOD_CHECKS, check_method

WHOLE = [check for check in METHOD_CHECKS if check.startswith("fits-")]


@dataclass(frozen=True)
class Sound(Method):
    """Labels what it is sure of and fits again; the faults below change one thing each."""

    training = frozenset({"whole"})

    def fit(self, estimator, examples):
        x, y = examples.x, examples.y
        first = self.fitted(estimator, examples, x, y)
        others = examples.unlabeled
        if not len(others):
            return first
        probs = predicted_probs(first, others)
        sure = probs.max(axis=1) >= 0.9
        labels = probs.argmax(axis=1)[sure]
        return self.fitted(estimator, examples, np.concatenate([x, others[sure]]), np.concatenate([y, labels]))

    def fitted(self, estimator, examples, x, y):
        weights = self.item_weights(y, examples.task.n_classes)
        return estimator.fit(examples.task, x, y, weights, examples.seed)

    def rejected(self, probs, state):
        return probs.amax(dim=1) < 0.9

    def skip(self, task):
        shifts = self.labeled_loss_name in ("balanced-softmax", "logit-adjusted")
        return "losses that shift logits are of gradient steps" if shifts else None


class ExpectsNoModule(Sound):
    def fit(self, estimator, examples):
        first = super().fit(estimator, examples)
        first.predict_probs(examples.x)
        return first


class ThreeClasses(Sound):
    def fitted(self, estimator, examples, x, y):
        return estimator.fit(replace(examples.task, n_classes=3), x, y, None, examples.seed)


class ReturnsProbabilities(Sound):
    def fit(self, estimator, examples):
        return predicted_probs(super().fit(estimator, examples), examples.x)


class NeverFits(Sound):
    def fit(self, estimator, examples):
        class Flat:
            def predict_probs(self, x):
                return np.full((len(x), examples.task.n_classes), 1 / examples.task.n_classes)

            def embed(self, x):
                return None

        return Flat()


class OtherOrder(Sound):
    """Rows in another order than their labels."""

    def fitted(self, estimator, examples, x, y):
        return super().fitted(estimator, examples, x[np.argsort(x[:, 0])], y)


class UnlabelledAsMinusOne(Sound):
    def fit(self, estimator, examples):
        x = np.concatenate([examples.x, examples.unlabeled])
        y = np.concatenate([examples.y, np.full(len(examples.unlabeled), -1)])
        return estimator.fit(examples.task, x, y, None, examples.seed)


class Relabels(Sound):
    """Bought labels are smoothed away."""

    def fitted(self, estimator, examples, x, y):
        y = y.copy()
        y[0] = y[-1]
        return super().fitted(estimator, examples, x, y)


class Standardises(Sound):
    """The estimator sees other rows than those that it will predict."""

    def fitted(self, estimator, examples, x, y):
        return super().fitted(estimator, examples, (x - x.mean(axis=0)).astype(np.float32), y)


class Float64(Sound):
    def fitted(self, estimator, examples, x, y):
        return super().fitted(estimator, examples, x.astype(np.float64), y)


class NeedsTwoClasses(Sound):
    def fit(self, estimator, examples):
        if len(np.unique(examples.y)) < 2:
            raise ValueError("y has to hold two classes")
        return super().fit(estimator, examples)


class HoldsOut(Sound):
    """Half of each class is held out, where there may be one item."""

    def fit(self, estimator, examples):
        kept = np.concatenate(
            [np.flatnonzero(examples.y == each)[: np.sum(examples.y == each) // 2] for each in np.unique(examples.y)]
        )
        return super().fit(estimator, replace(examples, x=examples.x[kept], y=examples.y[kept]))


class NeedsUnlabelled(Sound):
    def fit(self, estimator, examples):
        examples.unlabeled.max(axis=0)
        return super().fit(estimator, examples)


class OwnSeed(Sound):
    def fitted(self, estimator, examples, x, y):
        return estimator.fit(examples.task, x, y, self.item_weights(y, examples.task.n_classes), 0)


class NumpyDraw(Sound):
    """A random half of the labelled items, by a generator that nobody seeded."""

    def fitted(self, estimator, examples, x, y):
        some = np.random.default_rng().permutation(len(y))[: 1 + len(y) // 2]
        return super().fitted(estimator, examples, x[some], y[some])


class GlobalDraw(Sound):
    def fit(self, estimator, examples):
        np.random.seed(examples.seed)  # noqa: NPY002  # the fault
        return super().fit(estimator, examples)


class NoSeed(Sound):
    def fitted(self, estimator, examples, x, y):
        return estimator.fit(examples.task, x, y, None, None)


class WritesRows(Sound):
    def fit(self, estimator, examples):
        examples.unlabeled[:] -= examples.unlabeled.mean()
        return super().fit(estimator, examples)


class WritesLabels(Sound):
    def fit(self, estimator, examples):
        made = super().fit(estimator, examples)
        examples.y[0] = 0
        examples.y[-1] = 0
        return made


class NoWeights(Sound):
    def fitted(self, estimator, examples, x, y):
        return estimator.fit(examples.task, x, y, None, examples.seed)


class OneWeightTooFew(Sound):
    def fitted(self, estimator, examples, x, y):
        return estimator.fit(examples.task, x, y, np.ones(len(y) - 1), examples.seed)


class RunsWithAnyLoss(Sound):
    def skip(self, task):
        return None


class FloatMask(Sound):
    def rejected(self, probs, state):
        return (probs.amax(dim=1) < 0.9).float()


class ReadsState(Sound):
    def rejected(self, probs, state):
        return probs.amax(dim=1) < state["threshold"]


class WritesProbabilities(Sound):
    def rejected(self, probs, state):
        return probs.mul_(0.5).amax(dim=1) < 0.45


class NoMethod:
    pass


FAULTS = [
    (ExpectsNoModule, "fits-probabilities", "predict_probs"),
    (ThreeClasses, "fits-probabilities", "of 3 classes"),
    (ReturnsProbabilities, "fits-probabilities", "return what estimator.fit gave"),
    (NeverFits, "fits-probabilities", "never fitted"),
    (OtherOrder, "fits-classes", "in one order"),
    (UnlabelledAsMinusOne, "fits-classes", "labels from -1"),
    (Float64, "fits-classes", "float64, not to float32 rows"),
    (Relabels, "fits-bought-labels", "bought labels were fitted to as others"),
    (Standardises, "fits-bought-labels", "none of the labelled items"),
    (NeedsTwoClasses, "fits-one-class", "two classes"),
    (HoldsOut, "fits-one-item-each", "float32 rows"),
    (NeedsUnlabelled, "fits-without-unlabeled", "zero-size"),
    (OwnSeed, "fits-from-the-seed", "hand on examples.seed"),
    (NoSeed, "fits-from-the-seed", "seed None: hand on examples.seed"),
    (NumpyDraw, "fits-from-the-seed", "other probabilities: draw whatever is drawn from examples.seed"),
    (GlobalDraw, "fits-global-state", "numpy.random's state"),
    (WritesRows, "fits-inputs-unchanged", "unlabelled rows"),
    (WritesLabels, "fits-inputs-unchanged", "labels"),
    (NoWeights, "fits-loss-option", "weigh 2 and 8: hand on self.item_weights"),
    (OneWeightTooFew, "fits-loss-option", "as the weights of"),
    (RunsWithAnyLoss, "fits-loss-option", "loss=balanced-softmax shifts logits"),
    (FloatMask, "fits-rejected-mask", "not a bool tensor"),
    (ReadsState, "fits-rejected-mask", "KeyError"),
    (WritesProbabilities, "fits-rejected-mask", "wrote to the probabilities"),
    (NoMethod, "fits-classes", "is no method"),
]


@pytest.mark.parametrize(("build", "check", "told"), FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_faulty_method_is_caught(build: Callable[[], Any], check: str, told: str) -> None:
    finding = METHOD_CHECKS[check](build, name="planted")
    assert finding.failed, finding
    assert told in finding.reason


def test_every_check_has_a_fault_that_it_catches() -> None:
    assert {check for _, check, _ in FAULTS} == set(WHOLE)


def test_a_sound_method_passes_what_is_of_estimators_and_skips_what_is_of_steps() -> None:
    status = {finding.check: finding for finding in check_method(Sound, name="sound")}
    assert [str(status[check]) for check in WHOLE if status[check].status != "pass"] == []
    assert {status[check].status for check in set(METHOD_CHECKS) - set(WHOLE)} == {"skip"}


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The planted faults disturb the process: put it back."""
    threads, state = torch.get_num_threads(), random.getstate()
    yield
    torch.set_num_threads(threads)
    random.setstate(state)

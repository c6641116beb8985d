"""Self-training of an estimator: what it is sure of becomes labels, and it is fitted again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from albench.api import Estimator, Examples, Fitted, Method, State, Task, option, predicted_probs
from albench_estimators.weighted import why_not


@dataclass(frozen=True)
class SelfTraining(Method):
    """Scikit-learn's ``SelfTrainingClassifier`` around the estimator.

    Yarowsky, "Unsupervised Word Sense Disambiguation Rivaling Supervised Methods", ACL 1995, section 4.

    Unlabelled items that it gives a class with at least the probability ``threshold`` are labelled with it, and it is
    fitted again on all, until there are no more such items or after ``iterations`` times. With class-weighted loss,
    labels that it gave count as others. ``unlabeled_ratio`` is unused.
    """

    training = frozenset({"whole"})

    threshold: float = option(0.75, "probability from which a prediction becomes a label", gt=0, lt=1)
    iterations: int = option(10, "fits after the first one, at most", ge=1)

    def fit(self, estimator: Estimator, examples: Examples) -> Fitted | nn.Module:
        """The last fit."""
        from sklearn.semi_supervised import SelfTrainingClassifier

        base = _adapter(estimator, self, examples)
        if len(np.unique(examples.y)) == 1 or not len(examples.unlabeled):
            return base.fit(examples.x, examples.y).fitted_
        x = np.concatenate([examples.x, examples.unlabeled])
        y = np.concatenate([examples.y, np.full(len(examples.unlabeled), -1)])
        whole = SelfTrainingClassifier(base, threshold=self.threshold, max_iter=self.iterations).fit(x, y)
        fitted: Fitted | nn.Module = whole.estimator_.fitted_
        return fitted

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: less sure than ``threshold``."""
        return probs.amax(dim=1) < self.threshold

    def skip(self, task: Task) -> str | None:
        """Where the option ``loss`` is of gradient steps."""
        return why_not(self)


def _adapter(estimator: Estimator, method: Method, examples: Examples) -> Any:
    """The estimator as scikit-learn's classes know one."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    n_classes = examples.task.n_classes

    class Adapter(ClassifierMixin, BaseEstimator):
        """Fits the estimator; predicts the classes that had labels."""

        def fit(self, x: np.ndarray, y: np.ndarray) -> Adapter:
            self.classes_ = np.unique(y)
            self.fitted_ = estimator.fit(
                examples.task, x, y.astype(np.int64), method.item_weights(y, n_classes), examples.seed
            )
            return self

        def predict_proba(self, x: np.ndarray) -> np.ndarray:
            probs: np.ndarray = predicted_probs(self.fitted_, x)[:, self.classes_]
            return probs

    return Adapter()

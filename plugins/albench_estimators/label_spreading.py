"""Label spreading: labels spread over a graph of the pool, then the estimator is fitted to what they came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import nn

from albench.api import Estimator, Examples, Fitted, Method, Task, option
from albench_estimators.weighted import why_not


@dataclass(frozen=True)
class LabelSpreading(Method):
    """Scikit-learn's ``LabelSpreading`` over labelled and unlabelled items.

    Zhou, Bousquet, Lal, Weston and Schölkopf, "Learning with Local and Global Consistency", NIPS 2003,
    section 2.

    It is transductive: it says what the items of the pool are, and of no others. So the estimator is fitted to the
    labelled items, with the labels that were bought, and to the unlabelled ones whose spread label has a share of at
    least ``threshold``; the estimator predicts, for evaluation and strategies. An item that no label reaches is left
    out. ``unlabeled_ratio`` is unused.
    """

    training = frozenset({"whole"})

    kernel: Literal["knn", "rbf"] = option("knn", "edges of the graph; rbf keeps all pairs of items in memory")
    n_neighbors: int = option(7, "knn: neighbours of each item", ge=1)
    gamma: float = option(20.0, "rbf: its exp(-gamma d^2)", gt=0)
    alpha: float = option(0.2, "share that an item takes of its neighbours' labels", gt=0, lt=1)
    threshold: float = option(0.75, "share from which a spread label is fitted to", ge=0, lt=1)

    def fit(self, estimator: Estimator, examples: Examples) -> Fitted | nn.Module:
        """The estimator, fitted to bought and to spread labels."""
        x, y = examples.x, examples.y
        if len(np.unique(y)) > 1 and len(examples.unlabeled):
            more, labels = self._spread(x, y, examples.unlabeled)
            x, y = np.concatenate([x, more]), np.concatenate([y, labels])
        return estimator.fit(examples.task, x, y, self.item_weights(y, examples.task.n_classes), examples.seed)

    def _spread(self, x: np.ndarray, y: np.ndarray, unlabeled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Unlabelled items that are sure enough, and their labels."""
        from sklearn.semi_supervised import LabelSpreading as Spreading

        whole = np.concatenate([x, unlabeled])
        graph = Spreading(
            kernel=self.kernel,
            gamma=self.gamma,
            n_neighbors=min(self.n_neighbors, len(whole) - 1),
            alpha=self.alpha,
            max_iter=1000,
        )
        graph.fit(whole, np.concatenate([y, np.full(len(unlabeled), -1)]))
        shares = graph.label_distributions_[len(y) :]
        sure = shares.max(axis=1) >= max(self.threshold, np.finfo(float).tiny)
        return unlabeled[sure], graph.classes_[shares.argmax(axis=1)][sure].astype(np.int64)

    def skip(self, task: Task) -> str | None:
        """Where the option ``loss`` is of gradient steps."""
        return why_not(self)

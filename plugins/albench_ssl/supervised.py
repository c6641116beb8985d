"""Training on the labelled items alone."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from albench.api import Batch, Estimator, Examples, Fitted, Forward, Logs, Method, State


@dataclass(frozen=True)
class Supervised(Method):
    """Cross-entropy on weakly augmented labelled items; no unlabelled item is read, so ``unlabeled_ratio`` is unused.

    ``l = mean CE(y, p(. | A_w(x)))``. Without a threshold every item is rejected: a candidate for annotation.
    Estimators are fitted whole to the labelled items, with weights where the loss is class-weighted.
    """

    takes_lanes = True

    @property
    def training(self) -> frozenset[str]:  # type: ignore[override]  # the option loss decides
        """``steps``; and ``whole``, but with losses that shift logits."""
        shifts = self.labeled_loss_name in ("balanced-softmax", "logit-adjusted")
        return frozenset({"steps"} if shifts else {"steps", "whole"})

    def fit(self, estimator: Estimator, examples: Examples) -> Fitted | nn.Module:
        """The estimator, fitted to the labelled items."""
        weights = self.item_weights(examples.y, examples.task.n_classes)
        return estimator.fit(examples.task, examples.x, examples.y, weights, examples.seed)

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        loss = self.labeled_loss(forward(batch.x_lab), batch)
        return loss, state, {"supervised_loss": loss.detach()}

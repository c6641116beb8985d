"""Training on the labelled items alone."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, State


@dataclass(frozen=True)
class Supervised(Method):
    """Cross-entropy on weakly augmented labelled items; no unlabelled item is read, so ``unlabeled_ratio`` is unused.

    ``l = mean CE(y, p(. | A_w(x)))``. Without a threshold every item is rejected: a candidate for annotation.
    """

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        loss = self.labeled_loss(forward(batch.x_lab), batch)
        return loss, state, {"supervised_loss": loss.detach()}

"""A view made by hand, for tests of strategies: the real one, over a linear model that the test writes down."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from albench.api.strategy import NEEDS
from albench.data.items import Items
from albench.data.pool import Annotated
from albench.trial.insight import BLIND, Insight
from albench.trial.view import PoolView, RoundOutputs


class LinearModel(nn.Module):
    """Items are their own embeddings; logits are ``x @ weight.T + bias``."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.head = nn.Linear(weight.shape[1], weight.shape[0])
        self.head.weight = nn.Parameter(weight.float())
        self.head.bias = nn.Parameter(bias.float())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n, C) and embeddings (n, E) of x (n, E)."""
        return self.head(x), x


def make_view(
    embeddings: Tensor,
    *,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    labeled_embeddings: Tensor | None = None,
    labeled_y: Tensor | None = None,
    needs: Iterable[str] = NEEDS,
    threshold: float = 1.0,
    round_number: int = 1,
    seed: int = 0,
    true_labels: Tensor | None = None,
    score_after: Callable[[Tensor], tuple[float, ...]] | None = None,
) -> PoolView:
    """A view of a pool with the given embeddings through a linear head.

    With the identity as ``weight`` the logits are the embeddings, so that embeddings of ``log p`` give probabilities p.

    Parameters
    ----------
    embeddings
        (N, E) of the unlabelled items.
    weight, bias
        (C, E) and (C,) of the head; by default the identity and zero.
    labeled_embeddings, labeled_y
        (L, E) and (L,) int64; by default none.
    needs
        What the strategy declares; by default everything.
    threshold
        Items whose top probability is below it are rejected.
    true_labels, score_after
        For oracles: the (N,) int64 hidden labels, and what stands for training with some positions (n,).
    """
    x = embeddings.float()
    weight = torch.eye(x.shape[1]) if weight is None else weight
    bias = torch.zeros(len(weight)) if bias is None else bias
    labeled = x[:0] if labeled_embeddings is None else labeled_embeddings.float()
    y = torch.zeros(len(labeled), dtype=torch.int64) if labeled_y is None else labeled_y
    model = LinearModel(weight, bias)
    with torch.no_grad():
        predicted = model(x)
    return PoolView(
        needs=frozenset(needs),
        items=Items(torch.cat([x, labeled]).numpy(), torch.device("cpu")),
        pool=Annotated(torch.arange(len(x), len(x) + len(labeled)), y, torch.arange(len(x)), len(weight)),
        outputs=RoundOutputs(round_number, model, predicted, lambda probs: probs.amax(dim=1) < threshold),
        budget_left=len(x),
        stream=(seed, round_number),
        insight=Insight(
            BLIND.true_labels if true_labels is None else true_labels.__getitem__, score_after or BLIND.score_after
        ),
    )

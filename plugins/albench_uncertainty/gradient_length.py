"""Expected gradient length of the last layer, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from albench.api import Strategy, View
from albench.kernels import joined

ROWS = 8192
"""Items in one block of float64."""


@dataclass(frozen=True)
class ExpectedGradientLength(Strategy):
    """Choose the items whose label is expected to change the last layer most.

    Under cross-entropy the gradient of the last layer's weights and bias for label y is the outer product of
    ``p - e_y`` and ``(z, 1)``, so its expected length under the model's own prediction is::

        score = sum_y p_y || p - e_y || * sqrt( ||z||^2 + 1 )
        || p - e_y ||^2 = ||p||^2 - 2 p_y + 1

    with probabilities p, embedding z and the unit vector e_y. The last layer is taken to be linear with a bias.

    Notes
    -----
    Settles, Craven and Ray (2007), "Multiple-Instance Active Learning", Advances in Neural Information Processing
    Systems 20 (NIPS). The gradient of the whole model there, of the last layer of a network here.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "embeddings"})

    def scores(self, view: View) -> Tensor:
        """(N,) expected length."""
        probs = view.probs.double()
        square = probs.square().sum(dim=1, keepdim=True)
        length = (square - 2 * probs + 1).clamp(min=0).sqrt()
        # For the top class of a sure item these terms cancel to rounding noise; the other classes tell 1 - p exactly.
        top = probs.argmax(dim=1, keepdim=True)
        others = probs.scatter(1, top, 0.0)
        of_top = (others.sum(dim=1, keepdim=True).square() + others.square().sum(dim=1, keepdim=True)).sqrt()
        length.scatter_(1, top, of_top)
        parts = (part.double().square().sum(dim=1) for part in view.embeddings.split(ROWS))
        size = joined(parts, len(view)).add(1).sqrt()
        return (probs * length).sum(dim=1) * size

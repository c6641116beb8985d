"""Informative annotation: what the BoostMIS loop asks the annotators about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import joined, require_finite, sent, top_k
from albench_boostmis.uncertain import BalancedUncertainty
from albench_boostmis.vat import adversarial_unstability

ROWS = 8192
"""Items whose adversarial directions are drawn at once."""
PARTS_ON_DEVICE = 8
"""Draws that a device takes in at once."""


@dataclass(frozen=True)
class BoostMIS(Strategy):
    """Choose among the rejected items: half the most unstable, half the most uncertain in dense regions.

    Rejected are the items that the method is not confident enough to pseudo-label. The unstable half is chosen first
    (and is the larger one by one item where the budget is odd); the uncertain half, the same number from each predicted
    class, comes from what is left. Where fewer items are rejected than the budget, all of them are chosen, and the rest
    in the same way among the accepted items.

    Notes
    -----
    Zhang et al. (2022), "BoostMIS: Boosting Medical Image Semi-supervised Learning with Adaptive Pseudo Labeling and
    Informative Active Annotation", arXiv 2203.02533, section 3.3. The paper weights entropy by the mean similarity
    to the nearest neighbours (``density=similarity``). The authors' released fragment multiplies by the row of a
    symmetrised binary neighbour graph, which is no number for an item until it is reduced; ``density=degree`` reads it
    as the row's sum, edges in either direction counted once.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "embeddings", "neighbors", "gradients"})

    selectors: Literal["both", "unstable", "uncertain"] = option("both", "which selectors choose")
    density: Literal["similarity", "degree", "none"] = option("similarity", "what entropy is weighted by")
    balanced: bool = option(True, "take the same number of uncertain items from each predicted class")
    n_neighbors: int = option(20, "neighbours that density is measured on", ge=1)
    vat_xi: float = option(10.0, "length of the probe that finds the adversarial direction", gt=0)
    vat_eps: float = option(1.0, "length of the adversarial push", gt=0)
    vat_iterations: int = option(1, "power iterations that find the adversarial direction", ge=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions: rejected before accepted, in each the unstable before the uncertain.

        Notes kept: ``rejected`` and ``rejected_share``; ``selector_overlap``, the share of the unstable half that the
        other selector would have chosen too; ``unstable_class_<c>`` and ``uncertain_class_<c>``, the share of a
        selector's choice that is predicted as class c.
        """
        require_finite(probabilities=view.probs, embeddings=view.embeddings)
        choice = _Choice(
            unstable=self._unstability(view) if self.selectors != "uncertain" else None,
            uncertain=BalancedUncertainty(view, self.density, self.n_neighbors, self.balanced)
            if self.selectors != "unstable"
            else None,
        )
        n_rejected = int(view.rejected.sum())
        unstable, uncertain = [], []
        common: Tensor | int = 0
        left = budget
        for candidates in _parted(view.rejected, n_rejected):
            take = min(left, len(candidates))
            first, second, both = choice.among(candidates, take)
            unstable.append(first)
            uncertain.append(second)
            common = common + both
            left -= take
        view.note("rejected", float(n_rejected))
        view.note("rejected_share", float(torch.tensor(float(n_rejected)) / len(view)))
        if self.selectors == "both":
            view.note("selector_overlap", int(common) / max(1, sum(map(len, unstable))))
        for name, parts in (("unstable", unstable), ("uncertain", uncertain)):
            view.group(name, torch.cat(parts))
        return torch.cat([part for pair in zip(unstable, uncertain, strict=True) for part in pair])

    def _unstability(self, view: View) -> Tensor:
        """(N,) the adversarial unstability of every item."""
        # Drawn for the whole pool, so that an item's score does not depend on which others are rejected.
        rows = ROWS if view.embeddings.device.type == "cpu" else PARTS_ON_DEVICE * ROWS
        scores = (
            adversarial_unstability(
                view.head,
                part,
                self._directions(view, part),
                xi=self.vat_xi,
                eps=self.vat_eps,
                iterations=self.vat_iterations,
            )
            for part in view.embeddings.split(rows)
        )
        return joined(scores, len(view))

    def _directions(self, view: View, part: Tensor) -> Tensor:
        """A random direction for each of some embeddings, the same on every device."""
        drawn = (sent(torch.randn(some.shape, generator=view.generator), part.device) for some in part.split(ROWS))
        return joined(drawn, len(part))


@dataclass(frozen=True)
class _Choice:
    """The two selectors, None for one that is off: scores (N,), and the chooser by uncertainty."""

    unstable: Tensor | None
    uncertain: BalancedUncertainty | None

    def among(self, candidates: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor | int]:
        """Choose k of the candidates.

        Returns
        -------
        What each selector chose, together k distinct positions; how many of the first both would have chosen.
        """
        nothing = candidates[:0]
        if k == 0:
            return nothing, nothing, 0
        if self.unstable is None:
            assert self.uncertain is not None
            return nothing, self.uncertain.most(candidates, k), 0
        n_uncertain = 0 if self.uncertain is None else k // 2
        chosen = top_k(self.unstable[candidates], k - n_uncertain)
        first = candidates[chosen]
        if self.uncertain is None:
            return first, nothing, 0
        left = torch.ones_like(candidates, dtype=torch.bool)
        left[chosen] = False
        others = candidates[_parted(left, len(candidates) - len(chosen))[0]]
        second = self.uncertain.most(others, n_uncertain)
        undisturbed = self.uncertain.most(candidates, n_uncertain)
        return first, second, torch.isin(first, undisturbed).sum()


def _parted(mask: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Ascending positions where a mask holds, which it does n times, and where not; a device is not waited for."""
    first, last = (~mask).to(torch.int8).sort(stable=True).indices.split([n, len(mask) - n])
    return first, last

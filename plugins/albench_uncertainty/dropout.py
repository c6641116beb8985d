"""Strategies that ask where dropout samples of the model disagree.

All of them stream over the samples: memory stays at a few (N, C) tensors, however many samples are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import NonFiniteScores, mean_standard_deviation, mutual_information, sent, top_k_mutual_information


@dataclass(frozen=True)
class Dropout(Strategy):
    """Base of the strategies that read ``view.mc_probs``: dropout on the embedding before the last layer."""

    needs: ClassVar[frozenset[str]] = frozenset({"mc_probs"})

    samples: int = option(20, "dropout samples", ge=2)
    drop: float = option(0.5, "share of embedding units dropped", gt=0, lt=1)


@dataclass(frozen=True)
class VariationRatios(Dropout):
    """Choose the items whose dropout samples agree least on a class.

    Each sample votes for its top class: ``score = 1 - votes of the modal class / samples``.

    Notes
    -----
    Freeman (1965), "Elementary Applied Statistics", Wiley; with dropout in Gal, Islam and Ghahramani (2017), "Deep
    Bayesian Active Learning with Image Data", ICML, arXiv 1703.02910. What training with dropout changes was measured
    for ``bald``: see there.
    """

    def scores(self, view: View) -> Tensor:
        """(N,) share of samples outside the mode."""
        votes = torch.zeros(len(view), view.n_classes, device=view.device)
        bad = torch.zeros(len(view), dtype=torch.bool, device=view.device)
        for probs in view.mc_probs(self.samples, self.drop):
            bad |= ~torch.isfinite(probs).all(dim=1)  # a vote hides what is not finite
            top = probs.contiguous().argmax(dim=1, keepdim=True)
            votes.scatter_add_(1, top, torch.ones_like(top, dtype=votes.dtype))
        _require_none(bad)
        return 1 - votes.amax(dim=1) / self.samples


@dataclass(frozen=True)
class MeanStd(Dropout):
    """Choose the items whose class probabilities vary most over dropout samples.

    ``score = mean over classes of sqrt( E[p_c^2] - E[p_c]^2 )``.

    Notes
    -----
    Kampffmeyer, Salberg and Jenssen (2016), "Semantic Segmentation of Small Objects and Modeling of Uncertainty in
    Urban Remote Sensing Images Using Deep Convolutional Neural Networks", CVPR workshops; compared in Gal et al.
    (2017), arXiv 1703.02910. What training with dropout changes was measured for ``bald``: see there.
    """

    def scores(self, view: View) -> Tensor:
        """(N,) mean standard deviation."""
        return mean_standard_deviation(view.mc_probs(self.samples, self.drop))


@dataclass(frozen=True)
class BALD(Dropout):
    """Choose the items about which the samples are sure, each of something else.

    The mutual information of the label and the weights: ``score = H( mean_t p_t ) - mean_t H(p_t)``.

    Notes
    -----
    Houlsby, Huszar, Ghahramani and Lengyel (2011), "Bayesian Active Learning for Classification and Preference
    Learning", arXiv 1112.5745; with dropout in Gal et al. (2017), arXiv 1703.02910.

    There networks train with dropout, the backbones here only where they are asked to: ``cnn[dropout=0.5]``. Measured
    on ``digits`` with 100 labels and one seed by ``python benchmarks/dropout_samples.py``: trained without dropout, a
    sample has an accuracy of 0.821 (the whole network 0.942) and BALD finds errors with an AUROC of 0.882; trained with
    a dropout of 0.5 these are 0.884 (0.945) and 0.893. One seed does not tell AUROCs apart that are so close.
    """

    ranks: ClassVar[bool] = True

    def scores(self, view: View) -> Tensor:
        """(N,) mutual information in nats, 0 .. the smaller of log C and log samples."""
        return mutual_information(view.mc_probs(self.samples, self.drop))

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, those of the largest scores."""
        if type(self).scores is not BALD.scores:  # a subclass may score otherwise
            return super().select(view, budget)
        return top_k_mutual_information(view.mc_probs(self.samples, self.drop), budget)


@dataclass(frozen=True)
class PowerBALD(BALD):
    """Sample items in proportion to a power of their BALD score, without replacement.

    A batch of the best items by BALD alone holds near-copies; sampling spreads it. With noise g of the standard Gumbel
    distribution, drawn for each item::

        score = power * log BALD + g

    and the largest of these are a sample without replacement, each next item being drawn with a probability
    proportional to ``BALD ** power`` of those that are left. An item without any mutual information comes after all
    others.

    Notes
    -----
    Kirsch, Farquhar, Atighehchian, Jesson, Branchaud-Charron and Gal (2023), "Stochastic Batch Acquisition: A Simple
    Baseline for Deep Active Learning", TMLR, arXiv 2106.12059, the power acquisition; the exponent is its beta.
    What training with dropout changes was measured for ``bald``: see there.
    """

    power: float = option(1.0, "exponent of the score", gt=0)

    def scores(self, view: View) -> Tensor:
        """(N,) perturbed log scores."""
        plain = super().scores(view)
        uniform = sent(torch.rand(len(view), generator=view.generator, dtype=torch.float64), view.device)
        tiny = torch.finfo(torch.float64).tiny
        noise = -(-uniform.clamp(min=tiny).log()).clamp(min=tiny).log()
        # The noise of a uniform number of 53 bits is between -7 and 37: less 1,000, a zero comes last at any power.
        return self.power * plain.clamp(min=tiny).log() + noise - 1000.0 * (plain == 0)


def _require_none(bad: Tensor) -> None:
    """Refuse items (N,) that had probabilities that are not finite; asked once, as the host waits for the answer."""
    n_bad = int(bad.sum())
    if n_bad:
        raise NonFiniteScores(f"{n_bad} of {len(bad)} items have probabilities that are not finite")

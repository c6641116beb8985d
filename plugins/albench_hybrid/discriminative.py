"""Discriminative active learning: what a classifier tells apart from the labelled items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import joined, require_finite, sent, top_k
from albench_hybrid.binary_classifier import BinaryClassifier

_CACHED = 1 << 19
"""Numbers in one block on the CPU, which stays in the caches; the blocks of other devices are of _FLOATS."""
_FLOATS = 1 << 24
_HEAD = 512
"""Items whose columns are measured at once."""


@dataclass(frozen=True)
class DiscriminativeAL(Strategy):
    """Choose, part by part, the items that a classifier is most certain are not labelled.

    The budget is divided into ``sub_batches`` nearly equal parts. For each a new binary classifier learns on the
    embeddings to tell the labelled items, those chosen before included, from the other items; the part is what it
    takes for unlabelled most. In the end the labelled set is hard to tell from the pool, so it represents it.

    Notes
    -----
    Gissin and Shalev-Shwartz (2019), "Discriminative Active Learning", arXiv 1907.06347. The authors train a multilayer
    perceptron on the representation with weighted classes until it is right on nearly all of them. Here it has one
    hidden layer (none with ``hidden=0``: logistic regression), sees embeddings scaled to zero mean and unit variance,
    and is trained by a fixed number of Adam steps on batches that are half labelled and half unlabelled, which weighs
    the classes equally. Its weights and batches come from the view's generator. Without labelled items the first part
    is random.

    With ``later_steps`` a classifier is not forgotten after its part, which is another rule: on four kinds of pools of
    50,000 items, ``later_steps=10`` shares 19 to 59 of 100 picks with new classifiers, and these under another seed
    12 to 72 with themselves. It takes half the time.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})

    sub_batches: int = option(10, "parts of the budget, each chosen by a new classifier", ge=1)
    hidden: int = option(256, "units of the classifier's hidden layer; 0 for logistic regression", ge=0)
    steps: int = option(100, "training steps of each classifier", ge=1)
    batch_size: int = option(256, "items in a training batch, half of them labelled", ge=2)
    lr: float = option(1e-3, "learning rate of Adam", gt=0)
    later_steps: int | None = option(
        None,
        "training steps of the parts after the first, which go on with its classifier; none: a new one each",
        ge=1,
        later=True,
    )

    @torch.no_grad()
    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, part by part, in each the most certain first."""
        x, known = view.embeddings, view.labeled_embeddings
        require_finite(embeddings=x, labelled_embeddings=known)
        deviation, mean = _spread(x)
        scale = torch.where(deviation > 0, deviation, 1.0)

        def scaled(rows: Tensor, out: Tensor | None = None) -> Tensor:
            return torch.sub(rows, mean, out=out).div_(scale)

        known = scaled(known)
        left = torch.arange(len(x), device=x.device)
        picks = left[:0]
        n_parts = min(self.sub_batches, budget)
        classifier: BinaryClassifier | None = None
        rows = max(1, (_CACHED if x.device.type == "cpu" else _FLOATS) // max(x.shape[1], self.hidden))
        for part in range(n_parts):
            take = budget // n_parts + (part < budget % n_parts)
            if len(known):
                steps = self.steps
                if classifier is None or self.later_steps is None:
                    classifier = BinaryClassifier(x.shape[1], self.hidden, self.lr, view.generator, x)
                else:
                    steps = self.later_steps
                self._train(classifier, x, scaled, left, known, steps, view.generator)
                odds = joined((classifier.log_odds(scaled(items)) for items in x.split(rows)), len(x))
                chosen = top_k(odds[left], take)
            else:
                chosen = sent(torch.randperm(len(left), generator=view.generator)[:take], x.device)
            picks = torch.cat([picks, left[chosen]])
            known = torch.cat([known, scaled(x[left[chosen]])])
            gone = torch.zeros_like(left, dtype=torch.int8).index_fill_(0, chosen, 1)
            left = left[gone.sort(stable=True).indices[: len(left) - take]]  # of which a device need not tell how many
        return picks

    def _train(
        self,
        classifier: BinaryClassifier,
        x: Tensor,
        scaled: Callable[..., Tensor],
        left: Tensor,
        known: Tensor,
        steps: int,
        generator: torch.Generator,
    ) -> None:
        """Train with rows of ``x`` (N, D), once scaled, at positions ``left`` against ``known`` (L, D)."""
        half = self.batch_size // 2
        unlabeled = left[sent(torch.randint(len(left), (steps, half), generator=generator), x.device)]
        labeled = sent(torch.randint(len(known), (steps, half), generator=generator), x.device)
        for batch in _batches(x, scaled, unlabeled, known, labeled):
            classifier.step(batch)


def _batches(
    x: Tensor, scaled: Callable[..., Tensor], unlabeled: Tensor, known: Tensor, labeled: Tensor
) -> Iterator[Tensor]:
    """Batches (2 half, D), good until the next one: rows of ``x``, once scaled, at positions ``unlabeled`` (steps,
    half) above those of ``known`` at ``labeled``.
    """
    half = unlabeled.shape[1]
    if x.device.type != "cpu":
        at_once = max(1, _FLOATS // (2 * half * x.shape[1]))
        for first, second in zip(unlabeled.split(at_once), labeled.split(at_once), strict=True):
            yield from torch.cat([scaled(x[first]), known[second]], dim=1)
        return
    batch = x.new_empty(2 * half, x.shape[1])  # which stays in the caches
    for first, second in zip(unlabeled, labeled, strict=True):
        torch.index_select(x, 0, first, out=batch[:half])
        torch.index_select(known, 0, second, out=batch[half:])
        scaled(batch[:half], batch[:half])
        yield batch


def _spread(x: Tensor) -> tuple[Tensor, Tensor]:
    """Standard deviation and mean (D,) of the columns of (N, D), measured in float64."""
    if x.device.type != "cpu":
        return torch.std_mean(x, dim=0, correction=0)
    # An eighth of the time of ``std_mean``. About a value inside the column's range, so that equal ones spread by 0.
    head = x[:_HEAD]
    shift = head.mean(dim=0).clamp_(head.amin(dim=0), head.amax(dim=0)).double()
    total, squares = torch.zeros_like(shift), torch.zeros_like(shift)
    for part in x.split(_HEAD):
        rows = part.double().sub_(shift)
        total += rows.sum(dim=0)
        squares += rows.square_().sum(dim=0)
    mean = total / len(x)
    return (squares / len(x) - mean.square()).clamp_(min=0).sqrt().to(x.dtype), (mean + shift).to(x.dtype)

"""The contract of a semi-supervised method: turns labelled and unlabelled batches into a loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from albench.api.options import option

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor, nn

    from albench.api.estimator import Estimator, Examples, Fitted
    from albench.api.task import Task

VIEWS = frozenset({"weak", "weak2", "strong", "strong2"})

State = dict[str, "Tensor"]
Logs = dict[str, "Tensor"]


@dataclass(frozen=True)
class Batch:
    """One training batch. All randomness has come in already; hidden labels never do.

    ``B`` labelled and ``U`` unlabelled items. Make one with fields by name.
    """

    x_lab: Tensor
    """(B, ...) labelled items under weak augmentation."""
    y_lab: Tensor
    """(B,) int64."""
    views: dict[str, Tensor]
    """name -> (U, ...): the augmented views that the method asked for."""
    index: Tensor
    """(U,) int64 ids of the unlabelled items in 0 .. pool_size - 1, for per-item memory."""
    noise: dict[str, Tensor]
    """What the method's ``draw`` returned for this step."""
    class_counts: Tensor
    """(C,) float32: bought labels of each class."""

    @property
    def x_weak(self) -> Tensor:
        return self.views["weak"]

    @property
    def x_strong(self) -> Tensor:
        return self.views["strong"]

    def map(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """The batch with each of its tensors changed, those of ``views`` and ``noise`` too, as when it moves."""
        x_lab, y_lab, index, counts = map(change, (self.x_lab, self.y_lab, self.index, self.class_counts))
        views, noise = ({name: change(value) for name, value in each.items()} for each in (self.views, self.noise))
        return Batch(x_lab=x_lab, y_lab=y_lab, views=views, index=index, noise=noise, class_counts=counts)


class Forward(Protocol):
    """The model inside a loss. Each call runs the network once on all that it is given: concatenate first."""

    def __call__(self, x: Tensor) -> Tensor:
        """(n, C) logits of the student, differentiable."""

    def embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n, C) and embeddings (n, E) of the student, differentiable."""

    def frozen(self, x: Tensor) -> Tensor:
        """(n, C) logits of the student without gradient: cheaper, for pseudo labels."""

    def frozen_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n, C) and embeddings (n, E) of the student without gradient."""

    def head(self, z: Tensor, name: str = "") -> Tensor:
        """Logits (n, K) of embeddings (n, E), by the student's head or the method's own one of a name; differentiable.

        Give it embeddings as ``embed`` does, whole: where the backbone drops out, their masks are drawn in here.
        """

    def frozen_head(self, z: Tensor, name: str = "") -> Tensor:
        """The same without gradient and without dropout, for pseudo labels."""

    def probe(self, x: Tensor) -> Tensor:
        """(n, C) logits of the student, differentiable in ``x`` too, that leave batch statistics as they are."""

    def ema(self, x: Tensor) -> Tensor:
        """(n, C) logits of the student's exponential moving average, without gradient."""

    def ema_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n, C) and embeddings (n, E) of the student's moving average, without gradient."""


@dataclass(frozen=True)
class RoundFacts:
    """What a method is told when a round starts.

    Attributes
    ----------
    round
        0 for the initial labels.
    rounds, steps
        Rounds of the trial, training steps of each round.
    n_labeled, pool_size
        Items labelled now, and all that batches are drawn from: the pool and, after it, items beyond it that a data set
        may have (``Splits.unlabeled``). The task that ``init`` is given counts them too.
    n_bought
        Labels bought by the last query; 0 in round 0.
    query_size
        Labels that a query asks for.
    first_step
        Steps trained before this round since the weights were last initialised: 0 on a cold start.
    labeled
        (pool_size,) bool on the training device.
    class_counts
        (C,) float32: bought labels of each class, on the training device.
    """

    round: int
    rounds: int
    steps: int
    n_labeled: int
    pool_size: int
    n_bought: int
    query_size: int
    first_step: int
    labeled: Tensor
    class_counts: Tensor


@dataclass(frozen=True)
class Method:
    """Base of a method: a pure step function on tensors.

    In ``loss`` there is no ``.item()``, no boolean-mask indexing, no in-place write to a tensor from outside and no
    branch on values, so that several seeds can be trained at once with ``torch.func.vmap``.
    """

    views: ClassVar[frozenset[str]] = frozenset()
    """The augmented views of unlabelled items that ``loss`` reads; none means that no unlabelled batch is drawn."""
    vmap_safe: ClassVar[bool] = True
    """False where ``loss`` cannot keep the rules below, so that its seeds have to be trained one after the other."""
    takes_lanes: ClassVar[bool] = False
    """True where ``loss`` works as it is on tensors whose first dimension are lanes, one a seed: these train without
    ``vmap`` where the backbone's module ``takes_lanes`` too and the option ``loss`` is ``cross-entropy``."""
    full_precision: ClassVar[bool] = False
    """True where ``loss`` measures what bfloat16 does not resolve: its network is in float32 in any ``precision``."""
    training: ClassVar[frozenset[str]] = frozenset({"steps"})
    """How it trains: by ``steps``, with ``loss``; or estimators ``whole``, with ``fit``."""

    unlabeled_ratio: int = option(2, "unlabelled items in a batch for each labelled one", ge=1)
    labeled_loss_name: Literal["cross-entropy", "class-weighted", "balanced-softmax", "logit-adjusted"] = option(
        "cross-entropy", "loss of the labelled items, for imbalanced classes", name="loss"
    )
    tau: float = option(1.0, "logit-adjusted: weight of the log class shares", ge=0)

    def init(self, task: Task, device: torch.device) -> State:
        """The method's memory: tensors of fixed shape, checkpointed with the trial."""
        return {}

    def heads(self, task: Task) -> Mapping[str, int]:
        """Linear layers of the method's own on the embedding: name -> outputs. By default there are none.

        They belong to the model: they are trained, averaged, saved and hashed with it, and ``loss`` has them by
        ``forward.head(z, name)``. What predicts, in evaluation and for strategies, is always the backbone's own head: a
        method whose second classifier predicts trains that one as the backbone's head, and has the other one here.
        """
        return {}

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """The memory at the start of a round."""
        return state

    def draw(self, generator: torch.Generator, n_labeled: int, n_unlabeled: int) -> Mapping[str, Tensor]:
        """Random tensors (on the CPU) that one step needs, e.g. mixing weights; they come back in ``batch.noise``."""
        return {}

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        """The loss of one step.

        Parameters
        ----------
        forward
            The model.
        batch
            Labelled and unlabelled items.
        state
            The method's memory; return a new dict with the same keys, shapes and dtypes.
        step
            () int64: 0-based step since the weights were last initialised.

        Returns
        -------
        () float loss; the new state; scalars to record (their mean over a round is kept).
        """
        raise NotImplementedError

    def labeled_loss(self, logits: Tensor, batch: Batch, target: Tensor | None = None) -> Tensor:
        """The labelled part of the loss, as the option ``loss`` says.

        ``cross-entropy``: the mean. ``class-weighted``: each item weighted by ``L / (C n_y)``, the inverse share of its
        class. ``balanced-softmax``: ``CE(logits + log n)`` with the class counts ``n`` (Ren et al., NeurIPS 2020,
        arXiv 2007.10740, equation 3). ``logit-adjusted``: ``CE(logits + tau log(n / L))`` (Menon et al., ICLR 2021,
        arXiv 2007.07314, equation 10). Classes without a label count as half an item.

        Parameters
        ----------
        logits
            (B, C) of the labelled items; with ``cross-entropy`` lanes may come first.
        batch
            Where the labels and the class counts come from.
        target
            (B,) int64 or (B, C) probabilities instead of the batch's labels, for methods that mix items.

        Returns
        -------
        () float; with lanes (L,).
        """
        import torch.nn.functional as F

        target = batch.y_lab if target is None else target
        if logits.ndim > 2:
            each = F.cross_entropy(logits.flatten(0, -2), target.flatten(0, logits.ndim - 2), reduction="none")
            return each.view(logits.shape[:-1]).mean(dim=-1)
        if self.labeled_loss_name == "cross-entropy":
            return F.cross_entropy(logits, target)
        counts = batch.class_counts.clamp(min=0.5)
        share = counts / counts.sum()
        if self.labeled_loss_name == "class-weighted":
            # Its own mean would divide by the weights' sum for labels, and by the items for probabilities.
            weight = 1 / (share * len(share))
            return F.cross_entropy(logits, target, weight=weight, reduction="none").mean()
        tau = 1.0 if self.labeled_loss_name == "balanced-softmax" else self.tau
        return F.cross_entropy(logits + tau * share.log(), target)

    def fit(self, estimator: Estimator, examples: Examples) -> Fitted | nn.Module:
        """Fit an estimator to a round's items, in place of ``loss``, where ``training`` says that it can.

        Parameters
        ----------
        estimator
            Takes rows, labels and ``self.item_weights(...)``, as often as the method wants.
        examples
            The labelled items; the unlabelled ones too, without their labels.
        """
        raise NotImplementedError

    @property
    def weighs(self) -> bool:
        """Whether ``item_weights`` gives any."""
        return self.labeled_loss_name == "class-weighted"

    def item_weights(self, y: np.ndarray, n_classes: int) -> np.ndarray | None:
        """(L,) weights ``L / (C n_y)`` of labels where class-weighted, ``C`` being the classes with one; else None."""
        import numpy as np

        counts = np.bincount(y, minlength=n_classes)
        return len(y) / ((counts > 0).sum() * counts[y]) if self.weighs else None

    def adoption_steps(self, steps: int) -> Sequence[int]:
        """Before which of a round's ``steps`` ``adopt`` is asked, ascending, in 1 .. steps - 1; by default none."""
        return ()

    def adopt(self, probs: Tensor, state: State, class_counts: Tensor) -> Tensor:
        """Which unlabelled items are drawn among the labelled ones from now on, with labels that the method gives them.

        They take the place of all that were adopted before in the round, and are gone when it ends. They are in
        ``x_lab`` and ``y_lab`` alone: for the pool, ``class_counts``, the unlabelled batches and strategies they stay
        unlabelled.

        Parameters
        ----------
        probs
            (N, C) of all unlabelled items, in an order that was drawn, by the weights' moving average as it is now.
        state
            The method's memory, to read.
        class_counts
            (C,) float32: bought labels of each class.

        Returns
        -------
        (N,) int64 the label of each item; -1 for those that are not adopted.
        """
        import torch

        return torch.full_like(probs[:, 0], -1, dtype=torch.int64)

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: items not confident enough to pseudo-label, given their probabilities (N, C).

        A method without a threshold rejects everything: each item is a candidate for annotation.
        """
        import torch

        return torch.ones(len(probs), dtype=torch.bool, device=probs.device)

    def skip(self, task: Task) -> str | None:
        """Why this method cannot run on the task, or None."""
        return None

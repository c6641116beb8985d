"""The contract of a query strategy: which unlabelled items to annotate next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from albench.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import torch
    from torch import Tensor

    from albench.api.task import Task

ORACLE_NEEDS = frozenset({"true_labels", "score_after"})
"""What only a strategy that is registered with ``role="oracle"`` may need: it is drawn apart, and never ranked."""
NEEDS = frozenset({"probs", "logits", "embeddings", "neighbors", "gradients", "mc_probs"}) | ORACLE_NEEDS


class View(Protocol):
    """What a strategy may see of one round: the unlabelled pool through the current model. Never a hidden label, but
    where the strategy is registered as an oracle.

    ``N`` is the number of unlabelled items, ``L`` of labelled ones, ``C`` of classes, ``E`` the embedding size. Every
    quantity is computed once a round, when first read, in blocks; reading one that ``needs`` does not declare raises.
    """

    round: int
    n_classes: int
    budget_left: int
    device: torch.device
    rng: np.random.Generator
    generator: torch.Generator

    def __len__(self) -> int: ...

    @property
    def x(self) -> Tensor:
        """(N, ...) the unlabelled items, as stored (a copy)."""

    @property
    def index(self) -> Tensor:
        """(N,) int64 pool ids, for notes and seeds of the author's own; ``select`` returns positions, not ids.

        Their order is drawn for each round, the same for all strategies: of equals the one at the lowest position may
        be taken, whatever the order of the files.
        """

    @property
    def probs(self) -> Tensor:
        """(N, C) float32 class probabilities. Needs ``probs``."""

    @property
    def logits(self) -> Tensor:
        """(N, C) float32. Needs ``logits``."""

    @property
    def embeddings(self) -> Tensor:
        """(N, E) float32, the input of the last layer. Needs ``embeddings``."""

    @property
    def labeled_x(self) -> Tensor:
        """(L, ...) the labelled items."""

    @property
    def labeled_y(self) -> Tensor:
        """(L,) int64 their labels, which have been bought."""

    @property
    def labeled_embeddings(self) -> Tensor:
        """(L, E) float32. Needs ``embeddings``."""

    @property
    def labeled_probs(self) -> Tensor:
        """(L, C) float32 class probabilities of the labelled items. Needs ``probs``."""

    @property
    def rejected(self) -> Tensor:
        """(N,) bool: items that the method is not confident enough to pseudo-label. Needs ``probs``."""

    def neighbors(self, k: int) -> tuple[Tensor, Tensor]:
        """Cosine similarity and position of the k nearest unlabelled items, both (N, k). Needs ``neighbors``."""

    def head(self, z: Tensor) -> Tensor:
        """Logits (..., C) of embeddings (..., E); differentiable. Needs ``gradients``."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and embeddings of items; differentiable. Needs ``gradients``."""

    def mc_probs(self, samples: int, drop: float = 0.5) -> Iterator[Tensor]:
        """``samples`` times (N, C) probabilities, each under one dropout mask on the embedding. Needs ``mc_probs``."""

    @property
    def true_labels(self) -> Tensor:
        """(N,) int64 the hidden labels, for oracles alone. Needs ``true_labels``."""

    def score_after(self, positions: Tensor) -> tuple[float, ...]:
        """How well the next round would validate if some positions (n,) were bought now, for oracles alone.

        A model apart is trained for a whole round, as the next one will be, on the labelled items and these: a call
        costs as much as a round. Numbers of which what comes first counts first and higher is better: the protocol's
        metric on the validation labels of this round, then what tells apart what is equal. Needs ``score_after``.
        """

    def best(self, scores: Tensor, budget: int) -> Tensor:
        """(budget,) positions of the largest of the scores (N,), best first, ties to the lowest position.

        Scores that are not finite raise an error that counts them.
        """

    def only(self, positions: Tensor, strategy: Strategy) -> View:
        """The view of some positions (n,) alone, for another strategy with its own ``needs``."""

    def note(self, name: str, value: float) -> None:
        """Keep a number in the round's record, for diagnosis."""

    def group(self, name: str, positions: Tensor) -> None:
        """Name some of the picks, e.g. by the part that chose them; the record then tells the classes of each group."""


class Strategy:
    """Base of a query strategy. Subclass as a frozen dataclass whose fields are the options.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class LeastConfidence(Strategy):
    ...     needs = frozenset({"probs"})
    ...     def scores(self, view):
    ...         return -view.probs.amax(dim=1)
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    cold_start: ClassVar[bool] = False
    """True where it can choose the first labels as well, from embeddings alone: no model, no labelled item."""
    ranks: ClassVar[bool] = False
    """True where ``select`` is its own and yet chooses what has the largest ``scores``, in their order."""

    def scores(self, view: View) -> Tensor:
        """(N,) how much each item is wanted, for a strategy that ranks items one by one; else not defined."""
        raise NotImplementedError

    def select(self, view: View, budget: int) -> Tensor:
        """Choose what to annotate.

        Parameters
        ----------
        view
            The unlabelled pool through the current model.
        budget
            How many items to choose; at most ``len(view)``.

        Returns
        -------
        (budget,) int64 unique *positions* in the view, ``0 .. len(view) - 1``. By default those of the largest
        ``scores``.
        """
        scores = self.scores(view)
        if hasattr(scores, "__len__") and len(scores) != len(view):
            raise ContractError(f"it returned {len(scores)} scores for the view's {len(view)} items")
        return view.best(scores, budget)

    def skip(self, task: Task) -> str | None:
        """Why this strategy cannot run on the task, or None."""
        return None

"""The contract of an estimator: a backbone that is fitted whole, on all labelled items at once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from albench.api.backbone import Backbone

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from albench.api.task import Task


class Fitted(Protocol):
    """What an estimator was fitted to: it predicts items given as rows (n, D) float32."""

    def predict_probs(self, x: np.ndarray) -> np.ndarray:
        """(n, C) class probabilities; a class that no label was of has 0."""

    def embed(self, x: np.ndarray) -> np.ndarray | None:
        """(n, E) what strategies read as embeddings, such as leaves; None for the rows themselves."""


@dataclass(frozen=True)
class Examples:
    """What a round has to fit an estimator on.

    Attributes
    ----------
    task
        The problem.
    x
        (L, D) float32 the labelled items as rows; images flattened, in 0 .. 1.
    y
        (L,) int64 their labels, which were bought.
    seed
        Of whatever the fit draws: from 0 to 2^31 - 1, named by trial and round.
    read_unlabeled
        Reads the rows of the unlabelled items.
    """

    task: Task
    x: np.ndarray
    y: np.ndarray
    seed: int
    read_unlabeled: Callable[[], np.ndarray]

    @functools.cached_property
    def unlabeled(self) -> np.ndarray:
        """(U, D) float32 the unlabelled items as rows, read when first asked for."""
        return self.read_unlabeled()


def predicted_probs(fitted: Fitted | nn.Module, x: np.ndarray) -> np.ndarray:
    """(n, C) float64 class probabilities of rows (n, D) float32, by what an estimator gave: a ``Fitted``, or a module.

    Examples
    --------
    >>> first = estimator.fit(examples.task, examples.x, examples.y, None, examples.seed)
    >>> sure = predicted_probs(first, examples.unlabeled).max(axis=1) >= 0.9
    """
    import numpy as np
    import torch

    if not isinstance(fitted, torch.nn.Module):
        return np.asarray(fitted.predict_probs(x), np.float64)
    with torch.no_grad():
        made: np.ndarray = fitted(torch.from_numpy(x))[0].double().softmax(dim=1).cpu().numpy()
    return made


class Estimator(Backbone):
    """Base of a backbone that is fitted whole. Subclass as a frozen dataclass whose fields are the options.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Shares(Estimator):
    ...     def fit(self, task, x, y, sample_weight, seed):
    ...         shares = numpy.bincount(y, sample_weight, task.n_classes)
    ...         return Constant(shares / shares.sum())
    """

    modalities = frozenset({"features", "image"})
    training: ClassVar[frozenset[str]] = frozenset({"whole"})
    gives: ClassVar[frozenset[str]] = frozenset(
        {"probs", "logits", "embeddings", "neighbors", "true_labels", "score_after"}
    )
    weighs: ClassVar[bool] = True
    """Whether ``fit`` takes weights of items; without, methods that weigh them are skipped."""

    @property
    def libraries(self) -> Mapping[str, str]:
        """Distribution -> version of what it fits with, kept with the trial, beside those that albench knows itself."""
        return {}

    def ready(self) -> None:
        """Import what it needs, before a run and in each process; a missing library is a ``PluginError``."""

    def skip(self, task: Task) -> str | None:
        """Why it cannot run on the task, or None."""
        self.ready()
        return super().skip(task)

    def fit(
        self, task: Task, x: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None, seed: int
    ) -> Fitted | nn.Module:
        """Fit to labelled items.

        Parameters
        ----------
        task
            The problem; ``y`` need not hold all of its classes, and may hold one alone.
        x, y
            (L, D) float32 rows and (L,) int64 labels.
        sample_weight
            (L,) float64, of mean about 1; None where all weigh the same.
        seed
            The source of whatever is drawn: the same seed, the same predictions.

        Returns
        -------
        What predicts; or a module as ``Backbone.build`` makes one, with a ``head``, where ``gives`` says more.
        """
        raise NotImplementedError

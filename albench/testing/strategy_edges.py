"""Pools that strategies have to survive: tiny ones, equal items, one class, no labels."""

from __future__ import annotations

import torch

from albench.data.items import Items
from albench.errors import ContractError, UserError
from albench.kernels import NonFiniteScores
from albench.suite.protocol import Amounts
from albench.testing.pools import altered, blobs, ladder
from albench.testing.report import NotApplicable
from albench.testing.strategy_subject import StrategySubject, proper
from albench.trial.view import Undeclared, cold_view


def whole_pool(subject: StrategySubject) -> None:
    """A budget of the whole pool takes every item once."""
    for case in ladder(((2, 2), (7, 7), (40, 40))):
        subject.pick(altered(case, "budget of the whole pool"))


def one_item(subject: StrategySubject) -> None:
    """A pool of one item gives that item."""
    subject.pick(blobs(1, 1, what="one item"))


def two_classes(subject: StrategySubject) -> None:
    """A task of two classes is answered."""
    subject.pick(blobs(40, 7, n_classes=2, what="two classes"))


def one_predicted_class(subject: StrategySubject) -> None:
    """A model that predicts one class for all items is answered."""
    case = blobs(40, 7)
    subject.pick(altered(case, "one predicted class", bias=case.bias + torch.tensor([40.0, 0, 0, 0])))


def saturated_probabilities(subject: StrategySubject) -> None:
    """Probabilities of exactly 0 and 1 are answered."""
    case = blobs(40, 7)
    subject.pick(altered(case, "probabilities of 0 and 1", weight=1e4 * case.weight, bias=1e4 * case.bias))


def duplicate_embeddings(subject: StrategySubject) -> None:
    """More picks than distinct items are answered."""
    case = blobs(40, 20)
    subject.pick(altered(case, "8 distinct items", embeddings=case.embeddings[:8].repeat(5, 1)))


def constant_embeddings(subject: StrategySubject) -> None:
    """A pool of equal embeddings, all ones or all zeros, is answered."""
    case = blobs(10, 3)
    for value in (1.0, 0.0):
        same = {name: torch.full_like(getattr(case, name), value) for name in ("embeddings", "labeled")}
        subject.pick(altered(case, f"embeddings all {value:g}", **same))


def one_labeled_item(subject: StrategySubject) -> None:
    """A single labelled item is enough."""
    subject.pick(blobs(40, 7, n_labeled=1, what="one labelled item"))


def no_labeled_item(subject: StrategySubject) -> str:
    """Without a labelled item it chooses, or says in one line that it cannot; what starts cold has to choose."""
    try:
        subject.pick(blobs(40, 7, n_labeled=0, what="no labelled item"))
    except (ContractError, UserError) as error:
        if subject.build().cold_start or isinstance(error, NonFiniteScores | Undeclared):
            raise
        return f"it refuses: {error}"
    return ""


def nothing_rejected(subject: StrategySubject) -> None:
    """A pool of which the method rejects nothing is answered."""
    subject.pick(altered(blobs(40, 7), "nothing rejected", threshold=0.0))


def everything_rejected(subject: StrategySubject) -> None:
    """A pool of which the method rejects everything is answered."""
    subject.pick(altered(blobs(40, 7), "everything rejected", threshold=1.1))


def cold_start(subject: StrategySubject) -> None:
    """What says that it starts cold chooses from bare embeddings, without a model or a label."""
    strategy = subject.build()
    if not strategy.cold_start:
        raise NotApplicable("it does not choose the first labels (cold_start)")
    case = blobs(40, 7, what="a cold start")
    items = Items(case.embeddings.numpy(), torch.device("cpu"))
    subject.case = str(case)
    view = cold_view(items, strategy, 4, Amounts(7, 7, 2), 0)
    proper(strategy.select(view, 7), 40, 7)

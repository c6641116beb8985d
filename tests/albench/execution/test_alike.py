"""A run says which of its strategies are one where there are two classes."""

from __future__ import annotations

import numpy as np
import torch

from albench.api import Task
from albench.components.registry import registry
from albench.execution.alike import alike_notes
from albench.suite.protocol import Protocol
from albench.suite.trials import Trial

CLASSES = ("a", "b", "c")


def trials(*strategies: str) -> list[Trial]:
    return [
        Trial("d", "supervised", strategy, "mlp", seed, Protocol(), ("d", "supervised", strategy, "mlp"))
        for strategy in strategies
        for seed in (0, 1)
    ]


def notes(n_classes: int, *strategies: str) -> list[str]:
    task = Task("features", (4,), n_classes, CLASSES[:n_classes], pool_size=10)
    return alike_notes(trials(*strategies), {"d": task}, registry())


def test_strategies_that_are_one_with_two_classes_are_told_once() -> None:
    assert notes(2, "random", "entropy", "margin", "least-confidence") == [
        "d: with two classes entropy, margin and least-confidence order items alike: their rows will be the same, and "
        "each is paid for and counts as a comparison of its own; one of them is enough."
    ]


def test_nothing_is_told_of_more_classes_or_of_one_strategy() -> None:
    assert notes(3, "entropy", "margin") == []
    assert notes(2, "entropy", "random", "badge") == []


def test_those_that_say_they_order_alike_do() -> None:
    class Seen:
        probs = torch.from_numpy(np.random.default_rng(0).dirichlet((1, 1), 200))

    known = [each for each in registry().components("strategy") if each.order_of_two]
    assert {each.name for each in known} == {"entropy", "margin", "least-confidence"}
    orders = [registry().build("strategy", each.name).scores(Seen()).argsort().tolist() for each in known]
    assert orders[0] == orders[1] == orders[2]

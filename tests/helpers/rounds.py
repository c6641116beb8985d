"""A method at the start of a round."""

from __future__ import annotations

import torch

from albench.api import Method, RoundFacts, State, Task


def round_facts(task: Task, steps: int = 200, first_step: int = 0) -> RoundFacts:
    """A trial's second round with one item labelled, the last, and a query of one."""
    labeled = torch.arange(task.pool_size) == task.pool_size - 1
    return RoundFacts(1, 2, steps, 1, task.pool_size, 1, 1, first_step, labeled, torch.ones(task.n_classes))


def begun(method: Method, task: Task, steps: int = 200) -> State:
    """A method's state at the first step of a round on a cold start."""
    return method.round_start(method.init(task, torch.device("cpu")), round_facts(task, steps))

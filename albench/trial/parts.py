"""What a trial is carried out with: its components, built, and its items on the device that trains."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch

from albench.api.backbone import Backbone
from albench.api.dataset import Dataset, Splits
from albench.api.estimator import Estimator
from albench.api.method import Method
from albench.api.strategy import Strategy
from albench.api.task import Task
from albench.components.parts import fitted_whole
from albench.data.items import Items, one_after_the_other
from albench.environment import Environment, this_environment
from albench.suite.protocol import Amounts
from albench.suite.settings import RunSettings
from albench.trial.first_round import SharedRounds
from albench.trial.tuned import Tunings


@dataclass(frozen=True)
class Parts:
    """The components of a trial, built."""

    dataset: Dataset
    splits: Splits
    method: Method
    strategy: Strategy
    backbone: Backbone
    amounts: Amounts
    device: torch.device
    initial: Strategy | None = None
    """Chooses the first labels; None for the oracle's draw."""
    settings: RunSettings = dataclasses.field(default_factory=RunSettings)
    """Says how long a query may take, and when no further round is begun."""
    shared: SharedRounds | None = None
    """Where trials that differ only by strategy leave their first round for each other; None to share nothing."""
    tunings: Tunings | None = None
    """Where what was tuned is kept; None where nothing is tuned."""
    look: Callable[[], None] = lambda: None
    """Called before a record is kept; raises where what the round was made from is not what it was."""
    run: str = ""
    """The ``id`` of the manifest's entry that the trial is carried out for."""
    plugins: Environment = dataclasses.field(default_factory=dict)
    """Distribution -> version of the components, beside albench's own."""
    only_with: Environment | None = None
    """What this process has to compute with; None for whatever it has."""

    @property
    def whole(self) -> bool:
        """Whether the backbone is fitted whole."""
        return fitted_whole(self.method, self.backbone)

    @functools.cached_property
    def items(self) -> tuple[Items, Items, Items]:
        """The three splits on the training device, once for all trials that have these parts."""
        splits = self.splits
        val, test = (Items(split.x, self.device) for split in (splits.val, splits.test))
        return self.trained_on.first(len(splits.train)), val, test

    @functools.cached_property
    def trained_on(self) -> Items:
        """What batches are gathered from: the pool's items and, after them, those beyond it."""
        pool, beyond = self.splits.train.x, self.splits.unlabeled
        return Items(pool, self.device) if beyond is None else one_after_the_other(pool, beyond, self.device)

    @functools.cached_property
    def task(self) -> Task:
        """The task as methods are told it: with items beyond the pool among its items."""
        task = self.splits.task
        return dataclasses.replace(task, pool_size=task.pool_size + self.splits.n_unlabeled)

    @functools.cached_property
    def made_with(self) -> Environment:
        """What this process makes the trial's numbers with; asked once the backbone has imported what it needs."""
        libraries = self.backbone.libraries if isinstance(self.backbone, Estimator) else {}
        return this_environment(str(self.device), {**self.plugins, **libraries})

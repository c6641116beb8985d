"""The hooks: everything that a plugin can tell albench, on one screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import pluggy

from albench.api.facts import RoundEnd, SuiteFacts, TrialFacts
from albench.api.kinds import PROJECT

if TYPE_CHECKING:
    import click

    from albench.api.backbone import Backbone
    from albench.api.dataset import Dataset
    from albench.api.encoder import Encoder
    from albench.api.executor import Executor
    from albench.api.method import Method
    from albench.api.published import Published
    from albench.api.strategy import Strategy
    from albench.api.task import Modality
    from albench.api.tracker import Tracker

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Add(Protocol):
    """Registers components: a name, ``"package.module:Class"`` (imported when used) or the class, and a summary.

    ``family`` groups strategies and methods in lists ("uncertainty", "consistency"); ``paper`` is their source in short
    ("Sener and Savarese 2018"). ``panels`` are the groups that it is run with: ``panels=("standard",)`` adds it to what
    ``@standard`` stands for; any word makes a panel, and ``@all`` is made by itself. ``order_of_two``
    names the order in which a strategy takes items of two classes: a run says that those that name the same are one.

    ``role`` says what a component is to those who name none of its kind (docs/plugins: Defaults): the ``default`` is
    taken, with a ``baseline`` others are compared. An ``oracle`` is a strategy that sees hidden labels
    (``View.true_labels``, ``View.score_after``): a reference that is drawn apart and never ranked. A data set that
    ``encodes`` is an ``EncodedDataset``: what ``--encoder`` makes of others. ``default_for`` is that of backbones and
    encoders for a modality, and of executors for ``one`` trial at a time or ``several``; ``stand_in_for`` names the
    data set whose place one takes where its files are not found. ``published`` is what ``albench data list`` shows of a
    data set, or ``"package.module:NAME"`` of it, a light module that is imported when it is listed.
    """

    def strategy(
        self,
        name: str,
        target: str | Callable[..., Strategy],
        summary: str = "",
        *,
        family: str = "",
        paper: str = "",
        panels: Sequence[str] = (),
        order_of_two: str = "",
        role: Literal["", "default", "baseline", "oracle"] = "",
    ) -> None: ...
    def method(
        self,
        name: str,
        target: str | Callable[..., Method],
        summary: str = "",
        *,
        family: str = "",
        paper: str = "",
        panels: Sequence[str] = (),
        role: Literal["", "default", "baseline"] = "",
    ) -> None: ...
    def dataset(
        self,
        name: str,
        target: str | Callable[..., Dataset],
        summary: str = "",
        *,
        role: Literal["", "default", "encodes"] = "",
        stand_in_for: str = "",
        published: str | Sequence[Published] = (),
    ) -> None: ...
    def encoder(
        self,
        name: str,
        target: str | Callable[..., Encoder],
        summary: str = "",
        *,
        paper: str = "",
        default_for: Sequence[Modality] = (),
    ) -> None: ...
    def backbone(
        self,
        name: str,
        target: str | Callable[..., Backbone],
        summary: str = "",
        *,
        default_for: Sequence[Modality] = (),
    ) -> None: ...
    def executor(
        self,
        name: str,
        target: str | Callable[..., Executor],
        summary: str = "",
        *,
        default_for: Sequence[Literal["one", "several"]] = (),
    ) -> None: ...
    def tracker(self, name: str, target: str | Callable[..., Tracker], summary: str = "") -> None: ...


@hookspec
def albench_register(add: Add) -> None:
    """Register components. Called once, at start; import nothing heavy here."""


@hookspec
def albench_suite_start(suite: SuiteFacts) -> None:
    """A suite starts, in the driving process."""


@hookspec
def albench_trial_start(trial: TrialFacts) -> None:
    """A trial starts, in the process that carries it out."""


@hookspec
def albench_round_end(event: RoundEnd) -> None:
    """A round is on disk, in the process that carries the trial out."""


@hookspec
def albench_trial_end(trial: TrialFacts) -> None:
    """A trial ended, done or failed, in the process that carries it out."""


@hookspec
def albench_suite_end(suite: SuiteFacts) -> None:
    """A suite ended, in the driving process."""


@hookspec
def albench_commands(group: click.Group) -> None:
    """Add commands to the albench command line."""

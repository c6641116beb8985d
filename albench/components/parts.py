"""A trial's components, built."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from albench.api.backbone import Backbone
    from albench.api.method import Method
    from albench.api.strategy import Strategy
    from albench.api.task import Task


class Named(Protocol):
    """What names its components by specs, as a trial does."""

    @property
    def method(self) -> str: ...

    @property
    def strategy(self) -> str: ...

    @property
    def backbone(self) -> str: ...


class Built(NamedTuple):
    """The components of a trial that its data go through."""

    method: Method
    strategy: Strategy
    backbone: Backbone

    def skip(self, trial: Named, task: Task) -> str:
        """Why one of them cannot run on a task, with the name that the trial has it by; "" where all can."""
        parts: tuple[Method | Strategy | Backbone, ...] = self
        for kind, part in zip(self._fields, parts, strict=True):
            if reason := part.skip(task):
                return f"{kind} {getattr(trial, kind)}: {reason}"
        return ""

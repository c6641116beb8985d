"""A listener that ends a run as Ctrl-C does."""

from __future__ import annotations

from typing import Any

from albench.api import Progress


class Interrupting:
    """Stands for Ctrl-C in a round."""

    def __init__(self, round: int) -> None:
        self.round = round

    def plan(self, plan: Any) -> None: ...

    def event(self, event: Any) -> None:
        if isinstance(event, Progress) and event.round == self.round:
            raise KeyboardInterrupt

    def outcome(self, outcome: Any) -> None: ...

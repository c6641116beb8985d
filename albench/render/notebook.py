"""What a run shows in a notebook: one bar that is drawn again where it stands, and the lines that stay below it."""

from __future__ import annotations

import sys
import time
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from albench.api.executor import Note, Outcome, Progress, Stopped
from albench.render.labels import label
from albench.render.live import Display, metric_text
from albench.wording import counted

if TYPE_CHECKING:
    from rich.text import Text

    from albench.execution.plan import Plan

PAUSE = 0.25
"""Seconds between two drawings: each is a message to the browser."""
RUNNING = 6
"""Trials that are shown while they run."""
STAY = 200
"""Lines that stay; of more, the first are left out."""


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel, or another that shows HTML as one does."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    return hasattr(shell, "kernel")


class NotebookDisplay(Display):
    """A bar of the suite's steps, a line for each trial that is running, and what is told, in one output.

    Nothing is needed beside IPython: no widgets, so that a saved notebook shows what the run left.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Text] = []
        self._left_out = 0
        self._running: dict[str, str] = {}
        self._handle: Any = None
        self._drawn = 0.0
        self._over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        self._draw(at_once=True)

    def say(self, line: Text) -> None:
        self._lines.append(line)
        self._left_out += len(self._lines) > STAY
        del self._lines[:-STAY]
        self._draw()

    def plan(self, plan: Plan) -> None:
        super().plan(plan)
        self._draw(at_once=True)

    def event(self, event: Progress | Note) -> None:
        """A trial reports."""
        if isinstance(event, Note):
            self.note(event)
            return
        self.step(event)
        about = [f"round {event.round + 1}/{event.rounds}", f"step {event.step}/{event.steps}", metric_text(event)]
        self._running[event.key] = ", ".join(filter(None, about))
        self._draw()

    def outcome(self, outcome: Outcome) -> None:
        """A trial ended."""
        self._running.pop(outcome.key, None)
        if isinstance(outcome, Stopped):
            return
        line = self.end(outcome)
        if self.tells(outcome):
            self.say(line)
        self._draw()

    def _draw(self, at_once: bool = False) -> None:
        now = time.monotonic()
        if not at_once and now - self._drawn < PAUSE:
            return
        self._drawn = now
        from IPython.display import display

        if self._handle is None:
            self._handle = display(_Html(self._html(), self._text()), display_id=True)
        else:
            self._handle.update(_Html(self._html(), self._text()))

    def _html(self) -> str:
        parts = []
        if self.total:
            most = max(1, sum(map(sum, self.steps.values())))
            bar = "" if self._over else f'<progress max="{most}" value="{self.clock.done}"></progress> '
            parts.append(f"<p>{bar}{escape(self._text())}</p>")
        shown = [] if self._over else [*self._running.items()][:RUNNING]
        parts += [f'<div style="opacity:0.7">{escape(f"{label(self.trials[key])}  {at}")}</div>' for key, at in shown]
        if self._lines:
            cut = f"<div>... {counted(self._left_out, 'line')} before</div>" if self._left_out else ""
            lines = "".join(
                f"<div{_STYLES.get(str(line.style), '')}>{escape(line.plain)}</div>" for line in self._lines
            )
            is_open = "" if self._over and self.ended == self.total else " open"
            parts.append(f"<details{is_open}><summary>What was run</summary>{cut}{lines}</details>")
        return "\n".join(parts)

    def _text(self) -> str:
        left = "" if self._over else self.clock.left()
        return f"{self.ended:,} of {counted(self.total, 'trial')} done{', ' + left if left else ''}"


_STYLES = {"red": ' style="color:#a83200"', "yellow": ' style="color:#8a5a00"', "green": ' style="opacity:0.7"'}


class _Html:
    """HTML with the text of those who show none."""

    def __init__(self, html: str, text: str) -> None:
        self._html, self._text = html, text

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return self._html

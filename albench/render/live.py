"""What a run shows while it runs: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from albench.api import executor
from albench.api.executor import Busy, Done, Failed, Note, Outcome, Stopped
from albench.bench.estimate import duration
from albench.render.labels import label
from albench.render.planned import plan_lines
from albench.wording import counted

if TYPE_CHECKING:
    from albench.execution.plan import Plan
    from albench.suite.trials import Trial

_MANY = 40
"""Trials above which a display tells their ends, and their rounds only now and then."""
_PAUSE = 60.0
"""Seconds between rounds that are told where trials are many."""
_WIDE = 110
"""Columns from which on there is room for longer bars and for the metric."""
_SHOWN = "test macro_f1 0.000"
"""As much room as the metric takes."""


class TimeLeft:
    """Time left, from the steps done since the first one was seen."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._steps: dict[str, int] = {}
        self._first: dict[str, int] = {}
        self._started: float | None = None

    def step(self, key: str, steps: int) -> None:
        if self._started is None:
            self._started = time.monotonic()
        self._first.setdefault(key, steps)
        self._steps[key] = steps

    def end(self, key: str, steps: int) -> None:
        """The trial needs no more steps, whether it did them or not."""
        self._first.setdefault(key, steps)
        self._steps[key] = steps

    @property
    def done(self) -> int:
        return sum(self._steps.values())

    def left(self) -> str:
        """``12 s left``, or nothing before there is a rate."""
        gained = self.done - sum(self._first.values())
        if self._started is None or gained <= 0:
            return ""
        rate = gained / max(1e-6, time.monotonic() - self._started)
        return f"{duration((self._total - self.done) / rate)} left"


class Display:
    """What all displays keep; each says in its own way what there is to say."""

    def __init__(self) -> None:
        self.trials: dict[str, Trial] = {}
        self.total = 0
        self.ended = 0
        self.steps: dict[str, list[int]] = {}
        self.clock = TimeLeft(0)

    def say(self, line: Text) -> None:
        """Show a line that stays."""
        raise NotImplementedError

    def plan(self, plan: Plan) -> None:
        for line in plan_lines(plan):
            self.say(line)
        self.trials = {trial.key: trial for trial in plan.todo}
        self.total = len(plan.todo)
        self.steps = {trial.key: plan.steps_of(trial) for trial in plan.todo}
        self.clock = TimeLeft(plan.total_steps)

    def note(self, note: Note) -> None:
        where = f"{label(self.trials[note.key])}: " if note.key in self.trials else ""
        self.say(Text(f"{where}{note.text}", style="yellow"))

    def step(self, event: executor.Progress) -> int:
        """Steps that a trial has behind it, noted for the time left."""
        done = sum(self.steps[event.key][: event.round]) + event.step
        self.clock.step(event.key, done)
        return done

    def end(self, outcome: Outcome) -> Text:
        """Count an ended trial; one line that says how it ended."""
        trial = self.trials[outcome.key]
        self.ended += 1
        self.clock.end(outcome.key, sum(self.steps[outcome.key]))
        head = f"[{self.ended}/{self.total}] {label(trial)}"
        if isinstance(outcome, Done):
            return Text(f"{head}  done in {duration(outcome.seconds)}", style="green")
        if isinstance(outcome, Busy):
            return Text(f"{head}  is being run by {outcome.owner}: run this again when that has ended", style="yellow")
        reason = outcome.reason if isinstance(outcome, Failed) else "the run's time is over"
        return Text(f"{head}  failed: {reason}", style="red")

    def tells(self, outcome: Outcome) -> bool:
        """Whether the end of a trial has a line of its own beside a bar: of many, those alone that went wrong."""
        return isinstance(outcome, Failed | Busy) or self.total <= _MANY


class _OnConsole(Display):
    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console

    def say(self, line: Text) -> None:
        self.console.print(line, soft_wrap=True)


class PlainDisplay(_OnConsole):
    """One line a round, for logs and pipes; of many trials one line each, and now and then a round."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._rounds: dict[str, int] = {}
        self._told: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def event(self, event: executor.Progress | Note) -> None:
        if isinstance(event, Note):
            self.note(event)
            return
        self.step(event)
        if event.round > 0 and self._rounds.get(event.key) != event.round:
            self._rounds[event.key] = event.round
            if self.total > _MANY and self._told is not None and time.monotonic() - self._told < _PAUSE:
                return
            self._told = time.monotonic()
            about = "".join(f", {text}" for text in (metric_text(event), self.clock.left()) if text)
            line = f"{label(self.trials[event.key])}  round {event.round}/{event.rounds}{about}"
            self.console.print(line, soft_wrap=True, markup=False)

    def outcome(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Stopped):  # they are counted at the end
            self.say(self.end(outcome))


class LiveDisplay(_OnConsole):
    """A bar for the suite and one for each trial that is running."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._wide = console.width >= _WIDE
        self._bar = 12 if self._wide else 8
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=self._bar),
            TextColumn("{task.fields[where]}"),
            TextColumn("{task.fields[metric]}", style="cyan"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._suite: TaskID | None = None
        self._live = Live(Group(self._bars), console=console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def plan(self, plan: Plan) -> None:
        super().plan(plan)
        if plan.todo:
            self._suite = self._bars.add_task("[bold]suite", total=plan.total_steps, where="starting ...", metric="")
            self._live.start()

    def event(self, event: executor.Progress | Note) -> None:
        if isinstance(event, Note):
            self.note(event)
            return
        if event.key not in self._tasks:
            most = f"round {event.rounds}/{event.rounds}  step {event.steps}/{event.steps}"
            beside = self._bar + (len(_SHOWN) + 1 if self._wide else 0)
            room = self.console.width - len(most) - beside - 3
            text = label(self.trials[event.key], room).replace("[", r"\[")
            self._tasks[event.key] = self._bars.add_task(text, total=sum(self.steps[event.key]), where="", metric="")
        steps = self.step(event)
        where = f"round {event.round + 1}/{event.rounds}  step {event.step}/{event.steps}"
        metric = metric_text(event) if self._wide else ""
        self._bars.update(self._tasks[event.key], completed=steps, where=where, metric=metric)
        self._update_suite()

    def _update_suite(self) -> None:
        if self._suite is not None:
            where = f"{self.ended}/{counted(self.total, 'trial')}  {self.clock.left()}"
            self._bars.update(self._suite, completed=self.clock.done, where=where)

    def outcome(self, outcome: Outcome) -> None:
        if outcome.key in self._tasks:
            self._bars.remove_task(self._tasks.pop(outcome.key))
        if isinstance(outcome, Stopped):
            return
        line = self.end(outcome)
        self._update_suite()
        if self.tells(outcome):
            self.say(line)


def display(console: Console) -> Any:
    """The display that fits the output."""
    return LiveDisplay(console) if console.is_terminal else PlainDisplay(console)


def metric_text(event: executor.Progress) -> str:
    """``test macro_f1 0.812``, of the trial's last round; empty before it has one."""
    return f"test {event.metric[0]} {event.metric[1]:.3f}" if event.metric else ""

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
from albench.execution.looking import later_look, look_lines
from albench.render.contents import contents
from albench.render.label_counts import label_counts, rounds_text
from albench.render.labels import budget_of, combinations, label, pair, seeds_text
from albench.suite.views import in_words, switches
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


def plan_lines(plan: Plan, verbose: bool = False) -> list[Text]:
    """What is about to run, in a few lines."""
    if line := later_look(plan):
        return [Text(line)]
    suite, lines = plan.suite, _defaults(plan)
    aliases = {str(spec): spec.alias for spec in suite.datasets}
    for name, data in plan.data.items():
        sizes = f"pool {len(data.splits.train):,}, val {len(data.splits.val):,}, test {len(data.splits.test):,}"
        called = aliases.get(name, "")
        shown_as = ((called, "bold"), f"  {name}") if called else ((name, "bold"),)
        lines.append(Text.assemble(*shown_as, f"  {sizes}, {counted(data.splits.task.n_classes, 'class')}"))
        if data.splits.stand_in:
            lines.append(Text(f"  stand-in for {data.splits.stand_in}: simulated, not real data", style="yellow"))
        lines += [Text(f"  {line}") for line in (*contents(data.splits), *data.splits.how_read)]
        lines.append(Text(f"  {_views(plan, name)}"))
        lines += [Text(f"  {notice}", style="yellow") for notice in data.splits.notices]
        lines += [Text(f"  {line}") for line in label_counts(plan, name)]
    settings = suite.protocol
    budgets = f"{counted(len(suite.budgets), 'budget')} x " if suite.budgets else ""
    n_full = sum(trial.protocol not in suite.protocols for trial in plan.all_trials)
    full = f" and {counted(n_full, 'trial')} of full supervision" if n_full else ""
    lines.append(
        Text(
            f"{counted(len(plan.all_trials), 'trial')} = {counted(len(plan.data), 'data set')} x {budgets}"
            f"{counted(len(suite.methods), 'method')} x {counted(len(suite.strategies), 'strategy')} x "
            f"{counted(len(suite.seeds), 'seed')}{full}; {rounds_text(suite.protocols)} of "
            f"{settings.steps_text}, {settings.start} start, on {plan.device} with {plan.executor}"
        )
    )
    lines += [Text(f"  {line}") for line in look_lines(plan)]
    lines += [Text(f"  {panel}: {', '.join(names)}") for panel, names in plan.panels.items()]
    for spec in (*suite.methods, *suite.strategies, *suite.backbones):
        if spec.alias:
            lines.append(Text.assemble((f"  {spec.alias}", "bold"), f" is {spec}"))
    if plan.done:
        is_, n_done = ("is" if len(plan.done) == 1 else "are"), counted(len(plan.done), "trial")
        lines.append(Text(f"{n_done} {is_} complete already, {len(plan.todo):,} to run", style="green"))
    if verbose:  # a run tells them as notes
        lines += [Text(line, style="yellow") for line in (*plan.mixing, *plan.notes)]
    lines += [Text(f"skipped {text}", style="yellow") for text in _skipped(plan)]
    if verbose:
        lines += [
            Text(f"  {pair(trial)}  {trial.shown[3]}  {budget_of(trial)}{seeds}", style="dim")
            for trial, seeds in combinations(plan.todo)
        ]
    return lines


def _defaults(plan: Plan) -> list[Text]:
    """What was taken because nothing was named, and how to name it."""
    taken = {"dataset": plan.suite.datasets, "method": plan.suite.methods, "strategy": plan.suite.strategies}
    return [
        Text(f"{kind} {taken[kind][0]} by default: another with -{kind[0]} NAME, see 'albench list {kind_plural}'")
        for kind, kind_plural in (("dataset", "datasets"), ("method", "methods"), ("strategy", "strategies"))
        if kind in plan.suite.by_default
    ]


def _views(plan: Plan, dataset: str) -> str:
    """What the data set's items are changed by for training; how to see it."""
    shift = next(trial.shift for trial in plan.all_trials if trial.dataset == dataset)
    data = plan.data[dataset]
    off = switches(data.dataset, data.splits.task, shift)
    how = f"off with {off}; " if off else ""
    return f"{in_words(data.dataset, data.splits.task, shift)} ({how}'albench data views' shows them)"


def _skipped(plan: Plan) -> list[str]:
    """One line for all seeds of a combination that are skipped for one reason."""
    seeds_of: dict[tuple[str, str], set[int]] = {}
    for trial in plan.all_trials:
        if trial.key in plan.skipped:
            seeds_of.setdefault((pair(trial), plan.skipped[trial.key]), set()).add(trial.seed)
    return [f"{name}  {seeds_text(sorted(seeds))}: {why}" for (name, why), seeds in seeds_of.items()]


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


class _Display:
    """What both displays keep."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.trials: dict[str, Trial] = {}
        self.total = 0
        self.ended = 0
        self.steps: dict[str, list[int]] = {}
        self.clock = TimeLeft(0)

    def plan(self, plan: Plan) -> None:
        for line in plan_lines(plan):
            self.console.print(line, soft_wrap=True)
        self.trials = {trial.key: trial for trial in plan.todo}
        self.total = len(plan.todo)
        self.steps = {trial.key: plan.steps_of(trial) for trial in plan.todo}
        self.clock = TimeLeft(plan.total_steps)

    def note(self, note: Note) -> None:
        where = f"{label(self.trials[note.key])}: " if note.key in self.trials else ""
        self.console.print(Text(f"{where}{note.text}", style="yellow"), soft_wrap=True)

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


class PlainDisplay(_Display):
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
            about = "".join(f", {text}" for text in (_metric(event), self.clock.left()) if text)
            line = f"{label(self.trials[event.key])}  round {event.round}/{event.rounds}{about}"
            self.console.print(line, soft_wrap=True, markup=False)

    def outcome(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Stopped):  # they are counted at the end
            self.console.print(self.end(outcome), soft_wrap=True)


class LiveDisplay(_Display):
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
        metric = _metric(event) if self._wide else ""
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
        if isinstance(outcome, Failed) or self.total <= _MANY or isinstance(outcome, Busy):
            self.console.print(line, soft_wrap=True)


def display(console: Console) -> Any:
    """The display that fits the output."""
    return LiveDisplay(console) if console.is_terminal else PlainDisplay(console)


def _metric(event: executor.Progress) -> str:
    """``test macro_f1 0.812``, of the trial's last round; empty before it has one."""
    return f"test {event.metric[0]} {event.metric[1]:.3f}" if event.metric else ""

"""What ``albench watch`` shows: a live table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from albench.bench.estimate import duration
from albench.metric_table import HEADLINE
from albench.render.labels import label, pair, seeds_text, short
from albench.results.follow import SuiteState, TrialState, TrialStatus
from albench.wording import counted

if TYPE_CHECKING:
    from types import TracebackType

_STYLES: dict[TrialStatus, str] = {
    "done": "green",
    "running": "cyan",
    "waiting": "",
    "died": "red",
    "failed": "red",
    "skipped": "yellow",
}
_COLUMNS: tuple[TrialStatus, ...] = ("done", "running", "waiting", "failed")
_ONLY_WHERE_ANY: tuple[TrialStatus, ...] = ("died", "skipped")
_LINES = 6
_NAMES = {
    "dataset": "data set",
    "method": "method",
    "strategy": "strategy",
    "backbone": "backbone",
    "protocol": "protocol",
}


def view(states: Sequence[SuiteState]) -> RenderableType:
    """Suites as they are; of several, a complete one is a line."""
    shown: list[RenderableType] = []
    for state in states:
        shown += [*([Text()] if shown else []), summary(state)]
        if not state.complete or len(states) == 1:
            shown += [*_lines(_running(state)), *_lines(_troubles(state)), *_table(state)]
    return Group(*shown)


def summary(state: SuiteState) -> Text:
    """``digits  12 trials: 5 done, 2 running, 5 waiting; 18 of 36 rounds; 40 s left``."""
    counts = {
        **{status: state.count(status) for status in _STYLES},
        "running": state.running,
        "waiting": state.waiting,
    }
    total = sum(counts.values())
    shown = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    in_all = _rounds_in_all(state)
    rounds = f"{sum(t.rounds for t in state.trials)} of {counted(in_all, 'round')}" if in_all else ""
    parts = [f"{counted(total, 'trial')}: {shown}" if total else "no trial yet", rounds, _end(state)]
    return Text.assemble((state.name, "bold"), "  ", "; ".join(filter(None, parts)), overflow="fold")


def _rounds_in_all(state: SuiteState) -> int:
    known = sum(trial.of for trial in state.trials if trial.status != "skipped")
    new = state.unseen + len(state.starting)
    return known + new * (max(trial.of for trial in state.trials) if state.trials else 0)


def _end(state: SuiteState) -> str:
    if state.complete:
        return "complete" if not state.count("failed") else "nothing is left to run"
    if not state.running:
        return "no process is running it"
    left = state.seconds_left()
    return f"about {duration(left)} left" if left is not None else ""


def again(state: SuiteState) -> Text:
    """What to type so that a suite that nobody runs goes on."""
    command = shlex.join(state.command) if state.command else "albench run"
    return Text.assemble(f"{state.name}: no process is running it. To go on: ", (command, "bold"), overflow="fold")


def _running(state: SuiteState) -> Iterator[Text]:
    for trial in state.trials:
        if trial.status == "running":
            yield Text(f"{label(trial)}  round {trial.rounds + 1}/{trial.of}  {trial.owner}", style="cyan")
    for key, owner in state.starting.items():
        yield Text(f"{key}  starting  {owner}", style="cyan")


def _troubles(state: SuiteState) -> Iterator[Text]:
    for trial in state.trials:
        if trial.status == "died":
            yield died(trial)
    for trial, seconds in state.silent:
        yield Text(f"{label(trial)}: no news from {trial.owner} for {duration(seconds)}", style="yellow")
    ended: dict[tuple[str, ...], list[int]] = {}
    for trial in state.trials:
        if trial.status in ("failed", "skipped"):
            ended.setdefault((pair(trial), trial.status, trial.reason), []).append(trial.seed)
    for (head, status, reason), seeds in ended.items():
        yield Text(f"{head}  {seeds_text(seeds)}  {status}: {reason}", style="red" if status == "failed" else "yellow")


def died(trial: TrialState) -> Text:
    """A trial whose process is no more."""
    kept = f"{trial.rounds} of {counted(trial.of, 'round')} kept"
    return Text(f"{label(trial)}: {trial.owner} died; {kept}, the same command goes on there", style="red")


def _lines(lines: Iterator[Text]) -> Iterator[Padding]:
    """The first few, and how many more there are."""
    every = list(lines)
    more = [Text(f"... and {len(every) - _LINES} more like these", style="dim")] if len(every) > _LINES else []
    for line in (*every[:_LINES], *more):
        line.overflow = "fold"
        yield Padding(line, (0, 0, 0, 2))


def _table(state: SuiteState) -> Iterator[RenderableType]:
    """A row for all seeds of a combination; the names that all share stand above the table."""
    if not state.trials:
        return
    first = state.trials[0]
    names = [name for name in _NAMES if name == "strategy" or len({getattr(t, name) for t in state.trials}) > 1]
    # A budget says more than a hash, where it says which protocol is meant.
    protocols = {trial.protocol: trial.bought for trial in state.trials}
    told = "bought" if all(protocols.values()) and len(set(protocols.values())) == len(protocols) else "protocol"
    shared = ", ".join(f"{_NAMES[name]} {getattr(first, name)}" for name in _NAMES if name not in names)
    yield Text(f"  {shared}", style="dim", overflow="fold")
    statuses = [status for status in (*_COLUMNS, *_ONLY_WHERE_ANY) if status == "done" or state.count(status)]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(
            "budget" if (name, told) == ("protocol", "bought") else _NAMES[name], overflow="fold", no_wrap=True
        )
    for title in (*statuses, "rounds", f"test {HEADLINE}"):
        table.add_column(title, justify="right", no_wrap=True)
    cells: dict[tuple[str, ...], list[TrialState]] = {}
    for trial in state.trials:
        cells.setdefault(trial.cell, []).append(trial)
    for _, trials in sorted(cells.items(), key=lambda cell: (cell[0][:4], _labels(cell[1][0].bought), cell[0])):
        counts = {status: sum(trial.status == status for trial in trials) for status in statuses}
        table.add_row(
            *(Text(short(getattr(trials[0], told if name == "protocol" else name))) for name in names),
            *(Text(str(count or "-"), style=_STYLES[status] if count else "dim") for status, count in counts.items()),
            f"{sum(trial.rounds for trial in trials)}/{sum(trial.of for trial in trials)}",
            _metric(trials),
        )
    yield Padding(table, (0, 0, 0, 2))


def _labels(budget: str) -> list[int]:
    """What budgets are ordered by."""
    return [int(number) for number in re.findall(r"\d+", budget)]


def _metric(trials: Sequence[TrialState]) -> str:
    """Each seed's last value: one number, or the lowest and highest."""
    values = sorted(trial.metric for trial in trials if trial.metric is not None)
    if not values:
        return "-"
    lowest, highest = f"{values[0]:.3f}", f"{values[-1]:.3f}"
    return lowest if lowest == highest else f"{lowest}-{highest}"


class LiveWatch:
    """A table that changes in place."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, states: Sequence[SuiteState]) -> None:
        """Replace what is shown."""
        self._live.update(view(states), refresh=True)


class PlainWatch:
    """The table once, a line for each change, and how it ended; for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before: dict[tuple[str, str], TrialState] | None = None
        self._last: Sequence[SuiteState] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for state in self._last:
                self._print(summary(state))

    def show(self, states: Sequence[SuiteState]) -> None:
        """Say what changed since the last time."""
        if self._before is None:
            self._console.print(view(states))
        else:
            self._last = states
            for state in states:
                for trial in state.trials:
                    self._change(self._before.get((state.name, trial.key)), trial, _end(state))
        self._before = {(state.name, trial.key): trial for state in states for trial in state.trials}

    def _change(self, before: TrialState | None, trial: TrialState, end: str) -> None:
        if trial.rounds and (before is None or before.rounds != trial.rounds):
            metric = f", test {HEADLINE} {trial.metric:.3f}" if trial.metric is not None else ""
            self._print(Text(f"{label(trial)}  round {trial.rounds}/{trial.of}{metric}{', ' * bool(end)}{end}"))
        if trial.status == (before.status if before else "waiting"):
            return
        if trial.status == "died":
            self._print(Text(died(trial).plain))
        elif trial.status != "running":
            self._print(Text(f"{label(trial)}  {trial.status}{': ' * bool(trial.reason)}{trial.reason}"))

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)


def watcher(console: Console) -> Any:
    """The display that fits the output."""
    return LiveWatch(console) if console.is_terminal else PlainWatch(console)

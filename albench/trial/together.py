"""Trials that differ by seed alone, carried out side by side: their steps are one, their rounds are their own."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from albench.api.executor import Note, Progress
from albench.errors import OutOfTime, TrialError
from albench.results.store import TrialStore
from albench.suite.limits import in_time
from albench.suite.plan import Trial
from albench.training.lanes import train_together
from albench.training.train import Trained
from albench.trial.numerics import Clock, numerics
from albench.trial.parts import Parts
from albench.trial.stored import StoredRun


@dataclass
class Lane:
    """One of the trials.

    Attributes
    ----------
    facts, on_round
        As for ``albench.trial.stored.StoredRun``.
    error
        What ended the trial, where it failed.
    """

    trial: Trial
    store: TrialStore
    facts: dict[str, Any]
    on_round: Callable[[dict[str, Any]], None]
    error: BaseException | None = None
    stored: StoredRun | None = None

    @property
    def going(self) -> StoredRun | None:
        """The trial's run, while there is something left to do."""
        return None if self.error or self.stored is None or self.stored.done else self.stored

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """What goes wrong in here ends this trial alone."""
        try:
            yield
        except (Exception, SystemExit) as error:
            self.error = error


def run_trials(lanes: Sequence[Lane], parts: Parts, emit: Callable[[Progress | Note], None]) -> None:
    """Carry out what is missing of several trials; a failure is left in its lane's ``error``.

    Trials that were interrupted in different rounds catch up first: those in the lowest round go on together.
    """
    with numerics(lanes[0].trial.protocol.threads):
        for lane in lanes:
            with lane.guarded():
                lane.stored = StoredRun(lane.trial, parts, lane.store, lane.facts, emit, lane.on_round)
        while going := [(lane, stored) for lane in lanes if (stored := lane.going)]:
            try:
                in_time(parts.deadline)
            except OutOfTime as error:
                for lane, _ in going:
                    lane.error = error
                return
            number = min(stored.next for _, stored in going)
            members = [(lane, stored) for lane, stored in going if stored.next == number]
            for (lane, stored), trained in _train(members, parts, number):
                with lane.guarded():
                    if isinstance(trained, BaseException):
                        raise trained
                    stored.keep(stored.run.finish(number, trained))


Member = tuple[Lane, StoredRun]
Result = Trained | BaseException


def _train(members: Sequence[Member], parts: Parts, number: int) -> list[tuple[Member, Result]]:
    """One round's training of all members; a first round that another trial left is taken as it is."""
    shared = parts.shared if number == 0 else None
    found: list[tuple[Member, Result]] = []
    with contextlib.ExitStack() as held:
        todo: list[Member] = []
        for lane, stored in sorted(members, key=lambda member: member[0].trial.seed):
            with lane.guarded():
                stored.run.begin(number)
                run, made_with = stored.run, parts.made_with
                hold = shared.hold(lane.trial, run.initial_hash, made_with, run.tell) if shared else None
                left = held.enter_context(hold) if hold else None
                if left:
                    found.append(((lane, stored), stored.run.learner.adopt(left)))
                else:
                    todo.append((lane, stored))
        for (lane, stored), trained in zip(todo, _together(todo, parts, number), strict=True):
            found.append(((lane, stored), trained))
            if shared and isinstance(trained, Trained):
                with lane.guarded():
                    parts.look()
                    shared.keep(lane.trial, stored.run.initial_hash, parts.made_with, stored.run.learner.left(trained))
    return found


def _together(members: Sequence[Member], parts: Parts, number: int) -> Sequence[Result]:
    if not members:
        return []
    runs = [stored.run for _, stored in members]

    def progress(step: int) -> None:
        for run in runs:
            run.progress(number, step)

    clock = Clock(parts.device)
    try:
        found: list[Trained | TrialError] = train_together(
            [run.learner for run in runs],
            [run.batches(number) for run in runs],
            [run.validate for run in runs],
            progress,
        )
    except Exception as error:  # of the step itself: it has no lane of its own
        return [error] * len(runs)
    clock.lap("train")
    share = clock.seconds["train"] / len(runs)
    return [dataclasses.replace(one, seconds=share) if isinstance(one, Trained) else one for one in found]

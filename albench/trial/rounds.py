"""The round loop: train -> evaluate -> query -> annotate, of a trial alone or of several that differ by seed alone."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from albench import devices
from albench.api.executor import Note, Progress
from albench.errors import OutOfTime, TrialError
from albench.results.store import TrialStore
from albench.suite.limits import in_time
from albench.suite.trials import Trial
from albench.training.graphs import Graphed
from albench.training.lanes import Stack
from albench.training.learner import Learner
from albench.training.loop import Trained, Trainee, train_round
from albench.training.timed import Stepwise
from albench.trial.first_round import adopt, first_round_of
from albench.trial.numerics import Clock, numerics
from albench.trial.parts import Parts
from albench.trial.stored import StoredRun


class TooMany(Exception):
    """Several lanes in one step take more memory than the device has."""


Joined = Callable[[Sequence[Learner]], Trainee]
"""How learners are trained: one alone, or all in one step."""


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

    def open(self, parts: Parts, emit: Callable[[Progress | Note], None]) -> None:
        """Begin the trial, or go on with what is on disk of it."""
        with self.guarded():
            self.stored = StoredRun(self.trial, parts, self.store, self.facts, emit, self.on_round)

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """What goes wrong in here ends this trial alone."""
        try:
            yield
        except (Exception, SystemExit) as error:
            self.error = error


def run_trials(lanes: Sequence[Lane], parts: Parts, emit: Callable[[Progress | Note], None], *, together: bool) -> None:
    """Carry out what is missing of trials, a record a round; a failure is left in its lane's ``error``.

    Trials that were interrupted in different rounds catch up first: those in the lowest round go on together.

    Parameters
    ----------
    together
        Whether their steps are one; else there is one trial.
    """
    joined: Joined = Stack if together else _alone
    if parts.settings.graphs and not parts.whole:
        joined = _by_graphs(Stack if together else _alone, lanes, emit)
    most = len(lanes)
    with numerics(lanes[0].trial.protocol.threads, parts.device):
        for lane in lanes:
            lane.open(parts, emit)
        while going := [(lane, stored) for lane in lanes if (stored := lane.going)]:
            try:
                in_time(parts.settings.deadline)
            except OutOfTime as error:
                for lane, _ in going:
                    lane.error = error
                return
            number = min(stored.next for _, stored in going)
            members = [(lane, stored) for lane, stored in going if stored.next == number][:most]
            if _round(members, parts, number, joined):
                continue
            full, most = [lane for lane, _ in members], (len(members) + 1) // 2
            del going[:], members[:]  # what holds a learner holds its memory
            _open_again(full, most, parts, emit)


def _open_again(lanes: Sequence[Lane], most: int, parts: Parts, emit: Callable[[Progress | Note], None]) -> None:
    """Let go of trials whose steps did not fit together, and begin their round again from what is on disk."""
    told = f"{len(lanes)} seeds in one step do not fit into the memory of {parts.device}: from here on {most} at most"
    for lane in lanes:
        lane.stored = None
        lane.store.log.write("warning", "lanes", message=told)
    gc.collect()  # a learner and its views know each other
    devices.empty_cache(parts.device)
    emit(Note(lanes[0].trial.key, f"lanes: {told}."))
    for lane in lanes:
        lane.open(parts, emit)


def _alone(learners: Sequence[Learner]) -> Learner:
    (learner,) = learners
    return learner


def _by_graphs(
    joined: Callable[[Sequence[Learner]], Stepwise], lanes: Sequence[Lane], emit: Callable[[Progress | Note], None]
) -> Joined:
    """The same, its steps launched as graphs; why there is none is told once."""

    @functools.cache
    def tell(why: str) -> None:
        told = f"{why}: this round, and each that is like it, goes on without graphs"
        for lane in lanes:
            lane.store.log.write("warning", "graphs", message=told)
        emit(Note(lanes[0].trial.key, f"graphs: {told}."))

    return lambda learners: Graphed(joined(learners), tell)


Member = tuple[Lane, StoredRun]


def _round(members: Sequence[Member], parts: Parts, number: int, joined: Joined) -> bool:
    """A round of all members, each with its record; False where their steps do not fit together."""
    try:
        through = _train(members, parts, number, joined)
    except TooMany:
        return False
    for (lane, stored), trained in through:
        with lane.guarded():
            stored.keep(stored.run.finish(number, trained))
    return True


def _train(members: Sequence[Member], parts: Parts, number: int, joined: Joined) -> list[tuple[Member, Trained]]:
    """One round's training of all members; a first round that another trial left is taken as it is."""
    shared = parts.shared if number == 0 and not parts.whole else None
    through: list[tuple[Member, Trained]] = []
    with contextlib.ExitStack() as claims:
        to_train: list[Member] = []
        for lane, stored in sorted(members, key=lambda member: member[0].trial.seed):
            with lane.guarded():
                run = stored.run
                stored.tune()
                run.begin(number)
                hold = shared.hold(lane.trial, run.start_hash, parts.made_with, run.tell) if shared else None
                first_round = claims.enter_context(hold) if hold else None
                if first_round:
                    through.append(((lane, stored), adopt(run.network, first_round)))
                else:
                    to_train.append((lane, stored))
        for (lane, stored), result in zip(to_train, _trained(to_train, parts, number, joined), strict=True):
            with lane.guarded():
                if isinstance(result, BaseException):
                    raise result
                if shared:
                    parts.look()
                    first_round = first_round_of(stored.run.network, result)
                    shared.keep(lane.trial, stored.run.start_hash, parts.made_with, first_round)
                through.append(((lane, stored), result))
    return through


def _trained(members: Sequence[Member], parts: Parts, number: int, joined: Joined) -> Sequence[Trained | BaseException]:
    if not members:
        return []
    runs = [stored.run for _, stored in members]

    def progress(step: int) -> None:
        for run in runs:
            run.progress(number, step)

    clock, full = Clock(parts.device), False
    try:
        results: Sequence[Trained | TrialError] = (
            [run.fit(number) for run in runs]
            if parts.whole
            else train_round(
                joined([run.network for run in runs]),
                [run.batches(number) for run in runs],
                [run.validate for run in runs],
                progress,
            )
        )
    except Exception as error:  # of the step itself: it has no lane of its own
        full = len(runs) > 1 and devices.is_full(error)
        if not full:
            return [error] * len(runs)
    if full:  # out here nothing of the step is held any more
        raise TooMany
    clock.lap("train")
    share = clock.seconds["train"] / len(runs)
    return [dataclasses.replace(one, seconds=share) if isinstance(one, Trained) else one for one in results]

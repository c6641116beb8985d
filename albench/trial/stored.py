"""A trial carried out with its records on disk: it goes on where they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from albench.api.executor import Note, Progress
from albench.environment import Made, others_than
from albench.errors import TrialError
from albench.results.records import FORMAT, TUNED
from albench.results.store import TrialStore
from albench.suite.trials import Trial
from albench.trial.parts import Parts
from albench.trial.run import TrialRun
from albench.trial.tuned import Tuned
from albench.trial.tuning import tuned


class StoredRun:
    """A trial being carried out, with its records on disk.

    Parameters
    ----------
    facts
        What ``trial.json`` says of the trial; the initial set's hash is added here.
    on_round
        Called with each record once it is on disk.
    """

    def __init__(
        self,
        trial: Trial,
        parts: Parts,
        store: TrialStore,
        facts: dict[str, Any],
        emit: Callable[[Progress | Note], None],
        on_round: Callable[[dict[str, Any]], None],
    ) -> None:
        self.run = TrialRun(trial, parts, emit)
        self._store = store
        self._on_round = on_round
        self._rounds = trial.protocol.rounds
        self._warm = trial.protocol.start == "warm" and not parts.whole
        if parts.only_with and (other := others_than(parts.made_with, [[parts.only_with]])[1]):
            raise TrialError(f"--strict: the process that has the trial is not as the one that began the run: {other}.")
        made = Made(parts.run, parts.made_with)
        records = store.start({**facts, "initial_hash": self.run.initial_hash}, made)
        self._tuned: Tuned | None = None
        if records and (before := records[-1].get(TUNED)):
            self.run.use(before["values"])
        if records and self._warm and len(records) < self._rounds:
            checkpoint = store.load_checkpoint(len(records) - 1)
            if checkpoint is None:  # without the weights the rounds cannot go on: the trial is made again
                store.truncate(0)
                records = []
            else:
                self.run.network.restore(checkpoint)
        for problem in store.problems:
            emit(Note(trial.key, f"{problem}."))
            store.log.write("warning", "damage", message=problem, rounds_kept=len(records))
        if records:
            store.log.write("info", "resumed", round=len(records))
        self.run.bought.replay(records)
        self.next = self._first = store.log.round = len(records)

    @property
    def done(self) -> bool:
        return self.next >= self._rounds

    def tune(self) -> None:
        """Tune what the next round trains with, where the protocol says so; another process may have done it."""
        protocol, tunings = self.run.trial.protocol, self.run.parts.tunings
        if not protocol.tune or (self.next and protocol.tune_when == "first"):
            return
        assert tunings is not None
        self._tuned = tuned(self.run, tunings, self.next)
        self.run.use(self._tuned.values)

    def keep(self, record: dict[str, Any]) -> None:
        """Put the next round's record on disk."""
        record = self._with_tuning(record)
        number, last = self.next, self.next + 1 == self._rounds
        self.run.parts.look()
        if self._warm and not last:
            self._store.save_checkpoint(number, {"format": FORMAT, **self.run.network.checkpoint()})
        self._store.append(record)
        if self._warm or last or number == self._first:  # of an attempt before, and of this one
            self._store.drop_checkpoints(keep=None if last else number)
        self._on_round(record)
        self.next += 1
        self._store.log.round = None if last else self.next

    def _with_tuning(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record with what was tuned for its round, or before."""
        if not self.run.values:
            return record
        tuned, self._tuned = self._tuned, None
        if tuned is None:
            return {**record, TUNED: {"values": self.run.values}}
        return {**record, TUNED: tuned.record, "seconds": {**record["seconds"], "tune": round(tuned.seconds, 4)}}

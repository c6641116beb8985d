"""First rounds that the trials of a run share, until the last that could read one has ended."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from albench.execution.jobs import SHARED
from albench.execution.plan import Plan
from albench.suite.trials import Trial
from albench.trial.first_round import SharedRounds


class Shares:
    """First rounds that trials share: a file goes once the last trial that could read it has ended."""

    def __init__(self, plan: Plan) -> None:
        self._rounds = {
            name: SharedRounds(plan.folder / SHARED, data.hash, lambda trial: plan.made[trial.key])
            for name, data in plan.data.items()
        }
        self._left = Counter(self._path(trial) for trial in plan.todo)
        for trial in plan.done:  # of a run killed after its last record
            if not self._left[self._path(trial)]:
                self._rounds[trial.dataset].drop(trial)

    def _path(self, trial: Trial) -> Path:
        return self._rounds[trial.dataset].path(trial)

    def ended(self, trial: Trial) -> None:
        self._left[self._path(trial)] -= 1
        if self._left[self._path(trial)] == 0:
            self._rounds[trial.dataset].drop(trial)

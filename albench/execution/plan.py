"""What a run will do: its trials, their data, and what is to be told of them. Nothing of it is on disk yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from albench.components.registry import Registry
from albench.components.spec import Spec
from albench.data.loading import Data
from albench.execution.looks import Looking
from albench.results.provenance import Made
from albench.suite.protocol import Amounts, Protocol
from albench.suite.settings import RunSettings
from albench.suite.trials import Suite, Trial


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Attributes
    ----------
    suite
        With all that it left open settled.
    settings
        How it is run, settled too: ``device`` is one that is there, ``executor`` is named.
    registry
        What the plugins offer.
    all_trials
        Every trial of the suite.
    todo, done
        Trials to carry out, and trials that are complete already.
    skipped
        Trials that cannot run, with the reason.
    amounts
        Data set spec and protocol -> label counts.
    data
        Data set spec -> its data.
    made
        Trial -> what makes it (see ``albench.results.provenance``).
    run
        Names the run, in the manifest and in each trial that it carries out.
    only_with
        What every process has to compute with (``--strict``); None for whatever it has.
    mixing
        What the folder holds that was made with other versions, one line each.
    notes
        What the user has to know before the run.
    looking
        The looks at which seeds are added; None where their number is fixed.
    panels
        What panels stand for: ``"strategies @standard"`` -> names.
    """

    suite: Suite
    settings: RunSettings
    registry: Registry
    all_trials: list[Trial]
    todo: list[Trial]
    done: list[Trial]
    skipped: dict[str, str]
    amounts: dict[tuple[str, Protocol], Amounts]
    data: dict[str, Data]
    made: dict[str, Made]
    run: str
    only_with: dict[str, str] | None
    mixing: tuple[str, ...]
    notes: tuple[str, ...]
    panels: dict[str, list[str]]
    looking: Looking | None = None

    @property
    def folder(self) -> Path:
        """The suite's folder."""
        return self.settings.out / self.suite.name

    @property
    def device(self) -> str:
        """The device that trains."""
        return self.settings.device

    @property
    def executor(self) -> Spec:
        """What carries the trials out."""
        assert self.settings.executor is not None
        return self.settings.executor

    @property
    def total_steps(self) -> int:
        """Training steps of all trials that are to be run."""
        return sum(sum(self.steps_of(trial)) for trial in self.todo)

    def steps_of(self, trial: Trial) -> list[int]:
        """Training steps of each of a trial's rounds; one, where an estimator is fitted whole."""
        if self.registry.parts(trial).whole:
            return [1] * trial.protocol.rounds
        amounts = self.amounts[trial.dataset, trial.protocol]
        return [trial.protocol.steps_in(n_labeled) for n_labeled in amounts.labels]

"""What an executor carries: one trial, or several seeds that train together."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from albench.environment import Environment
from albench.results.job_files import JobFiles
from albench.results.provenance import Made
from albench.suite.settings import RunSettings
from albench.suite.trials import Trial


class Terms(NamedTuple):
    """What the run began with: each process that carries a trial of it out has to have the same.

    Attributes
    ----------
    run
        The ``id`` of the manifest's entry.
    data_hash
        Of the trials' data set.
    made
        What makes the trials (see ``albench.results.provenance``).
    only_with
        What a process has to compute with (``--strict``); None for whatever it has.
    """

    run: str
    data_hash: str
    made: Made
    only_with: Environment | None


@dataclass(frozen=True)
class Job(JobFiles):
    """One trial, or several that differ by seed alone, for an executor: it can be sent to another process.

    Attributes
    ----------
    together
        Whether seeds share their steps; one trial alone then goes the same way as many, so that it comes out the same.
    share
        Whether a first round is left for, and taken from, trials that differ by strategy alone.
    """

    trials: tuple[Trial, ...]
    settings: RunSettings
    terms: Terms
    together: bool
    share: bool

    @property
    def device(self) -> str:
        """Where it trains."""
        return self.settings.device

    def on_device(self, name: str) -> Self:
        """The job on a device of another name, as a process knows it that sees one GPU alone."""
        return dataclasses.replace(self, settings=dataclasses.replace(self.settings, device=name))

    def at(self, folder: str | Path) -> Self:
        """The job in a folder of its own, where no other leaves it a first round."""
        return dataclasses.replace(super().at(folder), share=False)

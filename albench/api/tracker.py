"""The contract of a tracker: follows a run and writes it down elsewhere."""

from __future__ import annotations

from albench.api.facts import RoundEnd, SuiteFacts, TrialFacts


class Tracker:
    """Base of a tracker. Subclass as a dataclass whose fields are the options; override what is of interest.

    A suite's start and end are told in the driving process, everything about a trial in the process that carries it
    out, which may be another. Each process makes an instance of its own, with the same options, and keeps it for all
    the trials that it carries out; so a tracker may keep files and connections open, in attributes that it sets itself.

    What a tracker raises is reported once and ends nothing.
    """

    def suite_start(self, suite: SuiteFacts) -> None:
        """A suite starts; ``suite.path`` is its folder."""

    def trial_start(self, trial: TrialFacts) -> None:
        """A trial starts, or goes on after an interruption; ``trial.folder`` is the suite's folder."""

    def round_end(self, event: RoundEnd) -> None:
        """A round is on disk. The rounds of an interrupted trial that were told before are not told again."""

    def trial_end(self, trial: TrialFacts) -> None:
        """A trial ended: ``trial.status`` is "done", or "failed" or "stopped" with ``trial.reason``.

        A stopped trial goes on later, or in another process: at a time limit, Ctrl-C, or a disk that is full. Not told
        of a trial whose process died, as those of worker processes do at Ctrl-C: who would tell it is gone. The next
        ``trial_start`` of its key follows.
        """

    def suite_end(self, suite: SuiteFacts) -> None:
        """A suite ended, whatever became of its trials and whatever ended it, but for a process that was killed."""

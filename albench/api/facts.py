"""What trackers are told: plain facts of a suite, a trial and a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SuiteFacts:
    """A suite, as trackers see it."""

    name: str
    path: str
    n_trials: int
    manifest: dict[str, Any]


@dataclass(frozen=True)
class TrialFacts:
    """A trial, as trackers see it.

    Attributes
    ----------
    status, reason
        ``"running"``, ``"done"``, ``"failed"`` or ``"stopped"`` (it has rounds left), and why.
    folder
        The suite's folder.
    """

    key: str
    dataset: str
    method: str
    strategy: str
    backbone: str
    seed: int
    status: str = "running"
    reason: str = ""
    folder: str = ""


@dataclass(frozen=True)
class RoundEnd:
    """One finished round: the record as it is on disk."""

    trial: TrialFacts
    record: dict[str, Any]

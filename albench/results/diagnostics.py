"""What records tell beside metrics: what was bought after each round, and what it learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from albench.results.records import TrialFiles

LISTS = "all", "threshold"
"""The long lists of a record that are kept: the classes of what was bought, and thresholds over steps."""


class RoundDiagnostics(NamedTuple):
    """What one record tells.

    Attributes
    ----------
    n_labeled
        Labels that the round learnt from.
    bought
        Of each class, how many were bought after it; empty where nothing was.
    minority
        The share of what was bought that belongs to classes smaller than the mean class.
    accepted, correct
        Share and accuracy of pseudo labels at its end.
    threshold
        The method's threshold over the round's steps.
    """

    n_labeled: int
    bought: list[int]
    minority: float | None
    accepted: float | None
    correct: float | None
    threshold: list[float]


@dataclass(frozen=True)
class TrialDiagnostics:
    """What a trial's records tell.

    Attributes
    ----------
    protocol
        Its hash.
    classes
        Names of the classes.
    """

    protocol: str
    classes: tuple[str, ...]
    rounds: tuple[RoundDiagnostics, ...]


def diagnostics_of(files: TrialFiles) -> TrialDiagnostics:
    """What a trial's records, read with ``LISTS``, tell beside metrics."""
    rounds = tuple(map(_of_round, files.records))
    return TrialDiagnostics(files.facts["protocol_hash"], tuple(files.facts.get("class_names", ())), rounds)


def _of_round(record: dict[str, Any]) -> RoundDiagnostics:
    query, pseudo = record["query"], record["pseudo_label"]
    return RoundDiagnostics(
        record["n_labeled"],
        query.get("per_class", {}).get("all", []),
        query.get("minority_share", {}).get("all"),
        pseudo["accepted"],
        pseudo["accuracy"],
        record["training"].get("threshold", []),
    )

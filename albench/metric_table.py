"""The metrics that records hold: one table for all that shows, compares, bounds or chooses by one."""

from __future__ import annotations

import math
from dataclasses import dataclass

RECALL = "recall."
"""Begins the name of the metric of one class, as in ``recall.benign``."""
HEADLINE = "macro_f1"
"""The metric that is shown where there is room for one."""


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    title
        How a sentence or an axis names it.
    range
        Lowest and highest value; infinities where it is not known.
    chooses_weights
        Whether a protocol may choose a round's weights by its value on validation data.
    of_scores
        Whether it needs more than the predicted classes.
    """

    name: str
    title: str
    higher_is_better: bool = True
    range: tuple[float, float] = (0.0, 1.0)
    chooses_weights: bool = False
    of_scores: bool = False


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "accuracy", chooses_weights=True),
        Metric("balanced_accuracy", "balanced accuracy", chooses_weights=True),
        Metric("minority_recall", "minority recall"),
        Metric("macro_precision", "macro precision"),
        Metric("macro_recall", "macro recall"),
        Metric("macro_f1", "macro F1", chooses_weights=True),
        Metric("auroc", "AUROC", chooses_weights=True, of_scores=True),
        Metric("average_precision", "average precision", chooses_weights=True, of_scores=True),
        Metric("ece", "ECE", higher_is_better=False, of_scores=True),
        Metric("quadratic_weighted_kappa", "quadratic weighted kappa", range=(-1.0, 1.0)),
        Metric("sensitivity_at_95_specificity", "sensitivity at 95 specificity", of_scores=True),
    )
}
"""Name -> metric, in the order in which they are shown."""


def metric_named(name: str) -> Metric:
    """A metric by its name: of the table, the recall of a class, or another one, of which little is known."""
    if name in METRICS:
        return METRICS[name]
    if name.startswith(RECALL):
        return Metric(name, f"recall of {name.removeprefix(RECALL)}")
    first, _, of = name.partition(".")
    title = f"{first} of {of}" if of else name.replace("_", " ")
    return Metric(name, title, range=(-math.inf, math.inf))

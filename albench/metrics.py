"""Evaluation metrics from probabilities, in NumPy: what radiology reads on graded, unbalanced data.

Every value is the one that scikit-learn gives for the same question; here they share one confusion matrix and one
sort a class. What is undefined is ``nan``, never a number that looks like a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from albench.errors import TrialError

N_BINS = 15
"""Equal-width confidence bins of the calibration error."""
FEW_ITEMS, FEW_OF_CLASS = 50, 10
"""Items of a split, and of one class in it, below which its metrics carry no claim, whatever the number of seeds."""


def metrics(probs: np.ndarray, y: np.ndarray, class_names: Sequence[str], ordinal: bool = False) -> dict[str, float]:
    """All metrics of one split.

    The predicted class is the first one of the largest probability. Where a class has no item in ``y``:

    - its ``recall.<name>`` is nan, and ``balanced_accuracy`` is the mean recall of the other classes;
    - it is left out of the means ``auroc`` and ``average_precision``, for which it is undefined (``auroc`` also
      leaves out a class to which every item belongs; with no class left the value is nan);
    - ``minority_recall`` is without it (nan where no class with items is smaller than the mean class);
    - it counts in ``macro_precision``, ``macro_recall`` and ``macro_f1`` where it was predicted (with 0) and not
      otherwise: these are means over the classes in ``y`` or among the predictions, an undefined ratio being 0.

    Parameters
    ----------
    probs
        (N, C) class probabilities.
    y
        (N,) labels, ``0 .. C - 1``.
    class_names
        C names, in label order.
    ordinal
        True where the class order means something: adds ``quadratic_weighted_kappa``.

    Returns
    -------
    ``accuracy``, ``balanced_accuracy``, ``minority_recall`` (mean recall of the classes with fewer items than the mean
    class), ``macro_precision``, ``macro_recall``, ``macro_f1``, ``auroc`` and ``average_precision`` (of class 1 for two
    classes, else the mean of each class against the rest), ``ece``,
    ``quadratic_weighted_kappa`` for ordinal classes, ``sensitivity_at_95_specificity`` for two classes, and
    ``recall.<name>`` for every class.

    Raises
    ------
    ValueError
        Where shapes do not belong together, a label is out of range or there is no item.
    TrialError
        Where a probability is not finite: the training diverged.
    """
    y = np.asarray(y)
    _check(probs, y, len(class_names))
    predicted = probs.argmax(axis=1)
    confusion = _confusion(y, predicted, len(class_names))
    recall, counted = _counted(confusion)
    found = {"accuracy": float(np.trace(confusion) / len(y)), **counted}
    if len(class_names) == 2:
        curve = _curve(probs[:, 1], y == 1)
        found["auroc"] = _auroc(curve)
        found["average_precision"] = _average_precision(curve)
        found["sensitivity_at_95_specificity"] = _sensitivity(curve)
    else:
        curves = [_curve(probs[:, label], y == label) for label in range(len(class_names))]
        found["auroc"] = _mean([_auroc(curve) for curve in curves])
        found["average_precision"] = _mean([_average_precision(curve) for curve in curves])
    found["ece"] = calibration_error(probs.max(axis=1), predicted == y)
    if ordinal:
        found["quadratic_weighted_kappa"] = _kappa(confusion)
    found.update({f"recall.{name}": float(value) for name, value in zip(class_names, recall, strict=True)})
    return found


def calibration_error(confidence: np.ndarray, correct: np.ndarray, n_bins: int = N_BINS) -> float:
    """Expected calibration error of the top label (Guo et al. 2017, equation 3).

    ``sum over bins of (items in the bin / N) * |accuracy of the bin - mean confidence of the bin|``; bin ``b`` of
    ``n_bins`` holds confidences in ``(b / n_bins, (b + 1) / n_bins]``.

    Parameters
    ----------
    confidence
        (N,) top probabilities.
    correct
        (N,) bool: whether the top class is the label.
    n_bins
        Number of equal-width bins.
    """
    wide = confidence.astype(np.float64)
    bins = np.clip(np.ceil(wide * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    gap = np.bincount(bins, weights=correct - wide, minlength=n_bins)
    return float(np.abs(gap).sum() / len(wide))


def log_loss(probs: np.ndarray, y: np.ndarray) -> float:
    """Mean of ``-log p`` of the labels, by (N, C) probabilities and labels (N,); inf where one was held impossible."""
    with np.errstate(divide="ignore"):
        return float(-np.log(probs[np.arange(len(y)), y]).mean())


@dataclass(frozen=True)
class _Curve:
    """Items called positive at each distinct score, highest first: (T,) true and false ones, and both totals."""

    true: np.ndarray
    false: np.ndarray
    n_positive: int
    n_negative: int


def _check(probs: np.ndarray, y: np.ndarray, n_classes: int) -> None:
    if probs.ndim != 2 or probs.shape != (len(y), n_classes):
        raise ValueError(f"probs has shape {probs.shape}; {len(y)} labels and {n_classes} classes need another.")
    if not len(y):
        raise ValueError("there is no item to evaluate.")
    if y.min() < 0 or y.max() >= n_classes:
        raise ValueError(f"labels run from {y.min()} to {y.max()}; {n_classes} classes need 0 to {n_classes - 1}.")
    if not np.isfinite(probs).all():
        raise TrialError("the model's probabilities are not finite: training diverged; try a lower learning rate.")


def _confusion(y: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """(C, C) float64 counts: row the label, column the prediction."""
    flat = np.bincount(y.astype(np.int64) * n_classes + predicted, minlength=n_classes**2)
    return flat.reshape(n_classes, n_classes).astype(np.float64)


def _counted(confusion: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Recall of each class (C,), nan where it is absent, and the means that follow from the confusion matrix."""
    hit, labeled, called = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    present = labeled > 0
    recall = np.full(len(hit), np.nan)
    recall[present] = hit[present] / labeled[present]
    minority = present & (labeled * len(hit) < labeled.sum())
    seen = present | (called > 0)
    hit, labeled, called = hit[seen], labeled[seen], called[seen]
    return recall, {
        "balanced_accuracy": float(recall[present].mean()),
        "minority_recall": _mean(recall[minority].tolist()),
        "macro_precision": float((hit / np.maximum(called, 1)).mean()),
        "macro_recall": float((hit / np.maximum(labeled, 1)).mean()),
        "macro_f1": float((2 * hit / (labeled + called)).mean()),
    }


def _curve(score: np.ndarray, positive: np.ndarray) -> _Curve:
    """One sort: equal scores are one threshold."""
    order = np.argsort(score)[::-1]
    ordered = score[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    true = np.cumsum(positive[order])[last]
    return _Curve(true, last + 1 - true, int(true[-1]), int(last[-1] + 1 - true[-1]))


def _auroc(curve: _Curve) -> float:
    """Area under the ROC curve by trapezoids, which gives a tie half; nan without positives or negatives."""
    if not curve.n_positive or not curve.n_negative:
        return float("nan")
    # Whole numbers until the last division: exact whatever the number of items.
    true = np.concatenate([[0], curve.true])
    doubled = int((np.diff(curve.false, prepend=0) * (true[1:] + true[:-1])).sum())
    return doubled / (2 * curve.n_positive * curve.n_negative)


def _average_precision(curve: _Curve) -> float:
    """``sum over thresholds of (R_n - R_{n-1}) P_n``, without interpolation; nan without positives."""
    if not curve.n_positive:
        return float("nan")
    precision = curve.true / (curve.true + curve.false)
    return float((np.diff(curve.true, prepend=0) * precision).sum() / curve.n_positive)


def _sensitivity(curve: _Curve) -> float:
    """Largest sensitivity of any threshold whose specificity is at least 95 %; nan without positives or negatives."""
    if not curve.n_positive or not curve.n_negative:
        return float("nan")
    allowed = curve.false * 20 <= curve.n_negative
    return float(np.max(curve.true, where=allowed, initial=0) / curve.n_positive)


def _kappa(confusion: np.ndarray) -> float:
    """Cohen's kappa with weights ``(i - j)^2`` over all classes; nan where label and prediction are one same class."""
    labels = np.arange(len(confusion))
    weights = (labels[:, None] - labels[None, :]) ** 2
    expected = np.outer(confusion.sum(axis=1), confusion.sum(axis=0)) / confusion.sum()
    by_chance = (weights * expected).sum()
    return float(1 - (weights * confusion).sum() / by_chance) if by_chance > 0 else float("nan")


def _mean(values: list[float]) -> float:
    """Mean of what is defined; nan where nothing is."""
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")

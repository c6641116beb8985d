"""What ``albench.metrics`` gives of one model's predictions on each of many resamples of the test items, all at once.

A resample is a weight for each item: how often it was drawn.
"""

from __future__ import annotations

import numpy as np

from albench.item_predictions import Labelled, Predictions
from albench.metric_table import METRICS, RECALL, metric_named
from albench.metrics import N_BINS


def not_kept(metric: str, split: Labelled) -> str:
    """Why a metric cannot be taken on resamples; empty where it can."""
    known = metric in METRICS or metric.removeprefix(RECALL) in split.class_names
    if known and metric_named(metric).of_scores and len(split.class_names) > 2:
        return f"records keep the predicted classes of test items, and of more than two classes no scores: no {metric}"
    return "" if known else f"{metric} is not known here"


class Resamples:
    """B resamples of one test split.

    Parameters
    ----------
    weights
        (B, N) float32: how often each item is in each resample.
    """

    def __init__(self, split: Labelled, weights: np.ndarray) -> None:
        self._split = split
        self._weights = weights
        self._n_classes = len(split.class_names)
        self._labeled = self._sums(split.y, np.ones(len(split.y)))
        self._total = self._labeled.sum(axis=1)

    def metric(self, name: str, model: Predictions) -> np.ndarray:
        """(B,) a metric of ``albench.metrics``; NaN where it is not defined."""
        if metric_named(name).of_scores:
            assert model.log_odds is not None
            return self._calibration(model) if name == "ece" else self._of_order(name, model.log_odds)
        return self._of_counts(name, model.predicted)

    def _sums(self, columns: np.ndarray, values: np.ndarray, n_columns: int = 0) -> np.ndarray:
        """(B, C) the weights of items times their values, summed by the column (N,) that each belongs to."""
        spread = np.zeros((len(columns), n_columns or self._n_classes), dtype=np.float32)
        spread[np.arange(len(columns)), columns] = values
        return np.asarray(self._weights @ spread, dtype=np.float64)

    def _of_counts(self, name: str, predicted: np.ndarray) -> np.ndarray:
        y = self._split.y
        labeled, total = self._labeled, self._total
        called, hit = self._sums(predicted, np.ones(len(y))), self._sums(predicted, predicted == y)
        if name == "accuracy":
            return np.asarray(hit.sum(axis=1) / total)
        if name == "quadratic_weighted_kappa":
            return self._kappa(predicted, called)
        with np.errstate(divide="ignore", invalid="ignore"):
            recall = hit / labeled  # NaN where the class was not drawn
            if name.startswith(RECALL):
                return np.asarray(recall[:, self._split.class_names.index(name.removeprefix(RECALL))])
            if name == "balanced_accuracy":
                return _means(recall, labeled > 0)
            if name == "minority_recall":
                return _means(recall, (labeled > 0) & (labeled * self._n_classes < total[:, None]))
            parts = {
                "macro_precision": hit / np.maximum(called, 1),
                "macro_recall": hit / np.maximum(labeled, 1),
                "macro_f1": 2 * hit / (labeled + called),
            }
        return _means(parts[name], (labeled > 0) | (called > 0))

    def _kappa(self, predicted: np.ndarray, called: np.ndarray) -> np.ndarray:
        labels = np.arange(self._n_classes)
        apart = (labels[:, None] - labels[None, :]) ** 2.0
        found = self._weights @ apart[self._split.y, predicted].astype(np.float32)
        by_chance = ((self._labeled @ apart) * called).sum(axis=1) / self._total
        return np.asarray(1 - found / np.where(by_chance > 0, by_chance, np.nan))

    def _calibration(self, model: Predictions) -> np.ndarray:
        assert model.log_odds is not None
        confidence = 1 / (1 + np.exp(-np.abs(model.log_odds)))
        bins = np.clip(np.ceil(confidence * N_BINS).astype(np.int64) - 1, 0, N_BINS - 1)
        gap = self._sums(bins, (model.predicted == self._split.y) - confidence, N_BINS)
        return np.asarray(np.abs(gap).sum(axis=1) / self._total)

    def _of_order(self, name: str, score: np.ndarray) -> np.ndarray:
        order = np.argsort(-score, kind="stable")
        last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # equal scores are one threshold
        weights, positive = self._weights[:, order].astype(np.float64), self._split.y[order] == 1
        true, false = (np.cumsum(weights * part, axis=1)[:, last] for part in (positive, ~positive))
        n_positive, n_negative = true[:, -1:], false[:, -1:]
        start = np.zeros((len(true), 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            if name == "average_precision":
                precision = np.nan_to_num(true / (true + false))  # before the first item drawn nothing is added
                steps = np.diff(true, prepend=start, axis=1)
                return np.asarray((steps * precision).sum(axis=1) / n_positive[:, 0])
            if name == "sensitivity_at_95_specificity":
                allowed = np.where(false * 20 <= n_negative, true, 0).max(axis=1)
                found = allowed / n_positive[:, 0]
                return np.asarray(np.where(n_negative[:, 0] > 0, found, np.nan))
            before = np.concatenate([start, true[:, :-1]], axis=1)
            doubled = (np.diff(false, prepend=start, axis=1) * (true + before)).sum(axis=1)
            return np.asarray(doubled / (2 * n_positive[:, 0] * n_negative[:, 0]))


def _means(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """(B,) means over the columns that are there; NaN where none is."""
    n = there.sum(axis=1)
    return np.asarray(np.where(there, values, 0.0).sum(axis=1) / np.where(n > 0, n, np.nan))

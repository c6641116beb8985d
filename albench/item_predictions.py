"""What a model said of each test item, small enough to stand in every record: intervals over test items rest on it."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

KEY = "test_items"
"""Where it stands, in a record and in ``trial.json``."""
_MOST = 256 * 2**20
"""Bytes that one packed array may unfold to."""
_FAR = 60_000.0
"""Largest log odds that are kept; float16 ends at 65,504."""


@dataclass(frozen=True)
class Labelled:
    """A test split as its metrics see it.

    Attributes
    ----------
    y
        (N,) int64 labels.
    groups
        (N,) int64, equal where two items are of one group (patient); every item its own where that is not known.
    named
        Whether groups are known.
    class_names
        C names, in label order.
    """

    y: np.ndarray
    groups: np.ndarray
    named: bool
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Predictions:
    """What one model said of N test items.

    Attributes
    ----------
    predicted
        (N,) int64 classes, as the metrics take them.
    log_odds
        (N,) float64, of class 1 of two classes; None with more.
    """

    predicted: np.ndarray
    log_odds: np.ndarray | None


def facts_of(y: np.ndarray, groups: np.ndarray | None) -> dict[str, str]:
    """What ``trial.json`` holds of a test split: its labels, and which items are of one group, without names."""
    found = {"y": _packed(_small(y))}
    if groups is not None:
        found["groups"] = _packed(_small(np.unique(np.asarray(groups).astype(str), return_inverse=True)[1]))
    return found


def record_of(probs: np.ndarray) -> dict[str, str]:
    """What a record holds of a model's (N, C) test probabilities.

    The predicted class of each item; of two classes the log odds of class 1 (float16), whose sign says the class.
    """
    predicted = probs.argmax(axis=1)
    if probs.shape[1] != 2:
        return {"predicted": _packed(_small(predicted))}
    with np.errstate(divide="ignore"):
        odds = np.clip(np.log(probs[:, 1]) - np.log(probs[:, 0]), -_FAR, _FAR).astype("<f2")
    odds[(predicted == 1) & (odds <= 0)] = np.finfo(np.float16).smallest_subnormal  # too close to even for float16
    return {"log_odds": _packed(odds)}


def labelled_of(facts: Mapping[str, Any]) -> Labelled | None:
    """The test split that ``trial.json`` says; None where it does not.

    Raises
    ------
    ValueError
        Where what stands there is not what ``facts_of`` writes.
    """
    stored = facts.get(KEY)
    if not stored:
        return None
    y = _unpacked(stored["y"]).astype(np.int64)
    named = "groups" in stored
    groups = _unpacked(stored["groups"]).astype(np.int64) if named else np.arange(len(y))
    names = tuple(facts["class_names"])
    if len(groups) != len(y) or not len(y) or y.max() >= len(names) or groups.max() >= len(y):
        raise ValueError(f"{len(y)} labels and {len(groups)} groups of test items do not belong together")
    return Labelled(y, groups, named, names)


def predictions_of(record: Mapping[str, Any]) -> Predictions | None:
    """The predictions that a record holds; None where it holds none.

    Raises
    ------
    ValueError
        Where what stands there is not what ``record_of`` writes.
    """
    stored = record.get(KEY)
    if not stored:
        return None
    if "log_odds" not in stored:
        return Predictions(_unpacked(stored["predicted"]).astype(np.int64), None)
    odds = _unpacked(stored["log_odds"]).astype(np.float64)
    return Predictions((odds > 0).astype(np.int64), odds)


def fitting(model: Predictions | None, split: Labelled | None) -> Predictions | None:
    """Predictions that belong to a split.

    Raises
    ------
    ValueError
        Where they are of other items, other classes or, of two classes, without log odds.
    """
    if model is None or split is None:
        return model
    n_classes = len(split.class_names)
    if len(model.predicted) != len(split.y) or model.predicted.max() >= n_classes:
        raise ValueError(f"predictions that are not of {len(split.y)} test items of {n_classes} classes")
    odds = model.log_odds
    if (odds is None) == (n_classes == 2) or (odds is not None and np.isnan(odds).any()):
        raise ValueError(f"predictions that are not as those of {n_classes} classes are kept")
    return model


def _small(values: np.ndarray) -> np.ndarray:
    """Whole numbers from 0 in as few bytes as hold them, little-endian."""
    most = int(values.max()) if len(values) else 0
    return values.astype("u1" if most < 2**8 else "<u2" if most < 2**16 else "<u4")


def _packed(values: np.ndarray) -> str:
    """``TYPE:`` and the bytes, deflated, in base 64."""
    return f"{values.dtype.str.lstrip('|')}:{base64.b64encode(zlib.compress(values.tobytes(), 9)).decode()}"


def _unpacked(text: str) -> np.ndarray:
    kind, _, content = text.partition(":")
    if kind not in ("u1", "<u2", "<u4", "<f2"):
        raise ValueError(f"{kind!r} is no type of test items")
    inflating = zlib.decompressobj()
    try:
        whole = inflating.decompress(base64.b64decode(content, validate=True), _MOST)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(str(error)) from None
    if inflating.unconsumed_tail or not inflating.eof:
        raise ValueError(f"test items of more than {_MOST // 2**20} MB, or cut off")
    return np.frombuffer(whole, dtype=kind)

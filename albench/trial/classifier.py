"""A fitted classifier of scikit-learn's kind as strategies read it: its probabilities, and the items as embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from albench.errors import UserError


def said_by(model: Any, known: Mapping[str, Any], n_classes: int | None) -> dict[str, Any]:
    """What ``albench.select`` is given in the place of a classifier.

    Parameters
    ----------
    model
        Has ``predict_proba``, and may have ``classes_``: where those are numbers, each column goes to its class.
    known
        ``pool`` and ``labeled``, as the classifier reads them, or None; and ``probs``, ``embeddings``,
        ``labeled_probs`` and ``labeled_embeddings``, of which embeddings that are given stand.

    Raises
    ------
    UserError
        Where it is no classifier, or what it gives is given too.
    """
    if not callable(getattr(model, "predict_proba", None)):
        raise UserError(
            f"model is a {type(model).__name__}: give a torch module or a fitted classifier with predict_proba, or "
            "probs= in its place."
        )
    if known["pool"] is None:
        raise UserError("model: what it is to read is missing: give pool=.")
    made = {}
    for of, items in (("", known["pool"]), ("labeled_", known["labeled"])):
        if known[f"{of}probs"] is not None:
            raise UserError(f"model: {of}probs would come from it and are given too: leave out one of both.")
        if items is not None:
            made[f"{of}probs"] = _in_columns(np.asarray(model.predict_proba(items)), model, n_classes)
            if known[f"{of}embeddings"] is None:
                made[f"{of}embeddings"] = np.asarray(items, np.float32).reshape(len(items), -1)
    return made


def _in_columns(probs: np.ndarray, model: Any, n_classes: int | None) -> np.ndarray:
    """Probabilities (n, C) with a column for each class, where its classes are numbers from 0 on."""
    classes = np.asarray(getattr(model, "classes_", np.arange(probs.shape[1])))
    if classes.dtype.kind not in "iu" or len(classes) != probs.shape[1] or classes.min() < 0:
        return probs
    whole = np.zeros((len(probs), max(n_classes or 0, int(classes.max()) + 1)))
    whole[:, classes] = probs
    return whole

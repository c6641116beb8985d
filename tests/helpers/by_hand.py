"""Formulas in NumPy, written out: what torch computes has to agree."""

from __future__ import annotations

from typing import Any

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """(N, C) probabilities of logits."""
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) of labels (N,)."""
    return -np.log(softmax(logits)[np.arange(len(labels)), labels])


def entropy(probs: Any) -> Any:
    """Of the last axis."""
    probs = np.asarray(probs, dtype=np.float64)
    return -(probs * np.log(np.maximum(probs, 1e-300))).sum(axis=-1)


def random_samples(t: int, n: int, c: int, seed: int = 0, sharpness: float = 2.0) -> np.ndarray:
    """(T, N, C) probabilities of T drawn models."""
    exp = np.exp(sharpness * np.random.default_rng(seed).normal(size=(t, n, c)))
    return exp / exp.sum(axis=2, keepdims=True)

"""Functions that are strategies by their arguments."""

import numpy as np


def least_confident(probs, n):
    """n positions of the smallest top probabilities."""
    return probs.max(axis=1).argsort(kind="stable")[:n]


def unsure(probs):
    """A score an item."""
    return 1 - probs.max(axis=1)


def from_afar(embeddings, n, rng, spread=1.0):
    """n positions, some far from the mean: needs no model."""
    far = np.linalg.norm(embeddings - embeddings.mean(axis=0), axis=1) * spread
    return np.argsort(-far - 1e-9 * rng.random(len(far)), kind="stable")[:n]


def unknown(probabilities, n):
    """Asks for what there is not."""


def nothing(n):
    """Forgets to return."""


def too_many(n):
    """One more than were asked for."""
    return np.arange(n + 1)

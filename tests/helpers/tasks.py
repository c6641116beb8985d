"""Tasks by the shape of their items."""

from __future__ import annotations

from albench.api import Task


def task(*shape: int, n_classes: int = 5) -> Task:
    """Vectors of one number, images of three."""
    names = tuple(f"c{label}" for label in range(n_classes))
    return Task("features" if len(shape) == 1 else "image", shape, n_classes, names, pool_size=10)

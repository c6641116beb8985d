"""Three classes of four features."""

from __future__ import annotations

import numpy as np

from albench.api import Split, Splits, Task


def splits() -> Splits:
    """30, 9 and 9 items, the classes in turn."""
    rng = np.random.Generator(np.random.PCG64(0))
    parts = [Split(rng.standard_normal((n, 4)).astype(np.float32), np.arange(n) % 3) for n in (30, 9, 9)]
    return Splits(*parts, Task("features", (4,), 3, ("a", "b", "c"), pool_size=30))

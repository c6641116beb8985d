"""The methods that train by gradient steps: those that fit estimators whole have tests of their own."""

from __future__ import annotations

from albench.components.registry import registry


def stepwise() -> list[str]:
    """Names of albench's own, sorted."""
    ours = (c.name for c in registry().components("method") if c.distribution == "albench")
    return sorted(name for name in ours if "steps" in registry().build("method", name).training)

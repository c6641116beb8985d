"""Which losses of labelled items an estimator can be fitted with."""

from __future__ import annotations

from albench.api import Method


def why_not(method: Method) -> str | None:
    """Why a method that fits estimators cannot run with its option ``loss``, or None."""
    if method.labeled_loss_name in ("cross-entropy", "class-weighted"):
        return None
    return (
        f"loss {method.labeled_loss_name} shifts logits in gradient steps, and estimators have none: write "
        "loss=class-weighted, or leave it out"
    )

"""What changes from step to step of a round: the learning rate, how far the average looks back, when to validate."""

from __future__ import annotations

import math

from albench.api.horizon import kept_at
from albench.suite.protocol import Protocol


def cosine(step: int, steps: int) -> float:
    """Learning-rate factor cos(7 pi k / 16 K) of FixMatch (Sohn et al., NeurIPS 2020, section 2.4)."""
    return math.cos(7 * math.pi * step / (16 * steps))


def lr_factor(protocol: Protocol, step: int, steps: int) -> float:
    """What the protocol's schedule multiplies the learning rate by in ``step`` of a round's ``steps``."""
    return cosine(step, steps) if protocol.schedule == "cosine" else 1.0


def ema_decay(step: int, decay: float) -> float:
    """Decay of the weights' average at 0-based ``step``, by the rule of ``albench.api.horizon`` for every average.

    So the random initial weights are soon forgotten, of which a constant 0.999 would leave 82 % after 200 steps.
    """
    return min(decay, kept_at(step))


def check_steps(protocol: Protocol, steps: int) -> set[int]:
    """Of a round's ``steps`` those after which it validates: the last one, and without validation that one alone."""
    count = protocol.evaluations if protocol.validation != "none" else 1
    return {round(steps * (at + 1) / count) for at in range(count)} | {steps}

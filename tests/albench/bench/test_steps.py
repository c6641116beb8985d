"""Training steps and lanes are really carried out."""

from __future__ import annotations

from albench.bench.measured import TimedCase
from albench.bench.steps import lane_seconds, whole_and_bare


def test_steps_and_lanes_are_carried_out() -> None:
    case = TimedCase("mlp", (16,), 3, 200, steps=2)
    assert min(whole_and_bare(case, blocks=1)) > 0
    one, each, together = lane_seconds(case, 3, blocks=1)
    assert min(one, each, together) > 0

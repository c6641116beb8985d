"""Training steps and lanes are really carried out."""

from __future__ import annotations

import pytest

from albench.bench.measured import TimedCase
from albench.bench.steps import graph_seconds, lane_seconds, whole_and_bare
from albench.testing.pretended import pretended_cuda, unavailable


def test_steps_and_lanes_are_carried_out() -> None:
    case = TimedCase("mlp", (16,), 3, 200, steps=2)
    assert min(whole_and_bare(case, blocks=1)) > 0
    one, each, together = lane_seconds(case, 3, blocks=1)
    assert min(one, each, together) > 0


@pytest.mark.parametrize("count", [1, 2])
def test_steps_are_carried_out_as_graphs(count: int) -> None:
    if reason := unavailable():
        pytest.skip(reason)
    with pretended_cuda() as account:
        made = graph_seconds(TimedCase("mlp", (16,), 3, 200, steps=3), "cuda:0", count, blocks=1)
    assert min(made) > 0
    assert account.kernels["cuda_graph"] == 3

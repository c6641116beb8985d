"""Curves of what the steps log, and the check that it is still numbers."""

from __future__ import annotations

import pytest
import torch

from albench.errors import TrialError
from albench.training.curves import UNREAD_STEPS, Curves


def test_curves_are_means_of_stretches() -> None:
    curves = Curves(40)
    for step in range(40):
        curves.add(step, {"loss": torch.tensor(float(step))})
    assert curves.means()["loss"] == [0.5 + 2 * i for i in range(20)]
    short = Curves(3)
    for step in range(3):
        short.add(step, {"loss": torch.tensor(1.0)})
    assert short.means() == {"loss": [1.0, 1.0, 1.0]}


@pytest.mark.parametrize("lanes", [(), (3,)])
def test_a_stretch_is_summed_in_float32_one_step_after_the_other(lanes: tuple[int, ...]) -> None:
    steps = 2 * UNREAD_STEPS + 40
    logs = torch.rand(steps, *lanes, generator=torch.Generator().manual_seed(0)) * 1e3
    curves = Curves(steps)
    sums = [torch.zeros(lanes)] * 20
    for step in range(steps):
        curves.add(step, {"loss": logs[step], "half": logs[step].bfloat16()})
        sums[step * 20 // steps] = sums[step * 20 // steps] + logs[step]
    counts = [sum(step * 20 // steps == place for step in range(steps)) for place in range(20)]
    for lane in range(*lanes or (1,)):
        totals = [float(total.view(-1)[lane]) for total in sums]
        expected = [float(f"{total / count:.6g}") for total, count in zip(totals, counts, strict=True)]
        assert curves.means(lane)["loss"] == expected


def test_each_lane_has_curves_of_its_own() -> None:
    curves = Curves(2)
    for step in range(2):
        curves.add(step, {"loss": torch.tensor([1.0, 10.0]) * (step + 1)})
    assert [curves.means(lane) for lane in (0, 1)] == [{"loss": [1.0, 2.0]}, {"loss": [10.0, 20.0]}]


def test_the_first_step_that_is_no_number_is_named_with_the_losses_before_it() -> None:
    curves = Curves(8)
    for step, loss in enumerate((0.5, 0.25)):
        curves.add(step, {"loss": torch.tensor(loss)})
    curves.check_finite(1, {})
    curves.forget()
    for step, loss in enumerate((0.125, float("inf"), 0.5), start=2):
        curves.add(step, {"loss": torch.tensor(loss)})
    with pytest.raises(TrialError, match=r"the loss became inf in round 1, step 3; the steps before had 0\.125: lower"):
        curves.check_finite(1, {})


def test_a_lane_is_judged_by_its_own_loss_and_memory() -> None:
    curves = Curves(1)
    curves.add(0, {"loss": torch.tensor([1.0, float("nan"), 1.0])})
    state = {"scale": torch.tensor([[1.0, 1.0], [1.0, 1.0], [1.0, float("nan")]])}
    curves.check_finite(0, state, lane=0)
    with pytest.raises(TrialError, match=r"the loss became nan in round 0, step 0; the steps before had none"):
        curves.check_finite(0, state, lane=1)
    with pytest.raises(TrialError, match=r"state 'scale' became NaN in round 0, by step 0"):
        curves.check_finite(0, state, lane=2)

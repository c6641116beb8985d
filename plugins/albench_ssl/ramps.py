"""Ramps: how the weight of an unlabelled loss rises over the first steps after the weights were initialised.

Authors ramp over a share of a long training: 80 of 300 epochs (Laine and Aila 2017), 40,000 of 150,000 steps (Tarvainen
and Valpola 2017), a quarter of the epochs (Verma et al. 2019), 2^14 of 2^20 steps (Berthelot et al. 2019). By the rule
of ``albench.api.horizon`` a ramp takes the same share of a round, but lasts at least for its first 200 steps: weights
of 75 and 100 would else meet a network that has learnt nothing yet, and on small image sets every item then ends in one
class. A ramp is counted in steps since the weights were last initialised, so that on a warm start it is over after the
first round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from albench.api import Method, RoundFacts, State, Task, lasting_steps, option

if TYPE_CHECKING:
    from torch import device as Device


@dataclass(frozen=True)
class Ramped(Method):
    """Base of the methods whose unlabelled loss ramps up; how long it does is ``ramp_steps`` of the state."""

    ramp_share: ClassVar[float]
    """Share of the authors' training."""
    ramp_least: ClassVar[float] = 0.0
    """The least share of a round of up to 200 steps."""

    ramp_steps: int | None = option(
        None, "steps over which the unlabelled weight rises; none for a share of the round, 0 for no ramp", ge=0
    )

    def init(self, task: Task, device: Device) -> State:
        return {"ramp_steps": torch.full((), float(self.ramp_steps or 0), device=device)}

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Learn how long a round is."""
        ramp = lasting_steps(facts.steps, self.ramp_share, self.ramp_least, given=self.ramp_steps)
        return state | {"ramp_steps": torch.full_like(state["ramp_steps"], ramp)}


def linear_ramp(step: Tensor, ramp_steps: Tensor) -> Tensor:
    """() float32 ``min(1, step / ramp_steps)``; 1 without a ramp.

    Lee 2013, equation 16 with T1 = 0 and T2 = ``ramp_steps``; MixMatch (Berthelot et al. 2019) raises its weight so.

    Parameters
    ----------
    step
        () int64, 0-based.
    ramp_steps
        () float32 steps until the weight is whole; 0 for no ramp.
    """
    share = (step / ramp_steps.clamp(min=1.0)).clamp(max=1.0)
    return torch.where(ramp_steps > 0, share, torch.ones_like(share))


def gaussian_ramp(step: Tensor, ramp_steps: Tensor) -> Tensor:
    """() float32 ``exp(-5 (1 - t)^2)`` with ``t = linear_ramp(step, ramp_steps)``: from 0.007 to 1.

    Laine and Aila, "Temporal Ensembling for Semi-Supervised Learning", ICLR 2017, arXiv 1610.02242, appendix A; called
    sigmoid-shaped by those who took it over.
    """
    return torch.exp(-5 * (1 - linear_ramp(step, ramp_steps)).square())

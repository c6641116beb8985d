"""Ramps: how the weight of an unlabelled loss rises over the first steps after the weights were initialised.

Authors ramp over a share of a long training: 80 of 300 epochs (Laine and Aila 2017), 40,000 of 150,000 steps (Tarvainen
and Valpola 2017), a quarter of the epochs (Verma et al. 2019), 16,000 steps (Berthelot et al. 2019). A benchmark trains
for about 200 steps a round, and a quarter of those is too short: the weights of 75 and 100 then meet a network that has
learnt nothing yet, and on small image sets every item ends in one class. So a ramp is counted in steps since the
weights were last initialised, and a Gaussian one lasts for a whole round, a linear one for two: on a cold start it ends
the round at half of the weight, on a warm start it is over after the second round.
"""

from __future__ import annotations

import torch
from torch import Tensor

GAUSSIAN_STEPS = 200
LINEAR_STEPS = 400


def linear_ramp(step: Tensor, ramp_steps: int) -> Tensor:
    """() float32 ``min(1, step / ramp_steps)``; 1 without a ramp.

    Lee 2013, equation 16 with T1 = 0 and T2 = ``ramp_steps``; MixMatch (Berthelot et al. 2019) raises its weight so.

    Parameters
    ----------
    step
        () int64, 0-based.
    ramp_steps
        Steps until the weight is whole; 0 for no ramp.
    """
    # Shifted by one where there is no ramp, so that step 0 counts in full.
    return ((step if ramp_steps else step + 1).to(torch.float32) / max(ramp_steps, 1)).clamp(max=1.0)


def gaussian_ramp(step: Tensor, ramp_steps: int) -> Tensor:
    """() float32 ``exp(-5 (1 - t)^2)`` with ``t = linear_ramp(step, ramp_steps)``: from 0.007 to 1.

    Laine and Aila, "Temporal Ensembling for Semi-Supervised Learning", ICLR 2017, arXiv 1610.02242, appendix A; called
    sigmoid-shaped by those who took it over.
    """
    return torch.exp(-5 * (1 - linear_ramp(step, ramp_steps)).square())

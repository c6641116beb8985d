"""What a trial's numbers depend on beside its seed, held and given back."""

from __future__ import annotations

import torch

from albench.trial.numerics import flushes_denormals, numerics


def test_denormal_floats_are_flushed_inside_a_trial_and_as_they_were_after_it() -> None:
    for before in (True, False):
        torch.set_flush_denormal(before)
        with numerics(1):
            assert flushes_denormals()
        assert flushes_denormals() is before

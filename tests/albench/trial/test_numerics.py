"""What a trial's numbers depend on beside its seed, held and given back."""

from __future__ import annotations

import time

import pytest
import torch

from albench.trial.numerics import Clock, flushes_denormals, numerics, peak_memory_mb


def test_denormal_floats_are_flushed_inside_a_trial_and_as_they_were_after_it() -> None:
    for before in (True, False):
        torch.set_flush_denormal(before)
        with numerics(1):
            assert flushes_denormals()
        assert flushes_denormals() is before


def test_threads_and_sums_are_held_and_given_back_whatever_is_raised() -> None:
    before = torch.get_num_threads(), torch.backends.cudnn.deterministic
    inside: list[tuple[int, bool]] = []

    def fails() -> None:
        inside.append((torch.get_num_threads(), torch.backends.cudnn.deterministic))
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"), numerics(1):
        fails()
    assert inside == [(1, True)]
    assert (torch.get_num_threads(), torch.backends.cudnn.deterministic) == before


def test_a_clock_counts_the_seconds_since_the_last_lap() -> None:
    clock = Clock(torch.device("cpu"))
    time.sleep(0.02)
    clock.lap("slow")
    clock.lap("fast")
    assert clock.seconds["slow"] >= 0.02 > clock.seconds["fast"] >= 0
    assert list(clock.seconds) == ["slow", "fast"]


def test_the_process_has_taken_some_memory() -> None:
    used = peak_memory_mb(torch.device("cpu"))
    assert used is None or 10 < used < 1e6

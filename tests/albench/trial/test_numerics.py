"""What a trial's numbers depend on beside its seed, held and given back."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import time
from pathlib import Path

import pytest
import torch
from threadpoolctl import threadpool_info

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


def test_a_library_that_is_loaded_later_is_held_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second OpenMP, as wheels bring them along."""
    found = [pool["filepath"] for pool in threadpool_info() if pool["prefix"] == "libgomp"]
    if not found:
        pytest.skip("torch was not built with GNU's OpenMP here")
    with numerics(1):  # looks for libraries
        pass
    copied = shutil.copy(found[0], tmp_path / "libgomp-late.so")
    (tmp_path / "late.py").write_text(f"import ctypes\nLIBRARY = ctypes.CDLL({str(copied)!r})\n")
    monkeypatch.syspath_prepend(tmp_path)
    late: ctypes.CDLL = __import__("late").LIBRARY
    late.omp_set_num_threads(3)
    for _ in range(2):
        with numerics(1):
            assert late.omp_get_max_threads() == 1
        assert late.omp_get_max_threads() == 3
    del sys.modules["late"]


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


def test_a_trial_on_cuda_adds_in_a_fixed_order_and_no_other_does() -> None:
    def held() -> tuple[bool, bool, bool]:
        fills: bool = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
        return (
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
            fills,
        )

    before = held()
    with numerics(1, torch.device("cuda", 0)):
        assert held() == (True, True, False)
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"]
    for device in (None, torch.device("cpu")):
        with numerics(1, device):
            assert held() == before
    assert held() == before

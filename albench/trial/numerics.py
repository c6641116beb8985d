"""What a trial's numbers depend on beside its seed, held while it runs; and what its rounds cost."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from collections.abc import Iterator

import torch
from threadpoolctl import ThreadpoolController

from albench import devices
from albench.training.precision import tf32


@contextlib.contextmanager
def numerics(threads: int, device: torch.device | None = None) -> Iterator[None]:
    """What a trial's numbers depend on beside its seed.

    The CPU threads of torch, BLAS and OpenMP; denormal floats flushed to zero (they slow a step by a factor of two to
    three); algorithms of cuDNN that give the same sums each time. On an accelerator all algorithms of torch do: one
    that has no such form, in somebody else's component, warns; and products of float32 are whole there, without
    TF32, which a training step alone may allow.
    """
    before, cudnn, flushed = torch.get_num_threads(), torch.backends.cudnn.deterministic, flushes_denormals()
    elsewhere = device is not None and devices.is_accelerator(device)
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.backends.cudnn.deterministic = True
    try:
        pools = _thread_pools(len(sys.modules), next(reversed(sys.modules)))
        with pools.limit(limits=threads), _the_same_each_time() if elsewhere else contextlib.nullcontext():
            yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(flushed)
        torch.backends.cudnn.deterministic = cudnn


@functools.lru_cache(maxsize=1)
def _thread_pools(_imported: int, _last: str) -> ThreadpoolController:
    """Those of the libraries that are loaded; looking for them takes some milliseconds, and is done after an import."""
    return ThreadpoolController()


@contextlib.contextmanager
def _the_same_each_time() -> Iterator[None]:
    """Sums by torch's algorithms that add in the same order each time, of products in whole float32."""
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    fills = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it torch refuses a product in that mode
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        with tf32(False):
            yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        torch.utils.deterministic.fill_uninitialized_memory = fills  # type: ignore[attr-defined]


def flushes_denormals() -> bool:
    """Whether this thread rounds float32 numbers below 1.2e-38 to zero; torch only sets that and does not tell."""
    return bool((torch.full((64,), 1e-30) * 1e-10 == 0).all())


class Clock:
    """Seconds of each part of a round."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.seconds: dict[str, float] = {}
        self._last = self._now()

    def _now(self) -> float:
        devices.synchronize(self._device)
        return time.perf_counter()

    def lap(self, name: str) -> None:
        now = self._now()
        self.seconds[name] = round(now - self._last, 4)
        self._last = now


def peak_memory_mb(device: torch.device) -> float | None:
    """Largest memory so far, in MiB: an accelerator's, else this process's; None where the system has no count."""
    held = devices.peak_memory(device)
    if held is not None:
        return round(held / 2**20, 1)
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)

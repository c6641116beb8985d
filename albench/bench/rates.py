"""Rates of a device: what it reads, multiplies and takes logarithms of in a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from albench import devices

TRIES = 5

Clock = Callable[[], float]
"""Seconds since some moment."""


@dataclass(frozen=True)
class Rates:
    """What a device does in a second, all of them best of some tries.

    Attributes
    ----------
    read
        Bytes read.
    product
        Floating-point operations of a float32 matrix product: a multiplication and an addition are two.
    logarithm
        Logarithms of float32 numbers.
    """

    read: float
    product: float
    logarithm: float


def wait(device: str | torch.device) -> None:
    """Until a device has done what it was given; a CPU has."""
    devices.synchronize(device)


def seconds(work: Callable[[], object], device: str | torch.device = "cpu", clock: Clock = time.perf_counter) -> float:
    """How long some work takes now."""
    wait(device)
    started = clock()
    work()
    wait(device)
    return clock() - started


def best_seconds(
    work: Callable[[], object],
    device: str | torch.device = "cpu",
    tries: int = TRIES,
    clock: Clock = time.perf_counter,
) -> float:
    """The shortest of some tries, after one that is not counted."""
    return min([seconds(work, device, clock) for _ in range(tries + 1)][1:])


def product_rate(
    device: str = "cpu", dtype: torch.dtype = torch.float32, side: int = 0, clock: Clock = time.perf_counter
) -> float:
    """Operations a second of the product of two square matrices; 2,048 on a side, on an accelerator 8,192."""
    side = side or (8192 if devices.is_accelerator(device) else 2048)
    a = torch.ones(side, side, device=device, dtype=dtype)
    return 2 * side**3 / best_seconds(lambda: a @ a, device, clock=clock)


def measured_rates(device: str = "cpu", *, small: bool = False, clock: Clock = time.perf_counter) -> Rates:
    """The rates of a device; of a CPU those of as many threads as torch is set to.

    Parameters
    ----------
    small
        With arrays that may fit into a cache: for trying out, not for reporting.
    clock
        What seconds are read from; ``time.thread_time`` leaves out other work on a machine with one thread.
    """
    count = 1_000_000 if small else 64_000_000 if torch.device(device).type == "cpu" else 256_000_000
    x = torch.ones(count, device=device)
    p = x[:1_000_000] if torch.device(device).type == "cpu" else x  # a CPU's cache holds it: the function is timed
    return Rates(
        read=4 * count / best_seconds(x.sum, device, clock=clock),
        product=product_rate(device, side=256 if small else 0, clock=clock),
        logarithm=len(p) / best_seconds(p.log, device, clock=clock),
    )

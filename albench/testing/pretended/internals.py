"""How the C++ of torch comes to believe that a CUDA device is there, so that its autograd and its autocast use one.

Two things are exchanged in memory and put back: the *device guard* of CUDA, which names the current device and stream,
and two answers of torch's *hooks* to CUDA, whether it is built and whether it is there.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch

GUARDS = "_ZN3c104impl26device_guard_impl_registryE"
"""``c10::impl::device_guard_impl_registry``: one pointer for each kind of device."""
HOOKS = "_ZN2at6detail12getCUDAHooksEv"
"""``at::detail::getCUDAHooks()``: an object of virtual functions."""
CUDA, MPS = 1, 13
"""Places among the kinds of devices (``c10::DeviceType``)."""
ENTRIES = 64
"""Of a table of virtual functions, more than those that are looked at."""
FIRST = 2
"""The entries before are destructors."""

_Function = ctypes.CFUNCTYPE(ctypes.c_int)
_zero, _one, _mps = _Function(lambda: 0), _Function(lambda: 1), _Function(lambda: MPS)
_Table = ctypes.c_void_p * ENTRIES


class Unsuitable(Exception):
    """This build of torch cannot be made to believe it; the message says why."""


def _address(function: object) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0  # type: ignore[arg-type]


def _library(name: str) -> ctypes.CDLL:
    ending = "dylib" if sys.platform == "darwin" else "so"
    path = Path(torch.__file__).parent / "lib" / f"lib{name}.{ending}"
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        raise Unsuitable(f"torch {torch.__version__} has no {path.name} that could be looked into") from None


def _found(library: ctypes.CDLL, name: str) -> int:
    try:
        return _address(library[name])
    except AttributeError:
        raise Unsuitable(f"torch {torch.__version__} does not show {name}") from None


@contextlib.contextmanager
def _guard(kind: int, answer: Any) -> Iterator[Callable[[], bool]]:
    """A guard of devices of a kind that answers one thing to whatever is asked; gives whether it is still in place."""
    place = ctypes.c_void_p.from_address(_found(_library("c10"), GUARDS) + kind * ctypes.sizeof(ctypes.c_void_p))
    before = place.value
    table = _Table(*[_address(answer)] * ENTRIES)
    guard = ctypes.c_void_p(ctypes.addressof(table))
    place.value = ctypes.addressof(guard)
    try:
        yield lambda: place.value == ctypes.addressof(guard)
    finally:
        place.value = before


@contextlib.contextmanager
def a_device_guard() -> Iterator[None]:
    """A guard of CUDA that does nothing: torch has one, for builds with CUDA on machines without a device."""
    # Where a guard counts no device torch puts in its own that does nothing; this one answers 0 to whatever is asked.
    with _guard(CUDA, _zero) as in_place:
        torch._C._ensureCUDADeviceGuardSet()
        if in_place():
            raise Unsuitable(f"torch {torch.__version__} gives CUDA no guard of its own")
        yield


def a_guard_of_mps() -> AbstractContextManager[object]:
    """One that answers ``mps:0`` to whatever is asked: torch asks it which device is meant by ``mps``."""
    return _guard(MPS, _mps)


@contextlib.contextmanager
def hooks_that_agree() -> Iterator[None]:
    """CUDA's hooks say that it is built and there, and that nobody has used it."""
    ask = ctypes.CFUNCTYPE(ctypes.c_void_p)(_found(_library("torch_cpu"), HOOKS))
    place = ctypes.c_void_p.from_address(ask())
    before = place.value or 0
    table = _Table(*_Table.from_address(before))
    place.value = ctypes.addressof(table)
    try:
        agreed = _asked(table)
        table[agreed[-1] + 1] = _address(_zero)  # whether it has a context: the next that autograd asks
        yield
    finally:
        place.value = before


def _asked(table: ctypes.Array[ctypes.c_void_p]) -> list[int]:
    """The entries that torch asks whether there is an accelerator: they say yes from now on, others what they did."""
    before = list(table)
    table[FIRST:] = [_address(_one)] * (ENTRIES - FIRST)
    if _accelerator() != "cuda":
        table[:] = before
        raise Unsuitable(f"torch {torch.__version__} does not ask its hooks whether CUDA is there")
    needed = []
    for entry in range(FIRST, ENTRIES):
        kept, table[entry] = table[entry], before[entry]
        if _accelerator() != "cuda":
            needed.append(entry)
            table[entry] = kept
    return needed


def _accelerator() -> str:
    return torch._C._get_accelerator().type

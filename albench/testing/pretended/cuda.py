"""One pretended device, CUDA's or Apple's, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import functools
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from albench.testing.pretended.account import Account
from albench.testing.pretended.dispatch import Pretending, is_pinned, may_write_over, pinned
from albench.testing.pretended.graphs import Recorder
from albench.testing.pretended.internals import Unsuitable, a_device_guard, a_guard_of_mps, hooks_that_agree
from albench.testing.pretended.tensors import MPS, CudaTensor, Generator

MEMORY = 1 << 34
AHEAD = "from albench.testing.pretended.cuda import first_try; print(first_try(), end='')"
"""What is tried in a process of its own."""


@contextlib.contextmanager
def pretended_cuda(*, autocast: bool = True) -> Iterator[Account]:
    """Pretend that there is one CUDA device, and count what it is asked to do.

    Parameters
    ----------
    autocast
        False makes ``torch.autocast`` do nothing, so that numbers can be compared with the CPU's.

    Raises
    ------
    RuntimeError
        Where ``unavailable()`` gives a reason.
    """
    _require_pretending("CUDA")
    with _pretended(autocast) as account:
        yield account


@contextlib.contextmanager
def pretended_mps() -> Iterator[Account]:
    """Pretend that there is an Apple GPU: no float64, no pinned memory; what it is asked to do is counted as of CUDA.

    Which operations MPS lacks, and how it rounds, is not pretended.

    Raises
    ------
    RuntimeError
        Where ``unavailable()`` gives a reason.
    """
    _require_pretending("MPS")
    with _pretended(autocast=True, mps=True) as account:
        yield account


def _require_pretending(what: str) -> None:
    if reason := unavailable():
        raise RuntimeError(f"{what} cannot be pretended here: {reason}")


def unavailable() -> str:
    """Why no CUDA device can be pretended here; empty where one can."""
    return "a CUDA device is there" if torch.cuda.is_available() else _tried()


@functools.cache
def _tried() -> str:
    """What a first try tells; empty where it goes well.

    In a build for a GPU other code lies behind the same names: there a process of its own goes ahead, which may end.
    """
    if torch.version.cuda or torch.version.hip:
        made = subprocess.run([sys.executable, "-c", AHEAD], capture_output=True, encoding="utf-8", check=False)
        if made.returncode or made.stdout:
            return made.stdout or f"torch {torch.__version__} ends a process that pretends it"
    return first_try()


def first_try() -> str:
    """Why a gradient cannot be computed on a pretended device; empty where it can."""
    try:
        with _pretended(True):
            x = torch.arange(6.0).view(2, 3).to("cuda").requires_grad_()
            with torch.autocast("cuda", torch.bfloat16):
                (x @ x.T).float().sum().backward()
            if x.grad is None or x.grad.device != x.device or x.grad.tolist() != [[6.0, 10.0, 14.0]] * 2:
                return f"torch {torch.__version__} computes a wrong gradient on it"
    except Unsuitable as error:
        return str(error)
    except (RuntimeError, AttributeError, TypeError) as error:
        return f"torch {torch.__version__} does not take it for a device ({str(error).splitlines()[0]})"
    return ""


@contextlib.contextmanager
def _pretended(autocast: bool, mps: bool = False) -> Iterator[Account]:
    account = Account()
    recorder = Recorder(account)
    with contextlib.ExitStack() as stack:
        stack.enter_context(a_device_guard())
        stack.enter_context(hooks_that_agree())
        if mps:
            stack.enter_context(a_guard_of_mps())
        stack.enter_context(_replaced(_as_mps(account) if mps else _replacements(account, recorder, autocast)))
        # Autograd has threads of its own for the devices that were there when it first ran: here it runs in this one.
        stack.enter_context(torch.autograd.set_multithreading_enabled(False))
        lifts = torch._C._only_lift_cpu_tensors()
        stack.callback(torch._C._set_only_lift_cpu_tensors, lifts)
        torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(..., device="cuda") then copies as all else does
        stack.enter_context(Pretending(account, recorder))
        yield account


@contextlib.contextmanager
def _replaced(values: dict[tuple[Any, str], Any]) -> Iterator[None]:
    missing = object()
    before = {(owner, name): getattr(owner, name, missing) for owner, name in values}
    try:
        for (owner, name), value in values.items():
            setattr(owner, name, value)
        yield
    finally:
        for (owner, name), value in before.items():
            delattr(owner, name) if value is missing else setattr(owner, name, value)


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


def _replacements(account: Account, recorder: Recorder, autocast: bool) -> dict[tuple[Any, str], Any]:
    """(owner, name) -> what stands there meanwhile."""

    def synchronize(*_: Any) -> None:
        recorder.refuse()
        account.note("waits", "synchronize")

    facts = types.SimpleNamespace(name="pretended", total_memory=MEMORY, major=9, minor=0, multi_processor_count=1)
    cuda: dict[str, Any] = {
        "is_available": _constant(True),
        "is_initialized": _constant(True),
        "_lazy_init": _constant(None),
        "device_count": _constant(1),
        "current_device": _constant(0),
        "is_bf16_supported": _constant(True),
        "get_device_name": _constant("pretended CUDA"),
        "get_device_capability": _constant((9, 0)),
        "get_device_properties": _constant(facts),
        "mem_get_info": _constant((MEMORY, MEMORY)),
        "get_rng_state_all": _constant([]),
        "synchronize": synchronize,
    }
    for name in ("memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved"):
        cuda[name] = _constant(0)
    for name in ("set_device", "reset_peak_memory_stats", "empty_cache", "manual_seed", "manual_seed_all"):
        cuda[name] = _constant(None)
    found = {(torch.cuda, name): value for name, value in cuda.items()} | recorder.replacements() | _OF_EACH
    if not autocast:
        found[torch, "autocast"] = lambda *_, **__: contextlib.nullcontext()
    return found


_OF_EACH: dict[tuple[Any, str], Any] = {
    (torch, "Generator"): Generator,
    (Tensor, "pin_memory"): pinned,
    (Tensor, "is_pinned"): is_pinned,
    (torch, "_has_compatible_shallow_copy_type"): may_write_over,
}


def _as_mps(account: Account) -> dict[tuple[Any, str], Any]:
    """The same of an Apple GPU."""
    mps: dict[str, Any] = {
        "synchronize": lambda: account.note("waits", "synchronize"),
        "driver_allocated_memory": _constant(0),
        "recommended_max_memory": _constant(MEMORY),
        "empty_cache": _constant(None),
        "get_rng_state": lambda: torch.zeros(16, dtype=torch.uint8),
    }
    found: dict[tuple[Any, str], Any] = {(torch.mps, name): value for name, value in mps.items()}
    found |= {(torch.backends.mps, name): _constant(True) for name in ("is_available", "is_built")}
    return found | _OF_EACH | {(torch.cuda, "_lazy_init"): _constant(None), (CudaTensor, "shown"): MPS}

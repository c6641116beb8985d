"""A training step on an accelerator never waits: it reads no value back and sends nothing but pinned memory."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from stepwise import stepwise
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from albench.bench.measured import TimedCase
from albench.bench.steps import begun
from albench.training.lanes import Stack

CASES = {"features": TimedCase("mlp", (16,), 4, 200), "images": TimedCase("cnn", (3, 16, 16), 4, 200)}
METHODS = stepwise()


class Copies(TorchDispatchMode):
    """Keeps account of what goes from the CPU to a device, and of who sends it."""

    def __init__(self) -> None:
        super().__init__()
        self.senders: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        given, made = ([x for x in tree_leaves(some) if isinstance(x, torch.Tensor)] for some in (args, found))
        to_device = any(x.device.type == "meta" for x in (*given, *made))
        # A number that a kernel takes as an argument has no dimension and is not copied.
        if to_device and any(x.device.type == "cpu" and x.ndim for x in given):
            callers = [frame for frame in traceback.extract_stack()[:-1] if "torch" not in Path(frame.filename).parts]
            self.senders.add(callers[-1].name)
        return found


@pytest.fixture
def without_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the meta device, which has shapes alone, reading a value raises; it has no fused optimizer."""

    def plain(tensors: Any, gradients: Any, _momenta: Any, *, lr: float, **_: Any) -> None:
        torch._foreach_add_(tensors, gradients, alpha=-lr)

    monkeypatch.setattr(torch, "_fused_sgd_", plain)


@pytest.mark.usefixtures("without_memory")
@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("method", METHODS)
def test_no_step_reads_a_value_or_sends_one_unpinned(kind: str, method: str) -> None:
    case = CASES[kind]
    (run,) = begun(TimedCase(case.backbone, case.shape, case.n_classes, case.size, method=method), "meta")
    batches = run.batches(0)
    with Copies() as copies:
        for step, batch in zip(range(3), batches, strict=False):
            run.learner.step(step, [batch])
    assert copies.senders <= {"sent"}


@pytest.mark.usefixtures("without_memory")
@pytest.mark.parametrize("kind", CASES)
def test_no_step_of_several_lanes_does(kind: str) -> None:
    runs = begun(CASES[kind], "meta", 2)
    stack = Stack([run.learner for run in runs])
    batches = zip(*(run.batches(0) for run in runs), strict=True)
    with Copies() as copies:
        for step, parts in zip(range(3), batches, strict=False):
            stack.step(step, parts)
    assert copies.senders == {"sent"}


def test_the_meta_device_does_catch_a_read() -> None:
    with pytest.raises(RuntimeError):
        torch.ones(3, device="meta").sum().item()
    with Copies() as copies:
        torch.ones(3).to("meta")
    assert copies.senders == {"test_the_meta_device_does_catch_a_read"}


@pytest.fixture
def no_waiting() -> Iterator[None]:
    """CUDA raises where the host would wait for it."""
    yield
    torch.cuda.set_sync_debug_mode("default")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("method", METHODS)
def test_cuda_agrees(kind: str, method: str) -> None:
    case = CASES[kind]
    (run,) = begun(TimedCase(case.backbone, case.shape, case.n_classes, case.size, method=method), "cuda:0")
    batches = iter(run.batches(0))
    run.learner.step(0, [next(batches)])  # libraries set themselves up
    torch.cuda.set_sync_debug_mode("error")
    for step in range(1, 12):
        run.learner.step(step, [next(batches)])


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("kind", CASES)
def test_cuda_agrees_with_lanes(kind: str) -> None:
    runs = begun(CASES[kind], "cuda:0", 2)
    stack = Stack([run.learner for run in runs])
    batches = zip(*(run.batches(0) for run in runs), strict=True)
    stack.step(0, next(batches))
    torch.cuda.set_sync_debug_mode("error")
    for step in range(1, 6):
        stack.step(step, next(batches))

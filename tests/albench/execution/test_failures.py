"""What torch says of a device's memory, of one that is gone and of what it lacks, in one line."""

from __future__ import annotations

import pytest
import torch

from albench.errors import DeviceLacks, DeviceLost, DeviceStopped, StoreError
from albench.execution.failures import Work, in_one_line, place, reason_of, understood

FULL = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has a total capacity of 1 GiB"),
    RuntimeError("MPS backend out of memory (MPS allocated: 1 GB, max allowed: 2 GB)"),
    torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
]


@pytest.mark.parametrize("error", FULL, ids=lambda error: str(error)[:20])
def test_a_full_device_says_what_to_lower(error: RuntimeError) -> None:
    found = understood(error, "mps:0", Work())
    assert isinstance(found, DeviceLacks)
    said = reason_of(found)
    assert said.startswith("device mps:0 (")
    assert "lower batch_size, the method's unlabeled_ratio or --lanes, or write --device cpu" in said
    assert str(error).splitlines()[0].rstrip(".") in said


def test_a_full_machine_says_so() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 60, dtype=torch.uint8)
    for error in (raised.value, MemoryError()):
        assert reason_of(understood(error, "cpu", Work())).startswith(
            "this machine has no memory left: lower batch_size"
        )


def test_a_device_that_is_gone_ends_the_run() -> None:
    error = torch.AcceleratorError("CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronous")
    found = understood(error, "cuda:1", Work())
    assert isinstance(found, DeviceLost)
    assert reason_of(found) == (
        "device cuda:1 answers no more (CUDA error: unspecified launch failure): the trials that ran there are kept as "
        "they were; run the same command again, or with --device cpu."
    )


def test_a_component_that_asks_for_what_is_not_there_is_named_and_not_the_device() -> None:
    error = torch.AcceleratorError("CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronous")
    found = understood(error, "cuda:1", Work(who="fixmatch + mine on digits, seed 3,"))
    assert isinstance(found, DeviceStopped)
    assert reason_of(found) == (
        "fixmatch + mine on digits, seed 3, asked device cuda:1 for what is not there, as an index out of range is ("
        "CUDA error: device-side assert triggered, noticed in nobody), and this process can compute nothing more "
        "there: the trials that ran there are kept as they were; run the same command again. CUDA_LAUNCH_BLOCKING=1 in "
        "the environment, or --device cpu, shows the place."
    )


def test_in_a_block_the_errors_of_a_device_are_albenchs_and_others_stay() -> None:
    work = Work(lower="take less", on_cpu="device='cpu'")
    with (
        pytest.raises(DeviceLacks, match="this machine has no memory left: take less") as raised,
        in_one_line("cpu", work),
    ):
        raise MemoryError
    assert isinstance(raised.value.__cause__, MemoryError)
    with (
        pytest.raises(DeviceLost, match=r"; run the same command again, or with device='cpu'\."),
        in_one_line("xpu", work),
    ):
        raise torch.AcceleratorError("XPU error: gone")
    with pytest.raises(ValueError, match="of a plugin"), in_one_line("cpu", work):
        raise ValueError("of a plugin")


@pytest.mark.parametrize(("device", "fallback"), [("mps:0", True), ("xpu:0", False)])
def test_a_missing_operation_is_named_with_who_asks_for_it(device: str, fallback: bool) -> None:
    def asks() -> None:
        raise NotImplementedError(
            "The operator 'aten::_linalg_eigh.eigenvalues' is not currently implemented for the MPS device. If you want"
        )

    with pytest.raises(NotImplementedError) as raised:
        asks()
    said = reason_of(understood(raised.value, device, Work()))
    assert said.startswith(f"device {device} has no aten::_linalg_eigh.eigenvalues, which {__name__}.test_a_missing")
    assert said.endswith("write --device cpu.")
    assert ("PYTORCH_ENABLE_MPS_FALLBACK=1" in said) is fallback


def test_what_is_no_fault_of_a_device_stays_as_it_is() -> None:
    for error in (
        ValueError("x"),
        StoreError("y"),
        NotImplementedError("a plugin"),
        RuntimeError("shapes"),
        SystemExit(),
    ):
        assert understood(error, "cuda:0", Work()) is error


def test_a_place_is_a_plugins_where_one_was_at_work() -> None:
    assert place(ValueError()) == "nobody"
    with pytest.raises(RuntimeError) as raised:
        torch.nn.functional.linear(torch.ones(2), torch.ones(3, 3))
    assert place(raised.value) == f"{__name__}.test_a_place_is_a_plugins_where_one_was_at_work"

"""The device is there for a block, and gone after it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from albench.testing.pretended import cuda, pretended_cuda, pretended_mps
from albench.testing.pretended.internals import Unsuitable


def names() -> list[object]:
    found = [torch.cuda.is_available, torch.cuda.synchronize, torch.Generator, torch.Tensor.pin_memory, torch.autocast]
    return [*found, torch.autograd.is_multithreading_enabled(), torch._C._only_lift_cpu_tensors()]


def test_all_is_put_back() -> None:
    before = names()
    with pretended_cuda(autocast=False):
        assert torch.cuda.is_available()
        assert torch.cuda.get_device_name() == "pretended CUDA"
        assert all(one is not other for one, other in zip(names()[:5], before[:5], strict=True))
    assert names() == before
    with pytest.raises(TypeError, match="can't convert"), pretended_cuda(autocast=False):
        torch.ones(2, device="cuda").numpy()
    assert names() == before
    assert not torch.cuda.is_available()
    x = torch.ones(2, requires_grad=True)
    (2 * x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2, 2]


def test_a_tensor_that_is_kept_is_of_no_use_after() -> None:
    with pretended_cuda():
        x = torch.ones(2, device="cuda")
    with pytest.raises(RuntimeError, match="used outside of pretended_cuda"):
        x + 1


def test_autocast_is_cudas_or_none() -> None:
    for autocast, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        with pretended_cuda(autocast=autocast), torch.autocast("cuda", torch.bfloat16):
            x = torch.ones(2, 2, device="cuda")
            assert (x @ x).dtype == dtype


def test_one_at_a_time_and_none_beside_a_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_cuda(), pytest.raises(RuntimeError, match="a CUDA device is there"):
        pretended_cuda().__enter__()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(RuntimeError, match="a CUDA device is there"):
        pretended_cuda().__enter__()


def test_a_torch_that_does_not_believe_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsuitable() -> None:
        raise Unsuitable("torch 9.9 has other insides")

    monkeypatch.setattr(cuda, "a_device_guard", unsuitable)
    cuda._tried.cache_clear()
    try:
        with pytest.raises(RuntimeError, match=r"cannot be pretended here: torch 9\.9 has other insides"):
            pretended_cuda().__enter__()
    finally:
        cuda._tried.cache_clear()


@pytest.fixture
def built_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(torch.version, "cuda", "99.9")
    cuda._tried.cache_clear()
    yield
    cuda._tried.cache_clear()


@pytest.mark.usefixtures("built_for_a_gpu")
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os.abort()", f"torch {torch.__version__} ends a process that pretends it"),
        ("print('it has other insides', end='')", "it has other insides"),
        ("pass", ""),
    ],
)
def test_in_a_build_for_a_gpu_a_process_goes_ahead(monkeypatch: pytest.MonkeyPatch, code: str, reason: str) -> None:
    monkeypatch.setattr(cuda, "AHEAD", code)
    assert cuda.unavailable() == reason


def test_the_process_that_goes_ahead_tries_the_same() -> None:
    made = subprocess.run([sys.executable, "-c", cuda.AHEAD], capture_output=True, text=True, check=True)
    assert made.stdout == cuda.first_try() == ""


def test_an_apple_gpu_is_there_for_a_block_too() -> None:
    before = names(), torch.mps.synchronize, torch.backends.mps.is_available
    with pretended_mps() as account:
        assert torch.backends.mps.is_available()
        assert not torch.cuda.is_available()
        model = torch.nn.Linear(3, 2).to("mps")
        x = torch.ones(2, 3, device="mps", requires_grad=True)
        model(x).sum().backward()
        assert x.grad is not None
        for one in (model.weight, x, x.grad, torch.zeros_like(x), torch.ones(2).to(torch.device("mps", 0))):
            assert (str(one.device), one.is_mps, one.is_cuda) == ("mps:0", True, False)
        assert model.to("cpu").weight.device.type == "cpu"
        assert str(torch.Generator("mps").device) == "mps:0"
        torch.mps.synchronize()
        assert account.told("waits").count("synchronize") == 1
        assert account.count("kernels") > 3
    assert (names(), torch.mps.synchronize, torch.backends.mps.is_available) == before
    with pretended_cuda():
        assert str(torch.ones(1, device="cuda").device) == "cuda:0"


WIDE = {
    "cast": lambda x: x.double(),
    "made": lambda x: torch.zeros_like(x, dtype=torch.float64),
    "sent": lambda _: torch.rand(2, dtype=torch.float64).to("mps"),
    "summed": lambda x: x.sum(dtype=torch.float64),
}


@pytest.mark.parametrize("name", WIDE)
def test_an_apple_gpu_has_no_float64(name: str) -> None:
    with pretended_mps():
        x = torch.ones(2, device="mps")
        with pytest.raises(TypeError, match=r"Cannot convert a MPS Tensor to torch\.float64"):
            WIDE[name](x)
        assert (x * torch.tensor(2.0, dtype=torch.float64)).dtype == torch.float32  # a number of the host
        assert x.to("cpu", torch.float64).dtype == torch.float64


def test_an_apple_gpu_has_no_pinned_memory() -> None:
    with pretended_mps(), pytest.raises(RuntimeError, match="no pinned memory"):
        torch.ones(2).pin_memory()

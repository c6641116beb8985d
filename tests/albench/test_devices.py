"""What is told of devices, and that no other file knows their kinds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from albench import devices
from albench.testing.pretended import pretended_cuda, pretended_mps, unavailable

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
ASKS = re.compile(
    r"""[=!]= ["'](cuda|mps|xpu)|["'](cuda|mps|xpu)[:0-9]*["'] (==|!=|in)\b|startswith\(["'](cuda|mps|xpu)|"""
    r"""\.is_cuda\b|\.is_mps\b|\btorch\.(cuda|mps|xpu|backends\.mps)\."""
)
"""Code that asks for a kind of device by its name."""
MAY = "albench/devices.py", "albench/testing/pretended/", "plugins/albench_executors/gpus.py"
"""The last pins workers to GPUs by CUDA's own variable, and so counts CUDA's."""


def test_one_file_knows_the_kinds_of_devices() -> None:
    files = [path for room in ("albench", "plugins") for path in sorted((ROOT / room).rglob("*.py"))]
    asking = [name for path in files if ASKS.search(path.read_text("utf-8")) for name in [str(path.relative_to(ROOT))]]
    assert [name for name in asking if not name.startswith(MAY)] == []
    assert MAY[0] in asking


@pytest.mark.parametrize(
    "code", ['x.device.type == "cuda"', "if x.is_cuda:", 'device.startswith("cuda")', "torch.cuda.synchronize()"]
)
def test_what_asks_is_seen(code: str) -> None:
    assert ASKS.search(code)


def test_names_and_torchs_devices_are_of_a_kind() -> None:
    for device in ("cuda:1", torch.device("cuda", 1), "cuda"):
        assert devices.kind_of(device) == "cuda"
        assert devices.is_accelerator(device)
        assert devices.can(device).mixed
    assert not devices.is_accelerator(CPU)
    assert devices.can("hpu:0") == devices.Kind("hpu")  # nothing is expected of what nobody tried


def test_the_cpu_has_nothing_to_wait_for_nor_to_tell() -> None:
    devices.synchronize(CPU)
    assert devices.peak_memory(CPU) is None
    assert devices.versions(CPU) == {}
    assert devices.name(CPU) == "cpu"
    assert devices.there("cpu") == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="its torch is built for CUDA")
def test_a_torch_for_the_cpu_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    assert devices.built_for() == "for the CPU alone"
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: True)
    assert devices.built_for() == "for Apple silicon"
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert devices.built_for() == "for CUDA 13.0"


def test_numbers_become_wide_where_they_are_or_on_the_cpu() -> None:
    x = torch.rand(3)
    assert torch.equal(devices.wide(x), x.double())
    if reason := unavailable():
        pytest.skip(reason)
    with pretended_cuda():
        assert devices.wide(x.to("cuda")).device.type == "cuda"


def test_a_pretended_device_is_told_of() -> None:
    if reason := unavailable():
        pytest.skip(reason)
    x = torch.rand(4)
    assert devices.sent(x, CPU) is x
    with pretended_cuda() as account:
        assert devices.there() == ["cuda:0"]
        there = devices.sent(x, torch.device("cuda", 0))
        assert (there.is_cuda, account.count("up"), account.count("waits")) == (True, 1, 0)
        devices.synchronize(there.device)
        assert account.count("waits") == 1
        assert devices.name(there.device) == devices.versions("cuda:0")["GPU"] == "pretended CUDA"
        assert devices.memory("cuda:0") == (1 << 34, 1 << 34)
        assert devices.peak_memory("cuda:0") == 0
        assert devices.random_states() == {"CUDA": []}
    assert devices.there() == [] or torch.cuda.is_available()


def test_an_apple_gpu_is_told_of_and_computes_in_float32() -> None:
    if reason := unavailable():
        pytest.skip(reason)
    with pretended_mps() as account:
        assert devices.there() == ["mps:0"]
        x = devices.sent(torch.rand(2), torch.device("mps", 0))
        assert (x.device.type, devices.choosing(x.device), devices.wide(x).device) == ("mps", CPU, CPU)
        devices.synchronize("mps:0")
        assert "synchronize" in account.told("waits")
        assert devices.name("mps:0").endswith("(MPS)")
        assert set(devices.versions("mps:0")) == {"GPU", "macOS"}
        assert devices.memory("mps:0") == (1 << 34, 1 << 34)
        assert devices.peak_memory("mps:0") == 0
        assert devices.random_states() == {"MPS": [[0] * 16]}


def test_what_breaks_a_capture_is_told_and_the_usual_stream_is_back() -> None:
    if reason := unavailable():
        pytest.skip(reason)
    with pretended_cuda():
        usual, side = torch.cuda.current_stream(), devices.SideStream(torch.device("cuda:0"))
        x = torch.ones(2, device="cuda")
        with side.launching():
            assert torch.cuda.current_stream() is not usual
            x.add_(1)
        with pytest.raises(torch.AcceleratorError, match="not permitted when stream is capturing"):
            side.captured(lambda: x.mul_(2).sum().item())
        assert torch.cuda.current_stream() is usual
        total, replay = side.captured(lambda: x.mul_(2).sum())
        replay()
        assert (x.tolist(), float(total)) == ([4, 4], 8)

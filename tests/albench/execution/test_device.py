"""Where a run trains: what is typed, else what the suite asks for, else what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from packaging.version import Version

from albench.errors import DeviceError
from albench.execution.device import check_graphs, resolve_device
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings


@pytest.fixture
def suite_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text("datasets: digits\nmethods: supervised\nstrategies: random\nseeds: 1\n")
    return path


def plan(suite: Path, tmp_path: Path, **more: Any) -> Plan:
    return prepare(settle(suite_from(suite), run_settings(out=tmp_path, **more)))


def with_device(suite: Path, kind: str) -> Path:
    suite.write_text(f"{suite.read_text()}protocol: {{device: {kind}}}\n")
    return suite


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were a GPU; nothing is run on it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr("albench.execution.device.FIRST_TORCH", Version("2.6"))
    monkeypatch.setattr("albench.execution.prepare.this_environment", lambda *_: {})


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_suite_that_asks_for_a_gpu_is_refused_without_one(suite_file: Path, tmp_path: Path) -> None:
    with_device(suite_file, "cuda")
    with pytest.raises(DeviceError, match=r"suite mine, protocol: device cuda .* sees no CUDA: use --device cpu"):
        plan(suite_file, tmp_path)
    assert plan(suite_file, tmp_path, device="cpu").device == "cpu"  # what is typed takes the suite's place


@pytest.mark.usefixtures("cuda")
def test_the_device_of_a_suite_is_where_it_runs(suite_file: Path, tmp_path: Path) -> None:
    assert plan(suite_file, tmp_path).device == "cuda:0"
    with_device(suite_file, "cpu")
    found = plan(suite_file, tmp_path)
    assert (found.device, found.suite.protocol.device) == ("cpu", "cpu")
    assert plan(suite_file, tmp_path, device="cuda").suite.protocol.device == "cuda"


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says which accelerators there are."""

    def say(*names: str) -> None:
        monkeypatch.setattr(
            "albench.devices.there", lambda kind="": [name for name in names if name.startswith(kind or name)]
        )

    return say


def test_the_first_of_cuda_apples_and_others_is_chosen(there: Callable[..., None]) -> None:
    for names, chosen in (
        ((), "cpu"),
        (("mps:0",), "mps:0"),
        (("cuda:0", "cuda:1"), "cuda:0"),
        (("xpu:0",), "xpu:0"),
    ):
        there(*names)
        assert resolve_device("auto") == chosen
        assert resolve_device("cpu") == "cpu"
        if names:
            assert resolve_device(chosen.partition(":")[0]) == chosen
            assert resolve_device(names[-1]) == names[-1]


@pytest.mark.parametrize(
    ("names", "asked", "said"),
    [
        ((), "mps", r"device mps was asked for, but torch .*, built for .*, sees no MPS: use --device cpu\."),
        ((), "cuda:7", r"device cuda:7 was asked for, but torch .* sees no CUDA: use --device cpu\."),
        (("mps:0",), "cuda", r"sees no CUDA: use --device mps:0 or cpu\."),
        (("cuda:0",), "cuda:7", r"device cuda:7 was asked for, but there is one CUDA device: use --device cuda:0\."),
        (("cuda:0", "cuda:1"), "cuda:2", r"there are 2 CUDA devices: use --device cuda:0 or cuda:1\."),
        ((), "gpu", r"'gpu' is not a device: write auto, cpu, cuda, cuda:N, mps or xpu\."),
        ((), "cpu:1", "'cpu:1' is not a device"),
        (("cuda:0",), "cuda:one", "'cuda:one' is not a device"),
    ],
)
def test_a_device_that_is_not_there_is_refused(
    there: Callable[..., None], names: tuple[str, ...], asked: str, said: str
) -> None:
    there(*names)
    with pytest.raises(DeviceError, match=said) as raised:
        resolve_device(asked)
    assert "\n" not in str(raised.value)


def test_graphs_are_of_cuda(small_run: Callable[..., Any]) -> None:
    check_graphs("cuda:0")
    with pytest.raises(DeviceError, match="--graphs is of CUDA devices: on cpu leave it out"):
        small_run(device="cpu", graphs=True)

"""Where a run trains: what is typed, else what the suite asks for, else what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from packaging.version import Version

from albench.errors import DeviceError
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.session import suite_from
from albench.suite.settings import run_settings


@pytest.fixture
def suite_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text("datasets: digits\nmethods: supervised\nstrategies: random\nseeds: 1\n")
    return path


def plan(suite: Path, tmp_path: Path, **more: Any) -> Plan:
    return prepare(suite_from(suite), run_settings(out=tmp_path, **more))


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

"""What a suite says is what is run: nothing is overwritten in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from packaging.version import Version

from albench.cli.run import command
from albench.errors import DeviceError, SuiteError
from albench.prepare import Plan, prepare
from albench.session import suite_from


@pytest.fixture
def suite_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text("datasets: digits\nmethods: supervised\nstrategies: random\nseeds: 1\n")
    return path


def plan(suite: Path, tmp_path: Path, **more: Any) -> Plan:
    return prepare(suite_from(suite), out=tmp_path, **more)


def with_device(suite: Path, kind: str) -> Path:
    suite.write_text(f"{suite.read_text()}protocol: {{device: {kind}}}\n")
    return suite


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were a GPU; nothing is run on it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr("albench.prepare.FIRST_TORCH_ON_CUDA", Version("2.6"))
    monkeypatch.setattr("albench.prepare.this_environment", lambda *_: {})


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


def test_set_says_that_the_device_has_an_option_of_its_own() -> None:
    with pytest.raises(SuiteError, match=r"^--set device: use its own option --device\.$"):
        command.main(["-d", "digits", "--set", "device=cuda"], standalone_mode=False)


@pytest.mark.parametrize("draw", ["stratified", "balanced"])
def test_a_draw_beside_a_strategy_that_chooses_the_first_labels_is_told(
    suite_file: Path, tmp_path: Path, draw: str
) -> None:
    suite_file.write_text(
        f"{suite_file.read_text()}protocol: {{initial_strategy: coreset, initial_draw: {draw}, rounds: 1}}\n"
    )
    told = plan(suite_file, tmp_path).notes
    expected = "initial_draw balanced changes nothing: coreset chooses the first labels (initial_strategy)."
    assert told == ((expected,) if draw == "balanced" else ())

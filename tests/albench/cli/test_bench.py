"""``albench bench``: measures, prints and writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from albench.bench import machine
from albench.cli.main import main


def test_the_command_measures_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(machine.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr("albench.bench.measure.start_seconds", lambda: 1.0)
    file = tmp_path / "numbers.json"
    with pytest.raises(SystemExit) as end:
        main(["bench", "--small", "--device", "cpu", "--json", str(file)])
    assert end.value.code == 0
    assert set(json.loads(file.read_text())) == {
        *("format", "made", "machine", "rates", "steps", "lanes", "queries", "start")
    }
    assert "The processor" in capsys.readouterr().out
    assert not (tmp_path / "cache").exists(), "a try is not kept"


def test_a_device_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["bench", "--device", "cuda:99"])
    assert end.value.code == 2
    assert "cuda:99" in capsys.readouterr().err

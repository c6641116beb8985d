"""What was measured of a machine is kept, and counts on this machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from albench.bench import machine


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv(machine.VARIABLE, str(tmp_path / "cache"))
    content = {"format": machine.FORMAT, "machine": machine.asdict(machine.this_machine()), "rates": {}}
    machine.write(content, machine.cache_file())
    return content


def test_what_was_measured_here_is_found_again(found: dict[str, Any]) -> None:
    assert machine.load() == found
    assert machine.load("cuda:0") is None


@pytest.mark.parametrize("change", [{"format": 0}, {"machine": {"host": "another"}}, {"machine": None}])
def test_what_was_measured_elsewhere_does_not_count(found: dict[str, Any], change: dict[str, Any]) -> None:
    machine.write({**found, **change}, machine.cache_file())
    assert machine.load() is None


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_damaged_file_does_not_count(text: str) -> None:
    machine.cache_file().write_text(text)
    assert machine.load() is None


def test_a_worker_that_does_not_start_in_time_is_given_up() -> None:
    assert machine.start_seconds("import time; time.sleep(60)", limit=0.5) == 0.5
    assert machine.start_seconds("pass") < 60

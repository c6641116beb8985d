"""``albench doctor``: the parts that are asked for, for people and as JSON, and an exit code that says how it is."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

from albench import doctor
from albench.doctor.diagnosis import Diagnosis

Inside = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def examined(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Diagnosis]]:
    """A machine whose parts are as the test says."""
    parts = {
        "versions": [Diagnosis("Python", "ok", "3.11")],
        "disk": [Diagnosis("space", "warning", "1 GB free", "make room")],
    }

    def checks(*_: object) -> dict[str, Callable[[], Iterator[Diagnosis]]]:
        return {name: lambda found=found: iter(found) for name, found in parts.items()}

    monkeypatch.setattr(doctor, "checks", checks)
    return parts


def test_what_is_not_well_has_its_advice_and_all_is_summed_up(inside: Inside) -> None:
    done = inside("doctor")
    assert done.returncode == 0
    assert "-> make room" in done.stdout
    assert "Nothing is broken; 1 warnings" in done.stdout


def test_json_holds_the_parts_that_are_asked_for(inside: Inside, examined: dict[str, list[Diagnosis]]) -> None:
    examined["versions"][0] = Diagnosis("Python", "broken", "2.7", "install 3.11")
    done = inside("doctor", "versions", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "format": 1,
        "ok": False,
        "parts": {"versions": [{"what": "Python", "status": "broken", "found": "2.7", "advice": "install 3.11"}]},
    }
    assert inside("doctor", "disk").returncode == 0

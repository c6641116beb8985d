"""Versions: what is needed and here, what does not fit, and the extras."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from albench.doctor import software


def needs(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """albench needs these, and nothing else."""
    monkeypatch.setattr(software, "_requirements", lambda: [Requirement(line) for line in lines])


def test_what_is_here_is_counted_and_torch_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    needs(monkeypatch, "torch>=2", "click>=8", "rich")
    found = {diagnosis.what: diagnosis for diagnosis in software.versions()}
    assert {"Python", "albench", "torch"} <= set(found)
    assert found["libraries"].found == "all 3 that albench needs are here"
    assert "click" not in found


def test_what_does_not_fit_is_broken_with_the_command_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    needs(monkeypatch, "click>=999", "a-library-that-is-not-here>=1")
    found = {diagnosis.what: diagnosis for diagnosis in software.versions()}
    assert found["click"].status == found["a-library-that-is-not-here"].status == "broken"
    assert found["click"].advice == "pip install 'click>=999'"
    assert found["a-library-that-is-not-here"].found == "not installed, needs >=1"
    assert "libraries" not in found


def test_an_extra_says_what_is_missing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("click; extra == 'plot'", "nothing-of-that-name; extra == 'images'", "click>=999; extra == 'timm'")
    needs(monkeypatch, *lines, "pytest; extra == 'test'")
    monkeypatch.setattr(software, "_names_of_extras", lambda: ["plot", "images", "timm", "test"])
    found = {diagnosis.what: diagnosis for diagnosis in software.extras()}
    assert {what: diagnosis.status for what, diagnosis in found.items()} == {
        **{"plot": "ok", "images": "note", "timm": "warning"},
    }
    assert found["images"].found == "not installed: nothing-of-that-name"
    assert found["timm"].advice == "pip install 'albench[timm]'"

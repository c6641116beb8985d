"""The manifest says what made a suite's results; what is of one run alone stands in its entry."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from albench.execution.manifest import git_revision, typed_command
from albench.results.records import read_manifest


def test_each_run_has_an_entry_and_none_overwrites_another(small_run: Callable[..., Any], tmp_path: Path) -> None:
    small_run(seeds=1)
    first = read_manifest(tmp_path / "results" / "blobs")
    small_run(seeds=3, steps=2)
    both = read_manifest(tmp_path / "results" / "blobs")
    assert both["runs"][0] == first["runs"][0]
    assert [run["trials"] for run in both["runs"]] == [1, 3]
    assert len({run["id"] for run in both["runs"]}) == 2
    assert len(both["protocols"]) == 2
    run = both["runs"][1]
    assert run["executor"] == "local"
    assert run["versions"]["torch"] == torch.__version__
    assert run["versions"]["python"] == platform.python_version()
    assert run["determinism"]["threads"] == 1
    assert both["datasets"]["blobs"]["data_hash"] == first["datasets"]["blobs"]["data_hash"]
    sizes, per_class = (both["datasets"]["blobs"][name] for name in ("sizes", "per_class"))
    assert [sum(counts) for counts in per_class] == sizes


def test_the_command_is_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/usr/bin/albench", "run", "-d", "digits"])
    assert typed_command() == ["albench", "run", "-d", "digits"]
    monkeypatch.setattr("sys.argv", ["/x/albench/__main__.py", "list"])
    assert typed_command() == ["albench", "list"]


def test_the_revision_is_that_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert git_revision() == ""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout
    assert head.startswith(git_revision())
    assert len(git_revision()) == 12

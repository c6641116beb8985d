"""The command line as a user types it, in this process: no second import of torch."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from albench.cli.main import main

Inside = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line in a folder of its own -> exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        return subprocess.CompletedProcess(words, int(end.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def refuse(inside: Inside) -> Callable[..., str]:
    """A command that ends with exit code 2 and one line -> that line."""

    def run(*words: str) -> str:
        done = inside(*words)
        assert done.returncode == 2, done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith("Error: ")
        assert "Traceback" not in done.stderr + done.stdout
        return done.stderr

    return run

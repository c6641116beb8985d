"""The command line in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from albench.cli.main import main

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """The command line in a folder of its own -> exit code, what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return int(end.value.code or 0), captured.out + captured.err

    return run


@pytest.fixture
def refused(say: Say) -> Callable[..., str]:
    """A command that is refused -> the one line that says why; it leaves nothing behind."""

    def run(*words: str) -> str:
        before = sorted(Path().rglob("*"))
        code, line = say(*words)
        assert (code, line.count("\n")) == (2, 1), line
        assert sorted(Path().rglob("*")) == before
        return line

    return run

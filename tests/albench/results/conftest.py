"""Commands that are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Say = Callable[..., tuple[int, str]]


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

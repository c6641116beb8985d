"""What tests of faults have in common: the harness of benchmarks/faults, one nursery, runs that keep their notes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "faults"))

import harness


@pytest.fixture(scope="session")
def nursery() -> Iterator[harness.Nursery]:
    """Forks runs from a process that has imported what they need."""
    with harness.nursery() as made:
        yield made


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, nursery: harness.Nursery) -> harness.Whole:
    """A suite that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "s"
    return harness.reference(harness.small_suite("--executor", "local"), folder, nursery)


@pytest.fixture
def notes(small_run: Callable[..., Any]) -> Callable[..., list[str]]:
    """``small_run``, returning what it told."""
    from albench.api import Note
    from albench.session import Silent

    class Listener(Silent):
        def __init__(self) -> None:
            self.told: list[str] = []

        def event(self, event: Any) -> None:
            if isinstance(event, Note):
                self.told.append(event.text)

    def run(**settings: Any) -> list[str]:
        listener = Listener()
        small_run(listener=listener, **settings)
        return listener.told

    return run

"""What tests of faults have in common: the harness of benchmarks/faults, runs that keep their notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import harness
import pytest


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

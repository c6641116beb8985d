"""A plan whose time is estimated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.components import spec as specs
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings

SMALL = {"batch_size": 16, "initial": 12, "query_size": 8, "rounds": 3, "steps": 20, "evaluations": 2}
Planned = Callable[..., Plan]


@pytest.fixture
def small() -> dict[str, int]:
    """The settings of the plan's trials."""
    return SMALL


@pytest.fixture
def planned(tmp_path: Path, toy: str, monkeypatch: pytest.MonkeyPatch) -> Planned:
    """A plan on the blobs; no measurement of this machine is known."""
    monkeypatch.setenv("ALBENCH_CACHE", str(tmp_path / "cache"))

    def make(*, executor: str = "local", share: bool = True, fresh: bool = False, **changes: Any) -> Plan:
        settings = {
            "dataset": "blobs",
            "method": "fixmatch",
            "strategy": "random",
            "seeds": 1,
            "validation": "all",
            **SMALL,
            **changes,
        }
        return prepare(
            settle(
                suite_from(**settings),
                run_settings(
                    out=tmp_path / "results",
                    plugins=[toy],
                    device="cpu",
                    executor=specs.parse(executor),
                    share=share,
                    fresh=fresh,
                ),
            )
        )

    return make

"""Every built-in strategy and method against every check of the kit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from albench.api.kinds import Kind
from albench.components.registry import registry
from albench.testing import METHOD_CHECKS, STRATEGY_CHECKS

OURS = "albench"
FUNCTIONS = Path(__file__).parents[1] / "plugin_files" / "functions.py"
SPECS = {
    # What wraps another component is tried on a ranking and on one that chooses batches.
    "balanced": ["balanced[of=entropy]", "balanced[of=coreset]"],
    "sharded": ["sharded[of=entropy,shards=3]", "sharded[of=coreset,shards=3]"],
    "stochastic": ["stochastic[of=entropy]", "stochastic[of=margin,sampling=softrank]"],
    "subsample": ["subsample[of=coreset,size=25]", "subsample[of=random,size=50]"],
    # What is somebody else's: a function in a file, and a library's strategies with a classifier and without.
    "callable": [f"callable[path={FUNCTIONS}:least_confident]", f"callable[path={FUNCTIONS}:unsure,returns=scores]"],
    "skactiveml": ["skactiveml[strategy=CoreSet]", "skactiveml[strategy=Falcun]"],
    # Options that make a costly one fast.
    "batch-bald": ["batch-bald[candidates=60,samples=6]"],
    "discriminative": ["discriminative[hidden=16,steps=5,sub_batches=3]"],
}
"""Component -> the specs that it is tried as; by default its name."""


def specs(kind: Kind) -> list[str]:
    names = [component.name for component in registry().components(kind) if component.distribution == OURS]
    return [spec for name in names for spec in SPECS.get(name, [name])]


def factory(kind: Kind, spec: str) -> Callable[[], Any]:
    return partial(registry().build, kind, spec)


@pytest.mark.parametrize("check", STRATEGY_CHECKS)
@pytest.mark.parametrize("spec", specs("strategy"))
def test_strategy(spec: str, check: str) -> None:
    finding = STRATEGY_CHECKS[check](factory("strategy", spec), name=spec)
    if finding.status == "skip":
        pytest.skip(finding.reason)
    assert not finding.failed, finding


@pytest.mark.parametrize("check", METHOD_CHECKS)
@pytest.mark.parametrize("spec", specs("method"))
def test_method(spec: str, check: str) -> None:
    finding = METHOD_CHECKS[check](factory("method", spec), name=spec)
    if finding.status == "skip":
        pytest.skip(finding.reason)
    assert not finding.failed, finding


def test_all_built_in_components_are_tried() -> None:
    assert len(specs("strategy")) >= 30
    assert len(specs("method")) >= 18
    assert {name for name in SPECS if name not in registry().names("strategy")} == set()

"""A class of which no label has been bought yet: methods, strategies, metrics and tables get along without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from stepwise import stepwise

from albench.components.registry import Registry
from albench.suite.panels import members

FEW: dict[str, Any] = {"initial": 2, "query_size": 2, "initial_draw": "random", "rounds": 2, "steps": 2, "seeds": 1}
"""Two labels of three classes."""


@pytest.mark.parametrize(
    "components",
    [
        {"method": stepwise()},
        {"method": "boostmis", "strategy": members("strategy", "all", Registry())},
        {"method": "fixmatch", "lanes": "2", "seeds": 2},
    ],
    ids=["every method", "every strategy", "lanes"],
)
def test_a_class_that_nobody_has_seen(small_run: Callable[..., Any], components: dict[str, Any]) -> None:
    results = small_run(**{**FEW, "evaluations": 1, "batch_size": 8, **components})
    assert results.failed.empty
    combinations = results.frame[["method", "strategy", "seed"]].drop_duplicates()
    assert len(results.frame) == 2 * len(combinations)
    assert results.frame["test.macro_f1"].between(0, 1).all()
    assert len(results.compare().groups[0].rows) == len(combinations) // results.frame["seed"].nunique()


def test_a_balanced_batch_of_what_was_seen(small_run: Callable[..., Any]) -> None:
    results = small_run(**{**FEW, "sampler": "balanced", "method": "supervised[loss=logit-adjusted]"})
    assert results.frame["test.accuracy"].between(0, 1).all()

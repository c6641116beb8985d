"""Counted floors of the strategies that benchmarks/perf/strategies.py times."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from script_modules import loaded

from albench.bench.floors import QuerySizes
from albench.bench.queries import query
from albench.bench.rates import Rates
from albench.components.registry import registry

RATES = Rates(read=4e9, product=1e11, logarithm=1e9)
FILE = Path(__file__).parents[2] / "benchmarks" / "perf" / "floors.py"


def pool(n: int = 1000) -> QuerySizes:
    return QuerySizes(n=n, q=20, size=100, n_classes=10, n_labeled=1000)


@pytest.fixture(scope="module")
def floors() -> Any:
    return loaded(FILE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("random", 0.0),
        ("margin", 1000 * 10 / 1e9),
        ("bald", 20 * 1000 * (2 * 100 * 10 / 1e11 + 2 * 10 / 1e9)),
        ("bald[samples=5]", 20 * 1000 * (2 * 100 * 10 / 1e11 + 2 * 10 / 1e9)),
        ("bald-stored", 20 * 1000 * 10 / 1e9),
        ("bait", 2 * 1000 * 100 * 10 * 20 / 1e11),
        ("typiclust", 2 * 1000 * 100 * 1000 / 1e11),
        ("information-density", 4 * 1000 * 100 / 4e9 + 1000 * 10 / 1e9),
        ("unheard-of", 4 * 1000 * 100 / 4e9),  # reading weighs more than the head's products
    ],
)
def test_known_answers(floors: Any, name: str, expected: float) -> None:
    assert floors.floor(name, pool(), RATES) == pytest.approx(expected)


def test_a_subsample_counts_what_it_reads(floors: Any) -> None:
    floor: Callable[..., float] = floors.floor
    assert floor("subsample", pool(10**6), RATES) == floor("coreset", pool(10**4), RATES)
    assert floor("subsample", pool(500), RATES) == floor("coreset", pool(500), RATES)


def test_what_is_counted_is_there(floors: Any) -> None:
    assert {*floors.FLOORS, *floors.COUNTED} <= {*registry().names("strategy"), "bald-stored"}


@pytest.mark.parametrize("name", loaded(FILE).timed())
def test_every_strategy_s_query_can_be_timed(floors: Any, name: str) -> None:
    assert len(query(floors.SPECS.get(name, name), 300, 10, 8)()) == 10  # type: ignore[arg-type]  # a tensor

"""The least that a query has to compute, at a machine's rates."""

from __future__ import annotations

import pytest

from albench.bench.floors import Floor, QuerySizes
from albench.bench.measured import QUERIES
from albench.bench.rates import Rates

RATES = Rates(read=4e9, product=1e11, logarithm=1e9)


POOL = QuerySizes(n=1000, q=20, size=100, n_classes=10, n_labeled=1000)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("entropy", 1000 * 10 / 1e9),  # a logarithm for each probability
        ("coreset", 2 * 1000 * 100 * 1000 / 1e11),  # the products with every labelled item
        ("badge", 4 * 1000 * 100 / 4e9),  # reading weighs more than the head's products
        ("boostmis", 2 * 1000 * 100 * (20 // 2 + 4 * 10) / 1e11),
    ],
)
def test_known_floors(name: str, expected: float) -> None:
    assert QUERIES[name].floor.seconds(POOL, RATES) == pytest.approx(expected)


def test_a_floor_counts_whole_vectors() -> None:
    assert Floor(per_query=0.15).seconds(POOL, RATES) == Floor(vectors=3).seconds(POOL, RATES)

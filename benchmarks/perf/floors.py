"""The counted floor of every strategy's query (see ``albench.bench.floors``)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from albench.bench.floors import Floor, QuerySizes
from albench.bench.measured import QUERIES
from albench.bench.rates import Rates
from albench.components.registry import registry

SPECS = {
    "balanced": "balanced[of=entropy]",
    "stochastic": "stochastic[of=entropy]",
    "subsample": "subsample[of=coreset,size=10000]",
    "sharded": "sharded[of=coreset,shards=8]",
}
"""What is timed of strategies that take another."""


def timed() -> list[str]:
    """The strategies whose queries are albench's own: a bridge's are somebody else's."""
    return [component.name for component in registry().components("strategy") if component.family != "bridge"]


FLOORS = {
    **{name: query.floor for name, query in QUERIES.items()},
    **dict.fromkeys(
        ("margin", "least-confidence", "galaxy", "falcun", "balanced", "stochastic"), Floor(probabilities=True)
    ),
    **dict.fromkeys(("contrastive", "sharded", "probcover"), Floor(per_label=1)),
    **dict.fromkeys(("kmeans", "clue"), Floor(per_query=2)),  # an assignment, and one after the centres have moved
}
OTHERS = Floor(per_class=1)
"""Of strategies that are not named here: the head's products."""


def _dropout(pool: QuerySizes, rates: Rates) -> float:
    """Twenty samples: the head's products, a softmax, and a term of each probability."""
    each = 2.0 * pool.size * pool.n_classes / rates.product + 2 * pool.n_classes / rates.logarithm
    return 20 * pool.n * each


def _stored(pool: QuerySizes, rates: Rates) -> float:
    """A term of each probability of twenty samples."""
    return 20 * pool.n * pool.n_classes / rates.logarithm


def _density(pool: QuerySizes, rates: Rates) -> float:
    """One reading for the mean embedding, and the entropies."""
    return 4.0 * pool.n * pool.size / rates.read + pool.n * pool.n_classes / rates.logarithm


def _part(pool: QuerySizes, rates: Rates) -> float:
    """A random part alone is read."""
    return QUERIES["coreset"].floor.seconds(dataclasses.replace(pool, n=min(pool.n, 10_000)), rates)


def _vectors(count: Callable[[QuerySizes], int]) -> Callable[[QuerySizes, Rates], float]:
    return lambda pool, rates: Floor(vectors=count(pool)).seconds(pool, rates)


COUNTED: dict[str, Callable[[QuerySizes, Rates], float]] = {
    "random": lambda *_: 0.0,
    **dict.fromkeys(("bald", "mean-std", "variation-ratios", "power-bald", "batch-bald"), _dropout),
    "bald-stored": _stored,
    "information-density": _density,
    "subsample": _part,
    "bait": _vectors(lambda pool: pool.n_classes * pool.q),
    "typiclust": _vectors(lambda pool: 2 * min(pool.n_labeled + pool.q, 500)),
    **dict.fromkeys(("max-herding", "uncertainty-herding"), _vectors(lambda pool: min(pool.n, 10_000))),
    "alfa-mix": _vectors(lambda pool: pool.n_classes**2),  # an anchor of each class, mixed in and sent through the head
}
"""Those that are no fixed number of vectors a label, a class or a labelled item."""


def floor(name: str, pool: QuerySizes, rates: Rates) -> float:
    """Seconds that a strategy's query of a pool cannot leave out, at the machine's rates, whatever its options."""
    name = name.partition("[")[0]
    count = COUNTED.get(name) or FLOORS.get(name, OTHERS).seconds
    return count(pool, rates)

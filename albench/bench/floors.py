"""What no implementation of a query can leave out, counted."""

from __future__ import annotations

from dataclasses import dataclass

from albench.bench.rates import Rates


@dataclass(frozen=True)
class QuerySizes:
    """What a query is asked for: q of n items.

    Attributes
    ----------
    size, n_classes, n_labeled
        Numbers in an embedding, classes, labelled items.
    """

    n: int
    q: int
    size: int
    n_classes: int
    n_labeled: int


@dataclass(frozen=True)
class Floor:
    """What one strategy has to do with each item.

    One reading of its embedding and the products with as many vectors as are counted here, or an elementary function (a
    logarithm) of each probability that decides. What an algorithm needs beyond that, e.g. the rounds of k-means after
    the first or the q steps of a greedy choice, is not counted.

    Attributes
    ----------
    probabilities
        Whether the probabilities alone decide.
    vectors, per_query, per_class, per_label
        Vectors whose products with each item are needed: so many, and so many for each label that is asked for, each
        class, and each labelled item; their sum is rounded down.
    """

    probabilities: bool = False
    vectors: float = 0
    per_query: float = 0
    per_class: float = 0
    per_label: float = 0

    def seconds(self, pool: QuerySizes, rates: Rates) -> float:
        """Seconds that the query cannot leave out, at the machine's rates."""
        if self.probabilities:
            return pool.n * pool.n_classes / rates.logarithm
        counted = self.per_query * pool.q + self.per_class * pool.n_classes + self.per_label * pool.n_labeled
        products = 2.0 * pool.n * pool.size * int(self.vectors + counted) / rates.product
        return max(4.0 * pool.n * pool.size / rates.read, products)

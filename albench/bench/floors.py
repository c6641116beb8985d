"""What no implementation of a query can leave out, counted."""

from __future__ import annotations

from albench.bench.rates import Rates

SCORES = {"entropy", "margin", "least-confidence", "galaxy", "falcun", "balanced", "stochastic"}
DROPOUT = {"bald", "mean-std", "variation-ratios", "power-bald", "batch-bald"}


def floor(name: str, n: int, q: int, rates: Rates, *, size: int, n_classes: int, n_labeled: int) -> float:
    """Seconds that a query of q from n items cannot leave out, at the machine's rates.

    One reading of the embeddings; the products of each item with as many vectors as are counted here; an elementary
    function (a logarithm) of each probability that decides. What an algorithm needs beyond that, e.g. the rounds of
    k-means after the first or the q steps of a greedy choice, is not counted.

    Parameters
    ----------
    name
        The strategy.
    size, n_classes, n_labeled
        Numbers in an embedding, classes, labelled items.
    """
    if name == "random":
        return 0.0
    if name in SCORES:  # one pass over the probabilities
        return n * n_classes / rates.logarithm
    if name in DROPOUT:  # twenty samples: the head's products, a softmax, and a term of each probability
        return 20 * n * (2.0 * size * n_classes / rates.product + 2 * n_classes / rates.logarithm)
    if name == "subsample":
        n = min(n, 10_000)
    labeled = ("coreset", "contrastive", "subsample", "sharded", "probcover", "information-density")
    vectors = {
        **dict.fromkeys(labeled, n_labeled),
        "bait": n_classes * q,
        **dict.fromkeys(("kmeans", "clue"), 2 * q),  # an assignment, and one after the centres have moved
        "typiclust": 2 * min(n_labeled + q, 500),
        **dict.fromkeys(("max-herding", "uncertainty-herding"), min(n, 10_000)),
        "alfa-mix": n_classes * n_classes,  # an anchor of each class, mixed in and sent through the head
        "boostmis": q // 2 + 4 * n_classes,  # neighbours of the chosen half alone, and the head four times
    }
    if name == "information-density":
        return 4.0 * n * size / rates.read + n * n_classes / rates.logarithm
    return max(4.0 * n * size / rates.read, 2.0 * n * size * vectors.get(name, n_classes) / rates.product)

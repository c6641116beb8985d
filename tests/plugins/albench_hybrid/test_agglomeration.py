"""Average linkage in place: the same tree as SciPy's, to the last bit and with its choices among equals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist

from albench_hybrid.agglomeration import average_tree


@pytest.mark.parametrize("n", [2, 3, 4, 9, 60, 150])
@pytest.mark.parametrize("digits", [0, 1, 9])
def test_the_tree_is_that_of_scipy(n: int, digits: int) -> None:
    x = np.random.default_rng(n).normal(size=(n, 3)).round(digits)  # without digits most distances tie
    pairs = pdist(x)
    assert np.array_equal(average_tree(pairs.copy(), n), linkage(pairs, method="average"))


def test_duplicates_meet_first() -> None:
    x = np.random.default_rng(0).normal(size=(20, 2))[np.arange(60) % 20]
    pairs = pdist(x)
    tree = average_tree(pairs.copy(), 60)
    assert np.array_equal(tree, linkage(pairs, method="average"))
    assert (tree[:40, 2] == 0).all()
    assert (tree[40:, 2] > 0).all()


def test_three_items_by_hand() -> None:
    # 1 and 2 are 1 apart, 0 is 3 and 5 from them: 4 on average.
    assert average_tree(np.array([3.0, 5.0, 1.0]), 3).tolist() == [[1, 2, 1, 2], [0, 3, 4, 3]]

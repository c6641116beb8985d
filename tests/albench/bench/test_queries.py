"""Queries that are timed: on a pool like one that a trial has."""

from __future__ import annotations

import pytest

from albench.bench.queries import CLASSES, LABELED, pool, query


def test_a_pool_has_labelled_items_apart() -> None:
    view = pool(300, 8)
    assert len(view) == 300
    assert view.embeddings.shape == (300, 8)
    assert view.probs.shape == (300, CLASSES)
    assert len(view.labeled_y) == len(view.labeled_embeddings) == LABELED


@pytest.mark.parametrize("name", ["entropy", "coreset", "badge", "boostmis"])
def test_queries_choose(name: str) -> None:
    assert len(set(query(name, 300, 20, 8)().tolist())) == 20  # type: ignore[attr-defined]  # a tensor

"""The pools that queries are timed on are what their names say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from script_modules import loaded
from torch.nn.functional import normalize

from albench.bench.queries import CLASSES, LABELED
from albench.kernels import entropy

POOLS = loaded(Path(__file__).parents[2] / "benchmarks" / "perf" / "query_pools.py").POOLS


def views(name: str) -> Any:
    return POOLS[name](1500, 512)


@pytest.mark.parametrize("name", POOLS)
def test_a_pool_has_the_items_that_are_asked_for_and_labelled_ones_apart(name: str) -> None:
    view = POOLS[name](300, 64)
    assert view.embeddings.shape == (300, 64)
    assert view.probs.shape == (300, CLASSES)
    assert view.labeled_embeddings.shape == (LABELED, 64)
    assert torch.equal(view.embeddings, POOLS[name](300, 64).embeddings)


@pytest.mark.parametrize(("name", "low", "high"), [("subspace", 0.3, 0.38), ("own", 0, 1e-6), ("tails", 0.4, 0.65)])
def test_predictions_are_as_certain_as_it_is_said(name: str, low: float, high: float) -> None:
    assert low <= float(entropy(views(name).probs).median()) <= high


def test_everything_is_uncertain_where_there_are_no_classes() -> None:
    view = views("isotropic")
    assert float(entropy(view.probs).min()) > 1.6
    rows = normalize(view.embeddings)
    assert float((rows @ rows.T).fill_diagonal_(0).abs().max()) < 0.3


def test_noise_falls_off_by_direction() -> None:
    """Within a class the variances of all directions add up to 1 + 1/2 + 1/3 ... + 1/512 = 6.8."""
    view = views("subspace")
    own = view.embeddings[view.probs.argmax(dim=1) == 0]
    apart = own - own.mean(dim=0)
    spread = torch.linalg.svdvals(apart).square() / len(apart)
    assert float(spread.sum()) == pytest.approx(6.8, rel=0.1)
    assert float(spread[0] / spread[20]) > 5


def test_tails_are_long() -> None:
    """Many items of one class lie far beyond its others, which normal ones of 512 numbers never do."""
    length = torch.linalg.vector_norm(views("tails").embeddings, dim=1)
    assert float(length.max() / length.median()) > 4

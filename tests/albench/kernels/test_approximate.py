"""Approximate neighbours against the exact ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import pytest
import torch

import albench
from albench.errors import UserError
from albench.kernels import NonFiniteScores, approximate_neighbors, nearest_neighbors
from albench.results.records import read_trial, trial_folders
from albench.suite.protocol import Protocol, protocol


def _groups(n: int = 2000, d: int = 16) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    centers = 4 * torch.randn(20, d, generator=random)
    return centers[torch.arange(n) % 20] + torch.randn(n, d, generator=random)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_recall_is_what_was_asked_for_and_what_is_measured(metric: Literal["cosine", "euclidean"]) -> None:
    x, k = _groups(), 10
    exact = nearest_neighbors(x, k, metric=metric)[1]
    for wanted in (0.5, 0.95):
        values, places, recall = approximate_neighbors(x, k, metric=metric, recall=wanted)
        true = (places[:, :, None] == exact[:, None, :]).any(dim=2).double().mean()
        assert recall >= wanted
        assert float(true) == pytest.approx(recall, abs=0.05)  # 256 x 10 draws: three standard errors are 0.03
        assert values.shape == places.shape == (2000, k)
        assert not (places == torch.arange(2000)[:, None]).any()
        assert (places.sort(dim=1).values.diff(dim=1) > 0).all()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_looking_everywhere_is_exact(metric: Literal["cosine", "euclidean"]) -> None:
    x = _groups(600)
    exact_values, exact = nearest_neighbors(x, 5, metric=metric)
    values, places, recall = approximate_neighbors(x, 5, metric=metric, recall=1.0)
    assert recall == 1.0
    torch.testing.assert_close(values, exact_values, rtol=1e-4, atol=1e-4)
    assert (places == exact).double().mean() > 0.99  # all but ties within rounding


def test_odd_pools_are_answered() -> None:
    for x in (torch.zeros(50, 3), torch.ones(50, 3), _groups(40).repeat(4, 1), _groups(3)):
        values, places, recall = approximate_neighbors(x, 2)
        assert ((places >= 0) & (places < len(x))).all()
        assert not (places == torch.arange(len(x))[:, None]).any()
        assert torch.isfinite(values).all()
        assert 0 <= recall <= 1


def test_bad_arguments_are_named() -> None:
    x = _groups(40)
    with pytest.raises(ValueError, match=r"k must be in 1 \.\. 39 for 40 items, got 40"):
        approximate_neighbors(x, 40)
    with pytest.raises(ValueError, match="recall must be above 0 and at most 1, got 0"):
        approximate_neighbors(x, 2, recall=0)
    x[3] = torch.nan
    with pytest.raises(NonFiniteScores, match="1 of 40 rows"):
        approximate_neighbors(x, 2)


def test_threads_are_left_as_they_were() -> None:
    import faiss

    faiss.omp_set_num_threads(3)
    approximate_neighbors(_groups(100), 2)
    assert faiss.omp_get_max_threads() == 3


def test_a_protocol_asks_for_them_and_the_record_keeps_the_recall(small_run: Any, tmp_path: Path) -> None:
    recalls = {}
    for how in ("approximate", "exact"):
        small_run(strategy="boostmis[density=degree]", neighbors=how, name=how)
        (folder,) = trial_folders(tmp_path / "results" / how)
        recalls[how] = [record["query"]["notes"].get("neighbors_recall") for record in read_trial(folder).records[:-1]]
    assert len(recalls["approximate"]) == 2
    assert min(recalls["approximate"]) >= 0.95
    assert recalls["exact"] == [None, None]


def test_the_default_leaves_every_key_as_it_was() -> None:
    assert "neighbors" not in Protocol().content
    assert protocol({"neighbors": "approximate"}).hash != Protocol().hash


def test_without_faiss_it_is_told_before_anything_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(UserError, match=r"approximate neighbours need faiss: pip install 'albench\[approximate\]'"):
        albench.run(out=tmp_path / "results", neighbors="approximate", dataset="digits", strategy="boostmis")
    assert not (tmp_path / "results").exists()

"""DropQuery: its candidates, one from each cluster, and what fills up."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.testing import make_view
from albench.trial.view import PoolView
from albench_hybrid.dropquery import DropQuery

ALL_DROPPED = 1 - 1e-9
"""A rate that leaves nothing of an embedding, so that each pass predicts the class with the largest bias."""


def _blobs(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Six tight groups of ten, three on either side of the first axis's zero, and the group of each item."""
    centres = torch.tensor([[-9.0, 0], [-9.0, 20], [-9.0, -20], [9.0, 0], [9.0, 20], [9.0, -20]])
    group = torch.arange(6).repeat(10)
    noise = torch.randn(60, 2, generator=torch.Generator().manual_seed(seed))
    return centres[group] + noise * 0.5, group


def _view(x: torch.Tensor, seed: int = 0) -> PoolView:
    """Class 1 on the right; without an embedding the bias predicts class 0."""
    weight = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
    return make_view(x, weight=weight, bias=torch.tensor([0.1, 0.0]), seed=seed)


def test_it_takes_one_item_of_each_group_that_dropout_changes() -> None:
    x, group = _blobs()
    view = _view(x)
    picks = DropQuery(drop=ALL_DROPPED).select(view, 3)
    # Only the right side changes its class where all is dropped.
    assert sorted(group[picks].tolist()) == [3, 4, 5]
    assert view.notes == {"candidates": 30}
    for pick in picks.tolist():
        members = x[group == group[pick]]
        nearest = (members - members.mean(dim=0)).norm(dim=1).argmin()
        assert torch.equal(x[pick], members[nearest])


def test_agreement_with_scikit_activeml() -> None:
    from skactiveml.base import SkactivemlClassifier
    from skactiveml.pool import DropQuery as Reference

    x, _ = _blobs(seed=3)

    class Linear(SkactivemlClassifier):
        def fit(self, X: object, y: object, sample_weight: object = None) -> Linear:
            return self

        def predict_proba(self, X: np.ndarray) -> np.ndarray:
            right = (X[:, 0] > 0.05).astype(float)
            return np.stack([1 - right, right], axis=1)

        def predict(self, X: np.ndarray) -> np.ndarray:
            return (X[:, 0] > 0.05).astype(int)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = Reference(
            dropout_rate=ALL_DROPPED,
            n_dropout_samples=3,
            cluster_algo_dict={"random_state": 0, "n_init": 5},
            random_state=0,
        )
        wanted = reference.query(x.numpy(), np.full(60, np.nan), Linear(classes=[0, 1]), fit_clf=False, batch_size=3)
    assert sorted(DropQuery(drop=ALL_DROPPED).select(_view(x), 3).tolist()) == sorted(wanted.tolist())


def test_too_few_candidates_are_filled_up_by_changes_then_by_the_margin() -> None:
    # Item 2 alone changes, in all passes; the others never do, and come by their distance to the boundary at -0.05.
    x = torch.tensor([[-3.0, 0], [-1.0, 0], [2.0, 0], [-2.0, 0], [-1.0, 0]])
    view = _view(x)
    assert DropQuery(drop=ALL_DROPPED).select(view, 4).tolist() == [2, 1, 4, 3]
    assert view.notes == {"candidates": 1}


def test_half_of_the_passes_is_not_most_of_them() -> None:
    class Passes:
        """A view whose passes change item 0 twice of four times and item 1 three times."""

        probs = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])
        embeddings = torch.arange(3.0)[:, None]
        generator = torch.Generator()

        def __init__(self) -> None:
            self.kept: dict[str, float] = {}

        def __len__(self) -> int:
            return 3

        def mc_probs(self, samples: int, drop: float) -> list[torch.Tensor]:
            assert (samples, drop) == (4, 0.5)
            changed = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]])
            return [torch.stack([1.0 - row, row], dim=1) for row in changed.float()]

        def note(self, name: str, value: float) -> None:
            self.kept[name] = value

        def best(self, scores: torch.Tensor, budget: int) -> torch.Tensor:
            return scores.sort(descending=True, stable=True).indices[:budget]

    view = Passes()
    picks = DropQuery(samples=4, drop=0.5).select(view, 2)  # type: ignore[arg-type]  # as much of a view as it reads
    assert picks.tolist() == [1, 0]
    assert view.kept == {"candidates": 1}


@pytest.mark.parametrize("n", [1, 8])
@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_equal_items_and_the_whole_pool(n: int, value: float) -> None:
    for budget in {1, n}:
        picks = DropQuery().select(_view(torch.full((n, 2), value)), budget)
        assert len({*picks.tolist()}) == budget
        assert picks.dtype == torch.int64


def test_the_seed_decides_and_nothing_else() -> None:
    x = torch.randn(200, 2, generator=torch.Generator().manual_seed(1))
    picks = [DropQuery().select(_view(x, seed), 5).tolist() for seed in (0, 0, 1)]
    assert picks[0] == picks[1] != picks[2]


def test_non_finite_embeddings_raise() -> None:
    x = torch.zeros(4, 2)
    x[2] = torch.nan
    with pytest.raises(ContractError, match="1 of 4 rows of"):
        DropQuery().select(_view(x), 2)

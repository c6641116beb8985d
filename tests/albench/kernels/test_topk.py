"""Top-k and top-k per class, worked out by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from albench.errors import ContractError
from albench.kernels import NonFiniteScores, top_k, top_k_per_class


def test_top_k_is_best_first_and_ties_go_to_the_lowest_position() -> None:
    scores = torch.tensor([1.0, 3.0, 2.0, 3.0, 1.0])
    assert top_k(scores, 4).tolist() == [1, 3, 2, 0]
    assert top_k(scores, 0).tolist() == []
    assert top_k(torch.zeros(1000), 3).tolist() == [0, 1, 2]


def test_non_finite_scores_are_counted() -> None:
    scores = torch.tensor([0.0, torch.nan, torch.inf, -torch.inf])
    with pytest.raises(NonFiniteScores, match=r"3 of 4 scores are not finite \(1 NaN, 2 infinite\)") as caught:
        top_k(scores, 1)
    assert isinstance(caught.value, ContractError)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(NonFiniteScores):
        top_k_per_class(scores, torch.zeros(4, dtype=torch.int64), 1, 1)


def test_each_class_gives_the_same_number() -> None:
    scores = torch.tensor([9.0, 8.0, 7.0, 6.0, 5.0, 4.0])
    classes = torch.tensor([0, 0, 0, 0, 1, 2])
    assert top_k_per_class(scores, classes, 3, 3).tolist() == [0, 4, 5]


def test_a_short_class_gives_its_share_to_the_best_of_the_others() -> None:
    scores = torch.tensor([9.0, 8.0, 7.0, 6.0, 1.0, 0.5])
    classes = torch.tensor([0, 0, 0, 1, 1, 1])
    # Shares of 2; class 2 is empty, and its two places go to what is best of the rest, 7.0 and 0.5's better, 0.5.
    assert top_k_per_class(scores, classes, 3, 6).tolist() == [0, 1, 2, 3, 4, 5]
    assert top_k_per_class(scores, classes, 4, 4).tolist() == [0, 1, 2, 3]
    # Shares of 1: 9.0 and 6.0; the two missing ones are 8.0 and 7.0.
    assert top_k_per_class(scores, classes, 3, 5).tolist() == [0, 1, 2, 3, 4]


def test_the_remainder_goes_to_the_best_that_remain() -> None:
    scores = torch.tensor([1.0, 2.0, 5.0, 4.0, 3.0])
    classes = torch.tensor([0, 0, 1, 1, 1])
    assert top_k_per_class(scores, classes, 2, 3).tolist() == [2, 3, 1]


def test_per_class_arguments_are_checked() -> None:
    scores, classes = torch.zeros(3), torch.tensor([0, 1, 2])
    with pytest.raises(ValueError, match=r"classes must be in 0 \.\. 1, got 0 \.\. 2"):
        top_k_per_class(scores, classes, 2, 1)
    with pytest.raises(ValueError, match=r"k must be in 0 \.\. 3, got 4"):
        top_k_per_class(scores, classes, 3, 4)
    with pytest.raises(ValueError, match="shape of the scores"):
        top_k_per_class(scores, classes[:2], 3, 1)
    with pytest.raises(ValueError, match=r"scores must be \(N,\)"):
        top_k(torch.zeros(2, 2), 1)


@given(
    items=st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3)), max_size=40),
    share=st.floats(0, 1),
)
def test_per_class_against_a_plain_loop(items: list[tuple[int, int]], share: float) -> None:
    k = int(share * len(items))
    order = sorted(range(len(items)), key=lambda i: (-items[i][0], i))
    expected = [i for c in range(4) for i in [j for j in order if items[j][1] == c][: k // 4]]
    expected += [i for i in order if i not in expected][: k - len(expected)]
    scores = torch.tensor([float(s) for s, _ in items])
    classes = torch.tensor([c for _, c in items], dtype=torch.int64)
    got = top_k_per_class(scores, classes, 4, k).tolist()
    assert got == sorted(expected, key=order.index)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=200), st.data())
def test_few_of_many_are_those_that_a_stable_sort_gives(values: list[int], data: st.DataObject) -> None:
    scores = torch.tensor(values, dtype=torch.float32)
    k = data.draw(st.integers(0, len(values)))
    expected = sorted(range(len(values)), key=lambda i: (-values[i], i))[:k]
    assert top_k(scores, k).tolist() == expected


@pytest.mark.parametrize("n_values", [3, 1000, 1 << 30])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_few_of_a_large_pool_are_those_that_a_stable_sort_gives(n_values: int, dtype: torch.dtype) -> None:
    scores = torch.randint(n_values, (20_011,), generator=torch.Generator().manual_seed(0)).to(dtype)
    for k in (1, 100):
        assert torch.equal(top_k(scores, k), scores.sort(descending=True, stable=True).indices[:k])
        assert torch.equal(top_k(-scores, k), (-scores).sort(descending=True, stable=True).indices[:k])


def test_scores_known_to_be_fine_are_not_looked_at() -> None:
    scores = torch.tensor([0.5, torch.inf, 0.2])
    assert top_k(scores, 1, checked=False).tolist() == [1]
    assert top_k_per_class(scores, torch.tensor([0, 0, 1]), 2, 2, checked=False).tolist() == [1, 2]

"""Sums and writes whose result CUDA leaves open, told from those whose order does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from albench.testing.pretended import Account, pretended_cuda

HALVES = [0.1, 0.2, 0.3]


@pytest.fixture
def account() -> Iterator[Account]:
    with pretended_cuda() as made:
        yield made


def on(values: list[float] | list[int]) -> Tensor:
    return torch.tensor(values, device="cuda")


OPEN: dict[str, Callable[[], object]] = {
    "index_add_": lambda: on([0.0, 0.0]).index_add_(0, on([0, 0, 1]), on(HALVES)),
    "scatter_add_": lambda: on([0.0, 0.0]).scatter_add_(0, on([1, 1, 0]), on(HALVES)),
    "scatter_reduce": lambda: on([0.0, 0.0]).scatter_reduce(0, on([1, 1, 0]), on(HALVES), "mean"),
    "cumsum": lambda: on(HALVES).cumsum(0),
    "bincount": lambda: torch.bincount(on([0, 0, 1]), weights=on(HALVES)),
    "index_put_": lambda: on([0.0, 0.0]).index_put_((on([0, 0]),), on(HALVES[:2]), accumulate=True),
    "histc": lambda: on(HALVES).histc(2, 0, 1),
}
FIXED: dict[str, Callable[[], object]] = {
    "places of their own": lambda: on([0.0, 0.0]).index_add_(0, on([1, 0]), on(HALVES[:2])),
    "whole numbers": lambda: on([0.0, 0.0]).scatter_add_(0, on([1, 1, 0]), on([1.0, 5.0, 2.0])),
    "whole running sums": lambda: on([1.0, 2.0]).cumsum(0),
    "integers": lambda: on([1, 2]).cumsum(0),
    "counts": lambda: torch.bincount(on([0, 0, 1])),
    "largest": lambda: on([0.0, 0.0]).scatter_reduce(0, on([1, 1, 0]), on(HALVES), "amax"),
    "no sum": lambda: on([0.0, 0.0]).index_put_((on([0, 1]),), on(HALVES[:2])),
    "a reduction": lambda: on(HALVES).sum(),
}


@pytest.mark.parametrize("name", OPEN)
def test_a_sum_in_no_fixed_order_is_noted(account: Account, name: str) -> None:
    OPEN[name]()
    assert account.count("sums") == 1, account.sums


@pytest.mark.parametrize("name", FIXED)
def test_a_sum_that_no_order_changes_is_not(account: Account, name: str) -> None:
    FIXED[name]()
    assert not account.sums
    assert not account.writes


@pytest.mark.parametrize("name", OPEN)
def test_deterministic_algorithms_fix_it_or_refuse(account: Account, name: str) -> None:
    torch.use_deterministic_algorithms(True)
    try:
        if name in ("cumsum", "bincount", "histc"):
            with pytest.raises(RuntimeError, match="does not have a deterministic implementation"):
                OPEN[name]()
        else:
            OPEN[name]()
    finally:
        torch.use_deterministic_algorithms(False)
    assert not account.sums


def test_a_gradient_of_rows_that_come_twice_is_a_sum_by_place(account: Account) -> None:
    x = torch.rand(3, 2).to("cuda").requires_grad_()
    (x[on([0, 0, 2])] * torch.rand(3, 2).to("cuda")).sum().backward()
    assert account.count("sums") == 1
    account.clear()
    (x[on([1, 0, 2])] * torch.rand(3, 2).to("cuda")).sum().backward()
    assert not account.sums


def test_writes_to_one_place_are_noted_where_they_differ(account: Account) -> None:
    on([0.0, 0.0])[on([1, 1])] = on([3.0, 3.0])
    on([0.0, 0.0]).index_copy_(0, on([1, 0]), on([3.0, 4.0]))
    on([0.0, 0.0]).scatter_(0, on([1, 1]), on([4.0, 4.0]))
    assert not account.writes
    on([0.0, 0.0])[on([1, 1])] = on([3.0, 4.0])
    on([0.0, 0.0]).index_copy_(0, on([1, 1]), on([3.0, 4.0]))
    on([0.0, 0.0]).scatter_(0, on([1, 1]), on([3.0, 4.0]))
    assert account.count("writes") == 3

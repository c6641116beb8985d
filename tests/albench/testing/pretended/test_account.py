"""Counts by what and where."""

from __future__ import annotations

import pytest
import torch

from albench.kernels import top_k
from albench.testing.pretended import pretended_cuda
from albench.testing.pretended.account import Account, place


def here() -> str:
    return place()


def test_a_place_is_the_nearest_function_outside_of_torch() -> None:
    assert here() == f"{__name__}.here"
    with pretended_cuda() as account:
        top_k(torch.rand(9).to("cuda"), 3)
    places = {where for _, where in account.waits}
    assert "albench.kernels.topk._check" in places
    assert f"{__name__}.test_a_place_is_the_nearest_function_outside_of_torch" in places  # the upload


def test_counts_are_told_by_place_and_forgotten() -> None:
    account = Account()
    for _ in range(2):
        account.note("waits", "item")
    account.kernels["add"] += 3
    name = f"{__name__}.test_counts_are_told_by_place_and_forgotten"
    assert account.told("waits") == f"2 x item in {name}"
    assert (account.count("waits"), account.count("kernels"), account.count("sums")) == (2, 3, 0)
    account.clear()
    assert (account.count("waits"), account.count("kernels")) == (0, 0)


def test_a_device_fails_when_it_is_told_to_and_one_that_is_gone_stays_so() -> None:
    with pretended_cuda() as account:
        x = torch.ones(2, device="cuda")
        account.fail(torch.OutOfMemoryError("CUDA out of memory"), after=1)
        x + 1
        with pytest.raises(torch.OutOfMemoryError):
            x + 1
        x + 1
        account.fail(torch.AcceleratorError("CUDA error: unspecified launch failure"))
        for _ in range(2):
            with pytest.raises(torch.AcceleratorError):
                x + 1

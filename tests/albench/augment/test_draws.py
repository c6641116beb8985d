"""Uniform noise to integers."""

from __future__ import annotations

import pytest
import torch

from albench.augment.draws import check_columns, pick
from albench.errors import ContractError


def test_integers_are_equally_likely_and_the_largest_number_stays_inside() -> None:
    evenly = (torch.arange(1200) + 0.5) / 1200
    assert torch.bincount(pick(evenly, 7)).tolist() == pytest.approx([1200 / 7] * 7, abs=1)
    largest = torch.tensor([1 - 2**-24])
    assert [pick(largest, count).item() for count in (1, 2, 3, 7, 1000)] == [0, 1, 2, 6, 999]
    assert pick(torch.tensor([0.0, 0.5]), 2).tolist() == [0, 1]


def test_noise_of_too_few_columns_is_refused_with_the_number_that_is_needed() -> None:
    check_columns(torch.zeros(3, 4), 4)
    with pytest.raises(ContractError, match=r"read 5 random numbers an item, not 4: set .* noise_size to 5 or more"):
        check_columns(torch.zeros(3, 4), 5)

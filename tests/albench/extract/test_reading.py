"""A model that reads fewer items at once where a device has no memory for as many."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from albench.extract.reading import Reader

CPU = torch.device("cpu")


class Fits(nn.Module):
    """So many items and no more; doubled they are their embeddings."""

    def __init__(self, most: int, error: type[Exception] = torch.OutOfMemoryError) -> None:
        super().__init__()
        self.most, self.error, self.read = most, error, list[int]()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if len(x) > self.most:
            raise self.error("CUDA out of memory. Tried to allocate 2.00 GiB.")
        self.read.append(len(x))
        return x, 2 * x


X = np.arange(22, dtype=np.float32).reshape(11, 2)


def test_it_halves_until_they_fit_and_stays_there() -> None:
    model, halved = Fits(3), list[int]()
    reader = Reader(model, CPU, 8, halved.append)
    np.testing.assert_array_equal(reader.embed(X), 2 * X)
    assert (halved, reader.at_once) == ([4, 2], 2)
    np.testing.assert_array_equal(reader.embed(X[:5]), 2 * X[:5])
    assert model.read == [2, 2, 2, 2, 2, 1, 2, 2, 1]
    assert halved == [4, 2]


def test_what_halving_cannot_mend_is_raised() -> None:
    halved = list[int]()
    with pytest.raises(torch.OutOfMemoryError):
        Reader(Fits(0), CPU, 4, halved.append).embed(X)
    assert halved == [2, 1]
    with pytest.raises(ValueError, match="out of memory"):  # a plugin's own words
        Reader(Fits(0, ValueError), CPU, 4, halved.append).embed(X)
    assert halved == [2, 1]


def test_fewer_than_at_once_are_halved_from_their_number() -> None:
    halved = list[int]()
    Reader(Fits(2), CPU, 64, halved.append).embed(X[:3])
    assert halved == [2]

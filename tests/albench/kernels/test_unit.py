"""Rows of length 1 that are scaled where they are read, against a scaled copy."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from albench.kernels import NonFiniteScores, UnitRows
from albench.kernels.unit import mean_row
from albench.testing.pretended import pretended_cuda, unavailable

PARTS = [torch.randn(n, 5, generator=torch.Generator().manual_seed(n)) * n for n in (4, 0, 3)]
WHOLE = F.normalize(torch.cat(PARTS), dim=1)


def test_rows_read_like_those_of_a_scaled_copy() -> None:
    rows = UnitRows(*PARTS)
    assert (len(rows), rows.shape, rows.device.type) == (7, (7, 5), "cpu")
    for index in (slice(2, 6), slice(None), torch.tensor([6, 0, 4, 4]), torch.arange(7) % 2 == 0, torch.tensor([5, 6])):
        torch.testing.assert_close(rows[index], WHOLE[index])
    torch.testing.assert_close(torch.cat(list(rows.split(3))), WHOLE)


def test_a_device_is_not_waited_for_to_know_whose_rows_are_asked_for() -> None:
    if reason := unavailable():
        pytest.skip(reason)
    with pretended_cuda() as account:
        rows = UnitRows(*(part.to("cuda:0") for part in PARTS))
        places = torch.tensor([6, 0, 4, 4]).to("cuda:0")
        account.clear()
        found = rows[places]
        assert not account.waits
        torch.testing.assert_close(found.cpu(), WHOLE[[6, 0, 4, 4]])


@pytest.mark.parametrize("x", [UnitRows(*PARTS), WHOLE], ids=["scaled where read", "tensor"])
def test_their_mean_is_that_of_the_copy(x: UnitRows | torch.Tensor) -> None:
    torch.testing.assert_close(mean_row(x), WHOLE.mean(dim=0))


def test_what_is_handed_out_is_a_copy_and_zeros_stay_zeros() -> None:
    part = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    rows = UnitRows(part)
    assert rows[:].tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 0.0]]
    assert part.tolist() == [[3.0, 4.0], [0.0, 0.0]]


def test_rows_that_are_not_finite_are_counted() -> None:
    with pytest.raises(NonFiniteScores, match="1 of 2 rows of embeddings are not finite"):
        UnitRows(torch.tensor([[1.0], [float("inf")]]))

"""Dropout masks: shares and scale, one for each item, pass and step, the same for the same seed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from albench.training.dropout import _STEP, Dropout, _mixed, rate_of, step_numbers

CPU = torch.device("cpu")


def masks(rate: float, number: int = 7, items: int = 400, size: int = 250) -> torch.Tensor:
    return Dropout(rate, torch.tensor(number))(torch.ones(items, size))


def test_numbers_are_those_of_splitmix64() -> None:
    """The published first outputs of seed 1234567."""
    places = torch.arange(1, 6)
    found = [int(one) % (1 << 64) for one in _mixed(torch.tensor(1234567) + places * _STEP)]
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert found == [*published, 16408922859458223821]


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_a_share_is_dropped_and_the_mean_stays(rate: float) -> None:
    found = masks(rate)
    assert found.unique().tolist() == pytest.approx([0, 1 / (1 - rate)], rel=1e-4)
    assert float((found == 0).double().mean()) == pytest.approx(rate, abs=0.005)
    assert float(found.mean()) == pytest.approx(1, abs=0.02)
    for dim in (0, 1):  # no item and no unit is favoured
        shares = (found == 0).double().mean(dim=dim)
        assert float(shares.std()) == pytest.approx((rate * (1 - rate) / found.shape[dim]) ** 0.5, rel=0.15)


def test_every_item_pass_and_step_has_a_mask_of_its_own() -> None:
    dropout, x = Dropout(0.5, torch.tensor(7)), torch.ones(300, 64)
    first, second = dropout(x), dropout(x)
    assert len(torch.cat([first, second, masks(0.5, 8, 300, 64)]).unique(dim=0)) == 900
    assert torch.equal(first, masks(0.5, 7, 300, 64))


def test_lanes_get_the_masks_of_their_own_numbers() -> None:
    numbers = torch.tensor([3, 5])
    found = torch.func.vmap(lambda number, x: Dropout(0.5, number)(x))(numbers, torch.ones(2, 20, 30))
    assert all(torch.equal(found[lane], masks(0.5, number, 20, 30)) for lane, number in enumerate((3, 5)))


def test_steps_are_numbered_by_seed_and_round() -> None:
    state = torch.random.get_rng_state()
    found = step_numbers(1, 2, 50, CPU)
    assert torch.equal(found, step_numbers(1, 2, 50, CPU))
    assert torch.equal(state, torch.random.get_rng_state())
    others = [step_numbers(2, 2, 50, CPU), step_numbers(1, 3, 50, CPU)]
    assert len(torch.cat([found, *others]).unique()) == 150


def test_a_model_that_does_not_say_trains_without() -> None:
    assert rate_of(nn.Linear(2, 2)) == 0

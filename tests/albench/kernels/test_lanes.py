"""A linear layer with weights of lanes gives what a layer of each lane's own gives, to the bit, gradients included."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from albench.kernels import LaneLinear

LANES = 3


def layers(inputs: int, outputs: int) -> list[nn.Linear]:
    return [nn.Linear(inputs, outputs) for _ in range(LANES)]


def of_lanes(alone: list[nn.Linear]) -> LaneLinear:
    made = LaneLinear(alone[0].in_features, alone[0].out_features)
    made.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in alone]))
    made.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in alone]))
    return made


def gradients(made: Tensor, by: Tensor, of: list[Tensor]) -> list[Tensor]:
    return list(torch.autograd.grad(made, of, by))


@pytest.mark.parametrize(
    ("items", "inputs", "outputs"), [(192, 256, 64), (64, 64, 10), (192, 64, 6), (7, 5, 2), (3, 3, 4), (8, 10, 5)]
)
def test_lanes_give_to_the_bit_what_each_gives_alone(items: int, inputs: int, outputs: int) -> None:
    alone = layers(inputs, outputs)
    together = of_lanes(alone)
    x, by = torch.randn(LANES, items, inputs), torch.randn(LANES, items, outputs)
    wanted = x.clone().requires_grad_()
    made = together(wanted)
    found = gradients(made, by, [together.weight, together.bias, wanted])
    for lane, layer in enumerate(alone):
        own = x[lane].clone().requires_grad_()
        expected = layer(own)
        torch.testing.assert_close(made[lane], expected, rtol=0, atol=0)
        of_each = gradients(expected, by[lane], [layer.weight, layer.bias, own])
        torch.testing.assert_close([one[lane] for one in found], of_each, rtol=0, atol=0)


def test_one_lane_alone_is_a_linear_layer() -> None:
    plain = nn.Linear(5, 3)
    made = LaneLinear(5, 3)
    made.load_state_dict(plain.state_dict())
    x = torch.randn(4, 5)
    torch.testing.assert_close(made(x), plain(x), rtol=0, atol=0)
    torch.testing.assert_close(made.product(x) + made.row, plain(x))


def test_products_of_lanes_are_narrow_under_autocast_and_their_gradients_as_wide_as_the_weights() -> None:
    together = of_lanes(layers(16, 8))
    x = torch.randn(LANES, 6, 16)
    exact = together(x)
    with torch.autocast("cpu", torch.bfloat16):
        narrow = together(x)
    assert narrow.dtype == torch.bfloat16
    torch.testing.assert_close(narrow.float(), exact, rtol=0.05, atol=0.05)
    found, expected = (
        gradients(made.float(), torch.ones_like(exact), [together.weight])[0] for made in (narrow, exact)
    )
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=0.05, atol=0.05)

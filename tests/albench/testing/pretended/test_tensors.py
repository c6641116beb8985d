"""Tensors and generators of the pretended device."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from albench import seeds
from albench.testing.pretended import Account, pretended_cuda
from albench.testing.pretended.tensors import CUDA, CudaTensor


@pytest.fixture(autouse=True)
def account() -> Iterator[Account]:
    with pretended_cuda() as made:
        yield made


def test_a_tensor_says_where_it_is() -> None:
    for made in (torch.zeros(2, device="cuda"), torch.tensor([1.0, 2.0], device="cuda:0"), torch.ones(2).cuda()):
        assert (made.device, made.is_cuda, made.to("cuda") is made) == (CUDA, True, True)
    assert torch.arange(3, device="cuda").tolist() == [0, 1, 2]
    assert f"{torch.tensor(1.5, device='cuda'):.2f}" == "1.50"
    assert not torch.ones(2, device="cuda").cpu().is_cuda


def test_numbers_leave_it_by_way_of_the_cpu_alone() -> None:
    x = torch.arange(3.0, device="cuda")
    with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
        x.numpy()
    assert x.cpu().numpy().tolist() == [0, 1, 2]


def test_a_module_moves_and_learns_there() -> None:
    module = nn.Linear(2, 1).to("cuda")
    assert {parameter.device for parameter in module.parameters()} == {CUDA}
    twin = copy.deepcopy(module)
    assert isinstance(twin.weight, nn.Parameter)
    before = module.weight.detach().cpu().clone()
    module(torch.ones(3, 2, device="cuda")).sum().backward()
    torch.optim.SGD(module.parameters(), lr=0.5, fused=True).step()
    assert torch.equal(module.weight.detach().cpu(), before - 1.5)
    assert torch.equal(twin.weight.detach().cpu(), before)
    module.weight.data = torch.zeros(1, 2, device="cuda")
    assert module(torch.ones(1, 2, device="cuda")).item() == module.bias.item()


def test_what_is_saved_is_read_on_the_cpu() -> None:
    file = io.BytesIO()
    torch.save({"x": torch.arange(3.0, device="cuda")}, file)
    file.seek(0)
    assert torch.load(file, weights_only=True)["x"].tolist() == [0, 1, 2]


def test_a_generator_of_the_device_draws_others_than_the_cpus() -> None:
    of_cpu = torch.rand(4, generator=seeds.torch_stream("test"))
    generator = seeds.torch_stream("test", device="cuda:0")
    assert isinstance(generator, torch.Generator)
    assert generator.device == CUDA
    draws = torch.rand(4, generator=generator, device="cuda")
    assert draws.tolist() != of_cpu.tolist()
    again = torch.rand(4, generator=seeds.torch_stream("test", device="cuda:0"), device="cuda")
    assert torch.equal(draws, again)
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator"):
        torch.rand(4, generator=seeds.torch_stream("test"), device="cuda")
    with pytest.raises(RuntimeError, match="Expected a 'cpu' device type for generator"):
        torch.rand(4, generator=generator)


def test_lanes_see_the_device() -> None:
    def loss(w: torch.Tensor) -> torch.Tensor:
        assert w.device == CUDA
        return (w * torch.arange(3, device=w.device)).sum()

    gradients = torch.func.vmap(torch.func.grad(loss))(torch.ones(2, 3, device="cuda"))
    assert isinstance(gradients, CudaTensor)
    assert gradients.tolist() == [[0, 1, 2]] * 2

"""Operations on the pretended device: refused as CUDA refuses them, counted, and with the CPU's results."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from albench.testing.pretended import Account, pretended_cuda


@pytest.fixture(autouse=True)
def account() -> Iterator[Account]:
    with pretended_cuda() as made:
        yield made


def there(*size: int) -> torch.Tensor:
    return torch.arange(float(torch.Size(size).numel()), device="cuda").view(size)


MIXED: dict[str, Callable[[], object]] = {
    "sum": lambda: there(3) + torch.ones(3),
    "product": lambda: there(2, 2) @ torch.ones(2, 2),
    "cat": lambda: torch.cat([there(1), torch.ones(1)]),
    "where": lambda: torch.where(there(3) > 1, there(3), torch.ones(3)),
    "in place, into the CPU": lambda: torch.ones(()).add_(there(1)[0]),
    "out": lambda: torch.add(there(3), there(3), out=torch.empty(3)),
    "indices": lambda: torch.ones(3)[there(2).long()],
    "values": lambda: there(3).index_put_((there(2).long(),), torch.ones(2)),
    "gather": lambda: there(3).gather(0, torch.tensor([1])),
    "pinning": lambda: there(3).pin_memory(),
}
ALLOWED: dict[str, Callable[[], object]] = {
    "a number": lambda: there(3) * torch.tensor(2.0),
    "where": lambda: torch.where(there(3) > 1, there(3), torch.tensor(0.0)),
    "fill": lambda: there(3).masked_fill_(there(3) > 1, torch.tensor(0.0)),
    "put": lambda: there(3).index_put_((there(2).long(),), torch.tensor(0.0)),
    "indices of the host": lambda: there(3)[torch.tensor([1])],
    "copy": lambda: there(3).copy_(torch.ones(3)),
}


@pytest.mark.parametrize("name", MIXED)
def test_two_devices_are_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match=r"same device|cannot pin"):
        MIXED[name]()


@pytest.mark.parametrize("name", ALLOWED)
def test_what_cuda_takes_is_taken(name: str) -> None:
    assert ALLOWED[name]().is_cuda  # type: ignore[attr-defined]


WAITS: dict[str, Callable[[], object]] = {
    "item": lambda: there(1).item(),
    "item of bool": lambda: bool(there(1)[0] > 0),
    "to the host": lambda: there(3).cpu(),
    "to the host in tolist": lambda: there(3).tolist(),
    "nonzero": lambda: there(3).nonzero(),
    "boolean index": lambda: there(3)[there(3) > 1],
    "equal": lambda: torch.equal(there(3), there(3)),
    "bincount": lambda: torch.bincount(there(3).long()),
    "upload": lambda: torch.ones(3).to("cuda"),
    "upload in tensor": lambda: torch.tensor([1.0, 2.0], device="cuda"),
    "upload without blocking": lambda: torch.ones(3).to("cuda", non_blocking=True),
    "index from the host": lambda: there(3)[torch.tensor([1])],
    "repeat_interleave": lambda: there(3).repeat_interleave(there(3).long()),
    "synchronize": lambda: torch.cuda.synchronize(),
}
FREE: dict[str, Callable[[], object]] = {
    "pinned": lambda: torch.ones(3).pin_memory().to("cuda", non_blocking=True),
    "a pinned part": lambda: torch.ones(3).pin_memory()[1:].to("cuda", non_blocking=True),
    "choosing": lambda: torch.where(there(3) > 1, 1.0, 0.0).argmax(),
    "indices": lambda: there(3)[there(2).long()],
    "a size": lambda: len(there(3)),
    "repeat": lambda: there(3).repeat_interleave(2),
}


@pytest.mark.parametrize("name", WAITS)
def test_a_wait_is_counted(account: Account, name: str) -> None:
    WAITS[name]()
    assert account.count("waits") == 1
    assert next(iter(account.waits))[0].split()[0] == name.split()[0]


@pytest.mark.parametrize("name", FREE)
def test_what_does_not_wait_is_not(account: Account, name: str) -> None:
    FREE[name]()
    assert not account.waits


def test_kernels_are_counted_and_views_are_not(account: Account) -> None:
    x = torch.empty(4, 3, device="cuda")
    assert x.T[1:].reshape(8).detach().unsqueeze(0).shape == (1, 8)
    assert account.kernels.total() == 1  # the copy of a reshape that cannot be a view
    x.zero_().add_(1).sum()
    assert account.kernels["sum"] == account.kernels["zero_"] == account.kernels["add_"] == 1


def test_copies_and_float64_are_counted(account: Account) -> None:
    x = torch.ones(3).to("cuda")
    x.cpu()
    assert (account.bytes["up"], account.bytes["down"]) == (12, 12)
    x.double().sum()
    assert account.count("float64") == 2


def test_a_draw_on_the_device_is_counted(account: Account) -> None:
    torch.rand(3, device="cuda")
    torch.empty(3, device="cuda").normal_()
    torch.rand(3)
    assert {what for what, _ in account.draws} == {"rand", "normal_"}


def test_of_equal_values_others_are_chosen_than_on_the_cpu() -> None:
    x = torch.tensor([1.0, 2.0, 2.0, 0.0])
    assert x.topk(1).indices.tolist() != x.to("cuda").topk(1).indices.tolist()
    assert x.sort(stable=True).indices.tolist() == x.to("cuda").sort(stable=True).indices.tolist()
    y = torch.rand(5, 7)
    for largest in (True, False):
        assert torch.equal(y.topk(3, largest=largest).indices, y.to("cuda").topk(3, largest=largest).indices.cpu())
        assert torch.equal(y.sort(0, descending=largest)[1], y.to("cuda").sort(0, descending=largest)[1].cpu())
    places = torch.zeros(6, device="cuda").sort().indices
    assert sorted(places.tolist()) == list(range(6))


def test_an_operation_that_changes_the_shape_in_place_does() -> None:
    x = there(2, 3)
    assert x.t_().shape == (3, 2)
    assert x.tolist() == [[0, 3], [1, 4], [2, 5]]

"""CUDA graphs of the pretended device: replays compute what the operations would, with the numbers of the capture."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from albench.testing.pretended import Account, pretended_cuda

BUSY = "not permitted when stream is capturing"


@pytest.fixture(autouse=True)
def account() -> Iterator[Account]:
    with pretended_cuda() as made:
        yield made


def there(*values: float) -> Tensor:
    return torch.tensor(values, device="cuda")


def captured(work: Callable[[], object]) -> torch.cuda.CUDAGraph:
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph


def test_a_replay_reads_and_writes_the_tensors_of_the_capture() -> None:
    x, total, made = there(1.0, 2.0), there(0.0, 0.0), []
    graph = captured(lambda: made.append((x * 2).exp()) or total.add_(x))
    assert total.tolist() == [0, 0]  # nothing is computed by a capture
    assert made[0].isnan().all()
    for value in (3.0, 5.0):
        x.fill_(value)
        graph.replay()
        assert torch.equal(made[0].cpu(), torch.full((2,), 2 * value).exp())
    assert total.tolist() == [8, 8]


def test_numbers_of_python_and_of_the_host_are_those_of_the_capture() -> None:
    x, factor, number = there(1.0), 3.0, torch.tensor(10.0)
    graph = captured(lambda: x.mul_(factor).add_(number))
    factor, number = 5.0, number.fill_(100.0)
    graph.replay()
    assert x.tolist() == [13]


def test_what_is_written_in_place_and_views_are_made_again() -> None:
    x, kept = there(1.0, 2.0, 3.0, 4.0), there(0.0)

    def work() -> None:
        rows = x.view(2, 2)
        rows[0].add_(rows[1])
        values, places = rows.sort(dim=1, descending=True)
        kept.copy_((values * places).sum()[None])

    graph = captured(work)
    assert x.tolist() == [1, 2, 3, 4]
    expected = x.cpu()
    for _ in range(2):
        graph.replay()
        rows = expected.view(2, 2)
        rows[0].add_(rows[1])
        values, places = rows.sort(dim=1, descending=True)
        assert x.tolist() == expected.tolist()
        assert kept.tolist() == [(values * places).sum()]


def test_a_shape_that_changes_in_place_is_another_to_later_operations_alone() -> None:
    x, total = there(1.0, 2.0, 3.0), there(0.0)

    def work() -> None:
        made = x[:, None] * x
        made.unsqueeze_(0).transpose_(1, 2)
        total.add_((made[0, :, :1] * 2).sum()[None])

    graph = captured(work)
    graph.replay()
    assert total.tolist() == [12]


def test_gradients_and_a_whole_step_are_made_again() -> None:
    def step(weight: Tensor, x: Tensor) -> None:
        (x @ weight).square().mean().backward()
        torch._fused_sgd_(
            [weight.detach()],
            [weight.grad],
            [],
            weight_decay=0.0,
            momentum=0.0,
            lr=0.1,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )
        weight.grad = None

    x, on_cpu = torch.arange(6.0).view(3, 2), torch.ones(2, 1, requires_grad=True)
    weight, held = on_cpu.detach().to("cuda").requires_grad_(), x.to("cuda")
    graph = captured(lambda: step(weight, held))
    for _ in range(3):
        graph.replay()
        step(on_cpu, x)
        assert torch.equal(weight.detach().cpu(), on_cpu)


def test_statistics_of_batches_are_as_they_were_until_a_replay() -> None:
    norm, other = torch.nn.BatchNorm1d(2).to("cuda"), torch.nn.BatchNorm1d(2)
    x = torch.arange(6.0).view(3, 2)
    held = x.to("cuda")
    graph = captured(lambda: norm(held))
    assert norm.running_mean is not None
    assert norm.running_mean.tolist() == [0, 0]
    for _ in range(2):
        graph.replay()
        other(x)
    assert {name: value.tolist() for name, value in norm.state_dict().items()} == {
        name: value.tolist() for name, value in other.state_dict().items()
    }


def test_pinned_memory_is_read_at_each_replay() -> None:
    source, x = torch.zeros(2).pin_memory(), there(0.0, 0.0)
    graph = captured(lambda: x.copy_(source, non_blocking=True))
    source.fill_(7.0)
    graph.replay()
    assert x.tolist() == [7, 7]


REFUSED: dict[str, Callable[[Tensor], object]] = {
    "item": lambda x: x[0].item(),
    "bool": lambda x: bool(x[0] > 0),
    "nonzero": lambda x: x.nonzero(),
    "a boolean index": lambda x: x[x > 0],
    "to the host": lambda x: x.cpu(),
    "memory that is not pinned": lambda x: x.copy_(torch.ones(2)),
    "the same without waiting": lambda x: x.copy_(torch.ones(2), non_blocking=True),
    "a list of numbers": lambda _: torch.tensor([1.0, 2.0], device="cuda"),
    "synchronize": lambda _: torch.cuda.synchronize(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_waits_for_the_device_breaks_a_capture(name: str) -> None:
    x = there(1.0, 2.0)
    stream = torch.cuda.current_stream()
    with torch.cuda.stream(stream), pytest.raises(torch.AcceleratorError, match="previous error") as at_its_end:
        captured(lambda: REFUSED[name](x.mul_(3)))
    assert BUSY in str(at_its_end.value.__context__)
    assert torch.cuda.current_stream() is stream
    assert not torch.cuda.is_current_stream_capturing()
    assert x.tolist() == [1, 2]


def test_nothing_is_captured_on_the_stream_that_is_there() -> None:
    with pytest.raises(RuntimeError, match="non-default stream"):
        torch.cuda.CUDAGraph().capture_begin()


def test_draws_of_a_generator_that_a_graph_knows_go_on() -> None:
    generator = torch.Generator("cuda")
    x = there(0.0, 0.0)
    with pytest.raises(torch.AcceleratorError, match="previous error"):
        captured(lambda: torch.rand(2, generator=generator, device="cuda"))
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(generator)
    with torch.cuda.graph(graph):
        x.copy_(torch.rand(2, generator=generator, device="cuda"))
    drawn = []
    for _ in range(2):
        graph.replay()
        drawn.append(x.tolist())
    assert drawn[0] != drawn[1]


def test_a_replay_is_one_launch(account: Account) -> None:
    x = there(1.0)
    account.clear()
    graph = captured(lambda: x.mul_(2).add_(1))
    assert (dict(account.kernels), dict(account.captured)) == ({}, {"mul_": 1, "add_": 1})
    graph.replay()
    assert dict(account.kernels) == {"cuda_graph": 1}
    assert account.count("waits") == 1  # that of torch.cuda.graph, before it captures

"""Our optimizer is torch's, without what torch's class imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from albench.suite.protocol import Protocol
from albench.training.optimizer import SGD, AdamW, optimizer


def pair(momentum: float) -> tuple[list[torch.Tensor], list[torch.Tensor], SGD, torch.optim.SGD]:
    generator = torch.Generator().manual_seed(0)
    ours = [torch.randn(shape, generator=generator) for shape in ((7, 5), (3, 7), (7,), (3,))]
    theirs = [one.clone() for one in ours]
    groups = [{"params": theirs[:2], "weight_decay": 0.01}, {"params": theirs[2:], "weight_decay": 0.0}]
    peer = torch.optim.SGD(groups, lr=0.1, momentum=momentum, nesterov=momentum > 0, fused=True)
    return ours, theirs, SGD([(ours[:2], 0.01), (ours[2:], 0.0)], 0.1, momentum), peer


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_it_is_torchs_to_the_bit(momentum: float) -> None:
    ours, theirs, made, peer = pair(momentum)
    generator = torch.Generator().manual_seed(1)
    for step in range(5):
        made.lr = 0.1 / (step + 1)
        for group in peer.param_groups:
            group["lr"] = 0.1 / (step + 1)
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            one.grad = other.grad = None
            if (place, step) != (2, 3):
                one.grad = torch.randn(one.shape, generator=generator)
                other.grad = one.grad.clone()
        made.step()
        peer.step()
        assert all(torch.equal(*both) for both in zip(ours, theirs, strict=True))
    state = peer.state_dict()["state"]
    kept = made.state_dict()["state"]
    assert kept.keys() == (state.keys() if momentum else set())
    assert all(torch.equal(kept[place]["momentum_buffer"], state[place]["momentum_buffer"]) for place in kept)


def test_it_goes_on_from_its_state_and_from_torchs() -> None:
    ours, theirs, made, peer = pair(0.9)
    for one, other in zip(ours, theirs, strict=True):
        one.grad, other.grad = torch.ones_like(one), torch.ones_like(other)
    made.step()
    peer.step()
    for content in (made.state_dict(), peer.state_dict()):
        weights = [one.clone() for one in ours]
        again = SGD([(weights[:2], 0.01), (weights[2:], 0.0)], 0.1, 0.9)
        again.load_state_dict(content)
        for one in weights:
            one.grad = torch.ones_like(one)
        again.step()
        for other in theirs:
            other.grad = torch.ones_like(other)
        expected = [other.clone() for other in theirs]
        follower = torch.optim.SGD(
            [{"params": expected[:2], "weight_decay": 0.01}, {"params": expected[2:], "weight_decay": 0.0}],
            lr=0.1,
            momentum=0.9,
            nesterov=True,
            fused=True,
        )
        follower.load_state_dict(peer.state_dict())
        for one in expected:
            one.grad = torch.ones_like(one)
        follower.step()
        assert all(torch.equal(*both) for both in zip(weights, expected, strict=True))


def test_adamw_is_torchs_to_the_bit_and_goes_on_from_both_states() -> None:
    ours, theirs, *_ = pair(0.9)
    groups = [{"params": theirs[:2], "weight_decay": 0.01}, {"params": theirs[2:], "weight_decay": 0.0}]
    peer = torch.optim.AdamW(groups, lr=0.1, betas=(0.8, 0.999), fused=True)
    made = AdamW([(ours[:2], 0.01), (ours[2:], 0.0)], 0.1, 0.8)
    generator = torch.Generator().manual_seed(1)
    for step in range(6):
        made.lr = 0.1 / (step + 1)
        for group in peer.param_groups:
            group["lr"] = made.lr
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            one.grad = other.grad = None
            if (place, step) not in {(2, 3), (3, 0)}:
                one.grad = torch.randn(one.shape, generator=generator)
                other.grad = one.grad.clone()
        made.step()
        peer.step()
        assert all(torch.equal(*both) for both in zip(ours, theirs, strict=True))
        state, kept = peer.state_dict()["state"], made.state_dict()["state"]
        assert kept.keys() == state.keys()
        assert all(torch.equal(kept[at][name], state[at][name]) for at in kept for name in state[at])
        again = AdamW([(ours[:2], 0.01), (ours[2:], 0.0)], made.lr, 0.8)
        again.load_state_dict((peer if step % 2 else made).state_dict())
        made = again


def test_the_protocol_names_the_optimizer() -> None:
    matrix, vector = torch.ones(2, 2), torch.ones(2)
    for settings, kind in ((Protocol(), SGD), (Protocol(optimizer="adamw"), AdamW)):
        made = optimizer([matrix], [vector], settings)
        assert type(made) is kind
        assert made.lr == settings.lr
    before = matrix.clone()
    matrix.grad, vector.grad = torch.zeros(2, 2), torch.zeros(2)
    made.step()
    assert torch.allclose(matrix, before * (1 - 0.03 * 5e-4)), "decay is of matrices"
    assert torch.equal(vector, torch.ones(2)), "and of nothing else"


def test_a_tensor_may_be_used_later_than_others() -> None:
    """Which torch's fused one refuses."""
    first, second = torch.zeros(2), torch.zeros(2)
    made = SGD([([first, second], 0.0)], 0.1, 0.9)
    first.grad = torch.ones(2)
    made.step()
    second.grad = torch.ones(2)
    made.step()
    assert torch.allclose(second, torch.full((2,), -0.1 * 1.9))
    assert torch.allclose(first, torch.full((2,), -0.1 * 1.9 - 0.1 * (1 + 0.9 * 1.9)))


def test_gradients_are_forgotten() -> None:
    ours, _, made, _ = pair(0.9)
    ours[0].grad = torch.ones_like(ours[0])
    made.zero_grad()
    assert all(one.grad is None for one in ours)


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_a_learning_rate_may_be_a_tensor(name: str) -> None:
    protocol = Protocol(optimizer=name)
    found = []
    for lr in (0.5, torch.tensor(0.5)):
        matrix, vector = torch.ones(2, 2), torch.ones(2)
        made = optimizer([matrix], [vector], protocol)
        made.lr = lr
        for tensor in (matrix, vector):
            tensor.grad = torch.full_like(tensor, 0.3)
        made.step()
        found.append((matrix, vector))
    assert all(torch.equal(*both) for both in zip(*found, strict=True))
    assert not torch.equal(found[0][0], torch.ones(2, 2))


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_a_step_that_was_not_carried_out_is_forgotten(name: str) -> None:
    old, new = torch.ones(2, 2), torch.ones(2, 2)
    made = optimizer([old, new], [], Protocol(optimizer=name))
    old.grad = torch.ones_like(old)
    made.step()
    before = made.memory()
    kept = made.kept(old)
    new.grad = torch.ones_like(new)
    made.step()
    assert made.kept(new)
    made.abandon(before)
    assert old.grad is new.grad is None
    assert not made.kept(new)
    assert all(made.kept(old)[each] is value for each, value in kept.items())
    assert len(made.memory()) == len(before)


def test_a_run_does_not_import_torchs_compiler(tmp_path: Path, toy: str) -> None:
    """It takes as long as all the rest of torch, in each process that trains."""
    program = (
        "import sys, albench\n"
        f"words = dict(plugins=[{toy!r}], out={str(tmp_path)!r}, method='boostmis', executor='local')\n"
        "sizes = dict(dataset='blobs', seeds=1, rounds=2, steps=5, initial=12, query_size=8, batch_size=16)\n"
        "for more in ({}, {'optimizer': 'adamw', 'clip': 1.0}):\n"
        "    albench.run(strategy='boostmis', **words, **sizes, **more)\n"
        "    print([name for name in ('torch._dynamo', 'sympy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert [line for line in done.stdout.splitlines() if line.startswith("[")] == ["[]", "[]"]

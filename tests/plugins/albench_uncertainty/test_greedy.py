"""The greedy batch: with rough gains and without, and on a device that is read when all is chosen."""

from __future__ import annotations

import pytest
import torch
from by_hand import random_samples

from albench.testing.pretended import pretended_cuda, unavailable
from albench_uncertainty.candidates import Candidates
from albench_uncertainty.greedy import greedy
from albench_uncertainty.joint import Joint


def joint(probs: torch.Tensor, device: str = "cpu", limit: int = 500) -> Joint:
    return Joint(Candidates(probs.to(device)), limit, 100, torch.Generator().manual_seed(0))


def test_rough_gains_choose_what_exact_ones_do(monkeypatch: pytest.MonkeyPatch) -> None:
    probs = torch.tensor(random_samples(30, 300, 4, seed=1, sharpness=2.0)).float()
    picks = greedy(joint(probs), 25).tolist()
    rough = []
    plain = Joint.rough
    monkeypatch.setattr(Joint, "rough", lambda self, at: rough.append(len(at)) or plain(self, at))
    assert greedy(joint(probs), 25).tolist() == picks
    assert sum(rough) > 300
    monkeypatch.setattr(Joint, "rough", Joint.gains)
    assert greedy(joint(probs), 25).tolist() == picks


@pytest.mark.parametrize("share", [-1.0, 1.0, 0.0])
def test_roundings_as_large_as_they_can_be_change_no_pick(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    probs = torch.tensor(random_samples(30, 300, 3, seed=1, sharpness=2.0)).float()
    probs[:, 100:] = probs[:, :200] + 1e-6 * torch.randn(30, 200, 3, generator=torch.Generator().manual_seed(1))
    known = joint(probs, limit=3**7)
    picks, gains = list[int](), known.candidates.alone
    for _ in range(7):
        picks.append(int(gains.argmax()))
        known.add(picks[-1])
        gains = known.gains().index_fill(0, torch.tensor(picks), -1)
    generator = torch.Generator().manual_seed(2)

    def off(self: Joint, at: torch.Tensor) -> torch.Tensor:
        signs = torch.randint(2, at.shape, generator=generator) * 2 - 1 if share == 0 else share
        return self.gains(at) + signs * self.error

    monkeypatch.setattr(Joint, "error", 1e-3)
    monkeypatch.setattr(Joint, "rough", off)
    assert greedy(joint(probs, limit=3**7), 7).tolist() == picks


def test_of_copies_the_lowest_is_chosen() -> None:
    probs = torch.tensor(random_samples(30, 1, 4, seed=1)).float().repeat(1, 90, 1)
    assert greedy(joint(probs), 40).tolist() == list(range(40))


@pytest.mark.parametrize("impossible", [False, True])
def test_a_device_chooses_the_same_and_is_waited_for_when_all_is_chosen(*, impossible: bool) -> None:
    if reason := unavailable():
        pytest.skip(reason)
    probs = torch.tensor(random_samples(30, 200, 4, seed=1, sharpness=2.0)).float()
    if impossible:
        probs[:, :, 1] += probs[:, :, 0]
        probs[:, :, 0] = 0
    expected = {budget: greedy(joint(probs), budget).tolist() for budget in (10, 20)}
    waits = []
    with pretended_cuda() as account:
        for budget, picks in expected.items():
            known = joint(probs, "cuda:0")
            account.clear()
            assert greedy(known, budget).tolist() == picks
            waits.append(account.count("waits"))
    assert impossible or waits[0] == waits[1] <= 4


def test_a_device_fills_up_once_all_is_told() -> None:
    if reason := unavailable():
        pytest.skip(reason)
    probs = torch.tensor(random_samples(3, 200, 3, seed=2, sharpness=4)).float()
    known = joint(probs, limit=50)
    picks, state = greedy(known, 150).tolist(), known.generator.get_state()
    assert len(set(picks)) == 150
    with pretended_cuda() as account:
        other = joint(probs, "cuda:0", limit=50)
        account.clear()
        assert greedy(other, 150).tolist() == picks
        assert torch.equal(other.generator.get_state(), state)
        assert account.count("waits") <= 5

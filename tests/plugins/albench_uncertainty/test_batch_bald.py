"""BatchBALD against enumeration of every joint label, against scikit-activeml, and on pools with copies."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from by_hand import entropy, random_samples

from albench.errors import ContractError
from albench.kernels import NonFiniteScores
from albench.testing import make_view
from albench_uncertainty.batch_bald import BatchBALD
from albench_uncertainty.candidates import Candidates
from albench_uncertainty.dropout import BALD
from albench_uncertainty.greedy import greedy
from albench_uncertainty.joint import Joint


def joint_of(probs: np.ndarray, limit: int = 100_000, draws: int = 1000, seed: int = 0) -> Joint:
    return Joint(Candidates(torch.tensor(probs)), limit, draws, torch.Generator().manual_seed(seed))


def information(probs: np.ndarray, batch: list[int]) -> float:
    """``I(y_B; w)`` by enumerating every joint label."""
    total = 0.0
    for labels in itertools.product(range(probs.shape[2]), repeat=len(batch)):
        p = np.prod([probs[:, i, y] for i, y in zip(batch, labels, strict=True)], axis=0).mean()
        total -= p * np.log(p) if p > 0 else 0.0
    return float(total - sum(entropy(probs[:, i]).mean() for i in batch))


def brute_force(probs: np.ndarray, budget: int) -> list[int]:
    """The greedy algorithm without any shortcut."""
    chosen: list[int] = []
    for _ in range(budget):
        values = [information(probs, [*chosen, i]) if i not in chosen else -1.0 for i in range(probs.shape[1])]
        chosen.append(int(np.argmax(values)))
    return chosen


@pytest.mark.parametrize("seed", range(4))
def test_it_is_greedy_joint_mutual_information(seed: int) -> None:
    probs = random_samples(6, 8, 3, seed)
    assert greedy(joint_of(probs), 4).tolist() == brute_force(probs, 4)


def test_gains_are_the_differences_of_the_joint_information() -> None:
    probs = random_samples(5, 6, 3, seed=2)
    joint, batch = joint_of(probs), list[int]()
    for pick in (4, 1, 5):
        before = information(probs, batch) if batch else 0.0
        expected = [information(probs, [*batch, i]) - before for i in range(6)]
        torch.testing.assert_close(joint.gains(torch.arange(6)), torch.tensor(expected, dtype=torch.float64))
        joint.add(pick)
        batch.append(pick)


def test_it_chooses_as_scikit_activeml_does_while_the_entropy_is_exact() -> None:
    from skactiveml.pool import batch_bald

    probs = random_samples(10, 80, 3, seed=4)
    values = batch_bald(probs.copy(), 5, n_MC_samples=3**5, random_state=0)
    picks = greedy(joint_of(probs), 5)
    assert picks.tolist() == np.nanargmax(values, axis=1).tolist()
    joint = joint_of(probs)
    for step, pick in enumerate(picks.tolist()):
        gain = np.nanmax(values[step]) - (np.nanmax(values[step - 1]) if step else 0.0)
        assert float(joint.gains(torch.tensor([pick]))) == pytest.approx(gain, abs=1e-5)
        joint.add(pick)


def test_gains_measured_late_are_the_same_picks() -> None:
    # 300 candidates, several times more than are looked at in one go, against measuring all at each step.
    probs = random_samples(12, 300, 2, seed=6, sharpness=1.0)
    joint, expected = joint_of(probs), list[int]()
    for _ in range(9):
        gains = joint.gains(torch.arange(300))
        gains[expected] = -1.0
        expected.append(int(gains.argmax()))
        joint.add(expected[-1])
    assert greedy(joint_of(probs), 9).tolist() == expected


def test_drawn_configurations_estimate_the_exact_gains() -> None:
    probs = random_samples(8, 30, 4, seed=5, sharpness=1.0)
    exact, drawn = joint_of(probs), joint_of(probs, limit=16, draws=4000)
    for pick in (3, 8, 11, 20, 5, 17):
        exact.add(pick)
        drawn.add(pick)
    expected, found = exact.gains(torch.arange(30)), drawn.gains(torch.arange(30))
    assert float(expected.max()) > 0.01
    torch.testing.assert_close(found, expected, rtol=0.1, atol=1e-3)


def test_drawn_configurations_choose_nearly_what_exact_ones_do() -> None:
    probs = random_samples(8, 40, 4, seed=9)
    exact, drawn = greedy(joint_of(probs), 6).tolist(), greedy(joint_of(probs, limit=1), 6).tolist()
    assert exact[0] == drawn[0]
    assert information(probs, drawn) > 0.97 * information(probs, exact)


def test_copies_are_taken_once() -> None:
    # Items 0 to 3 are copies that tell one half of the networks from the other; item 4 tells odd from even, a little.
    halves = np.repeat([[[1.0, 0.0]], [[0.0, 1.0]]], 4, axis=0)
    parity = np.tile([[[0.7, 0.3]], [[0.3, 0.7]]], (4, 1, 1))
    picks = greedy(joint_of(np.concatenate([halves] * 4 + [parity], axis=1)), 3).tolist()
    # Then nothing is left to tell, and the copies go by their own information.
    assert picks == [0, 4, 1]
    joint = joint_of(np.concatenate([halves] * 2, axis=1))
    assert float(joint.gains(torch.tensor([1]))) == pytest.approx(math.log(2))
    joint.add(0)
    assert float(joint.gains(torch.tensor([1]))) == pytest.approx(0.0, abs=1e-14)


def test_the_joint_information_never_exceeds_that_of_the_networks() -> None:
    probs = random_samples(5, 100, 3, seed=1)
    joint, total = joint_of(probs), 0.0
    for pick in greedy(joint_of(probs), 20).tolist():
        total += float(joint.gains(torch.tensor([pick])))
        joint.add(pick)
    assert total == pytest.approx(math.log(5), abs=0.05)


def pool(n: int = 60, classes: int = 4, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 16, generator=generator), torch.randn(classes, 16, generator=generator)


def test_masks_are_shared_so_that_copies_in_the_pool_are_taken_once() -> None:
    x, weight = pool(20)
    copied = x.repeat_interleave(4, dim=0)
    view = make_view(copied, weight=weight)
    picks = BatchBALD(samples=100).select(view, 8)
    groups = (picks // 4).tolist()
    # An answer that leaves doubt is worth asking twice at most, while BALD takes each group's copies together.
    assert len(set(groups)) >= 6
    alone = (BALD(samples=100).select(make_view(copied, weight=weight), 8) // 4).tolist()
    assert len(set(alone)) < len(set(groups))


def test_the_first_pick_has_the_largest_mutual_information() -> None:
    x, weight = pool()
    view = make_view(x, weight=weight)
    strategy = BatchBALD(masks=50)
    candidates = strategy._networks(view, torch.arange(60))
    probs = candidates.probs.permute(2, 0, 1).double().numpy()
    assert probs.shape == (50, 60, 4)
    np.testing.assert_allclose(probs.sum(axis=2), 1, rtol=1e-5)
    alone = entropy(probs.mean(axis=0)) - entropy(probs).mean(axis=0)
    assert int(greedy(joint_of(probs), 1)[0]) == int(alone.argmax())


def test_candidates_are_those_of_largest_bald() -> None:
    x, weight = pool(200)
    # The same stream draws the same samples first.
    best = set(BALD().select(make_view(x, weight=weight), 20).tolist())
    assert set(BatchBALD(candidates=1).select(make_view(x, weight=weight), 10).tolist()) < best
    best = set(BALD().select(make_view(x, weight=weight), 15).tolist())
    assert set(BatchBALD(candidates=15).select(make_view(x, weight=weight), 5).tolist()) < best


def test_a_long_batch_is_complete_and_ends_in_order_of_bald() -> None:
    probs = random_samples(3, 200, 3, seed=2, sharpness=4)
    picks = greedy(joint_of(probs, limit=50, draws=50), 200).tolist()
    assert sorted(picks) == list(range(200))
    alone = entropy(probs.mean(axis=0)) - entropy(probs).mean(axis=0)
    assert (np.diff(alone[picks[-100:]]) <= 1e-12).all()


def test_the_stream_decides_and_nothing_else() -> None:
    x, weight = pool()
    first, again, other = (
        BatchBALD(max_configurations=8, configurations=20).select(make_view(x, weight=weight, seed=s), 10).tolist()
        for s in (1, 1, 2)
    )
    assert first == again != other


def test_tiny_pools_constant_embeddings_and_one_class() -> None:
    strategy = BatchBALD()
    assert strategy.select(make_view(torch.ones(1, 3)), 1).tolist() == [0]
    assert sorted(strategy.select(make_view(torch.ones(6, 3)), 6).tolist()) == list(range(6))
    nothing_to_learn = make_view(torch.zeros(6, 3))
    assert strategy.select(nothing_to_learn, 4).tolist() == [0, 1, 2, 3], "ties go to the lowest position"
    sure = make_view(torch.rand(9, 3), bias=torch.tensor([1000.0, 0.0, 0.0]))
    assert strategy.select(sure, 3).tolist() == [0, 1, 2]
    x, weight = pool()
    picks = strategy.select(make_view(x, weight=weight), 60)
    assert picks.dtype == torch.int64
    assert sorted(picks.tolist()) == list(range(60))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_raise(value: float) -> None:
    broken = torch.ones(4, 3)
    broken[2] = value
    with pytest.raises(NonFiniteScores, match="1 of 4") as raised:
        BatchBALD().select(make_view(broken), 2)
    assert isinstance(raised.value, ContractError)
    probs = random_samples(4, 5, 3)
    probs[1, 3] = np.nan
    with pytest.raises(NonFiniteScores, match="1 of 5"):
        greedy(joint_of(probs), 2)

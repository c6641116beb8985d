"""AdaMatch, SimMatch and DebiasPL against plain NumPy, and the averages, rings and alignment that methods share."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from by_hand import cross_entropy, softmax
from hand_made_step import (
    CPU,
    LABELED,
    STRONG,
    SUPERVISED,
    TASK,
    WEAK,
    WEAK_2,
    Model,
    Y,
    batch,
    normalize,
    run,
    unit,
)

from albench.api import Task, UserError
from albench_ssl.adamatch import WINDOW, AdaMatch
from albench_ssl.debiaspl import DebiasPL
from albench_ssl.losses import soft_cross_entropy
from albench_ssl.running import align, class_shares, moving_average, push, window_mean
from albench_ssl.simmatch import SimMatch


def kept(momentum: float, step: int) -> float:
    """The share of an average that stays at a step."""
    return min(momentum, (1 + step) / (10 + step))


def window(rows: list[np.ndarray], step: int) -> np.ndarray:
    """The mean of the last rows, as many as have the mean age of such an average."""
    return np.mean(rows[-((11 + 2 * step) // 9) :], axis=0)


@pytest.mark.parametrize("first", [1, 2001], ids=["at the start", "at the authors' length"])
def test_adamatch_two_steps_written_out(first: int) -> None:
    shift, ramp_steps = 0.8, first + 3
    method = AdaMatch(momentum=0.6, ramp_steps=ramp_steps)
    state = method.init(TASK, CPU)
    known, means = np.full(3, 1 / 3), [np.full(3, 1 / 3)] * WINDOW
    direction = np.array([1.0, -1.0, 0.5])
    for step, weak in ((first, WEAK), (first + 1, WEAK_2)):
        noise = method.draw(torch.Generator().manual_seed(step - first), 2, 4)
        assert {name: value.shape for name, value in noise.items()} == {"share": (2, 1)}
        loss, state, logs = run(method, state, batch(weak, dict(noise)), step, shift)

        labeled = LABELED + noise["share"].numpy() * shift * direction
        probs = softmax(weak)
        momentum = kept(0.6, step)
        known = momentum * known + (1 - momentum) * softmax(labeled).mean(axis=0)
        means = [*means[1:], probs.mean(axis=0)]
        aligned = normalize(probs * known / window(means, step))
        bar = 0.9 * softmax(labeled).max(axis=1).mean()
        accepted = aligned.max(axis=1) >= bar
        unlabeled = (accepted * cross_entropy(STRONG + shift * direction, aligned.argmax(axis=1))).mean()
        ramp = 0.5 - np.cos(np.pi * step / ramp_steps) / 2
        assert 0 < accepted.mean() < 1
        assert loss == pytest.approx(cross_entropy(labeled, Y).mean() + ramp * unlabeled, rel=1e-4)
        assert logs["threshold"] == pytest.approx(bar, rel=1e-5)
        assert logs["accepted"] == pytest.approx(accepted.mean())
    np.testing.assert_allclose(state["labeled_mean"], known, rtol=1e-5)
    np.testing.assert_allclose(state["unlabeled_means"].mean(dim=0), np.mean(means, axis=0), rtol=1e-5)
    np.testing.assert_allclose(state["unlabeled_mean"], window(means, first + 1), rtol=1e-5)
    assert state["pointer"] == 2
    assert method.rejected(torch.tensor(probs), state).tolist() == (~accepted).tolist()


def test_adamatch_without_interpolation_makes_one_pass() -> None:
    method = AdaMatch(interpolate=False, ramp_steps=0)
    assert method.draw(torch.Generator(), 2, 4) == {}
    loss, _, logs = run(method, method.init(TASK, CPU), batch(WEAK, {}), 0)
    assert logs["supervised_loss"] == pytest.approx(SUPERVISED)
    assert loss == pytest.approx(SUPERVISED + logs["unlabeled_loss"])


@pytest.mark.parametrize("first", [0, 2000], ids=["at the start", "later"])
def test_debiaspl_two_steps_written_out(first: int) -> None:
    strength, threshold = 0.7, 0.9
    method = DebiasPL(momentum=0.4, debias=strength, threshold=threshold)
    state = method.init(TASK, CPU)
    mean = np.full(3, 1 / 3)
    shares = []
    for step, weak in enumerate((WEAK, WEAK_2), first):
        loss, state, logs = run(method, state, batch(weak, {}), step)
        momentum = kept(0.4, step)
        debiased = softmax(weak - strength * np.log(mean))
        label, accepted = debiased.argmax(axis=1), debiased.max(axis=1) >= threshold
        mean = momentum * mean + (1 - momentum) * softmax(weak).mean(axis=0)
        unlabeled = (accepted * cross_entropy(STRONG + strength * np.log(mean), label)).mean()
        assert loss == pytest.approx(SUPERVISED + unlabeled, rel=1e-5)
        shares.append(accepted.mean())
        assert logs["accepted"] == pytest.approx(shares[-1])
    assert 0 < min(shares) < 1
    np.testing.assert_allclose(state["mean_probs"], mean, rtol=1e-6)
    wanted = softmax(WEAK - strength * np.log(mean)).max(axis=1) < threshold
    assert method.rejected(torch.tensor(softmax(WEAK)), state).tolist() == wanted.tolist()


def test_simmatch_three_steps_written_out() -> None:
    """A bank of five places, two labelled items a step: empty at first, full and written over at the last."""
    method = SimMatch(threshold=0.8, temperature=0.3, smoothing=0.6, bank_size=5, weight=0.5, instance_weight=2.0)
    state = method.init(TASK, CPU)
    bank, labels = np.empty((0, 3)), np.empty(0, np.int64)
    means: list[np.ndarray] = []
    for step, weak in enumerate((WEAK, WEAK_2, WEAK)):
        items = LABELED + step
        loss, state, logs = run(method, state, batch(weak, {}, items), step)

        probs = softmax(weak)
        means.append(probs.mean(axis=0))
        semantic = normalize(probs / window(means, step))
        target, similar = semantic, 0.0
        if len(bank):
            instance = softmax(unit(weak) @ bank.T / 0.3)
            unfolded = normalize(instance * semantic[:, labels])
            target = 0.6 * semantic + 0.4 * instance @ np.eye(3)[labels]
            similar = -(unfolded * np.log(softmax(unit(STRONG) @ bank.T / 0.3))).sum(axis=1).mean()
        accepted = target.max(axis=1) >= 0.8
        unlabeled = -(accepted[:, None] * target * np.log(softmax(STRONG))).sum() / 4
        assert loss == pytest.approx(cross_entropy(items, Y).mean() + 0.5 * unlabeled + 2 * similar, rel=1e-4)
        assert logs["instance_loss"] == pytest.approx(similar, rel=1e-4)
        assert 0 < logs["accepted"] < 1
        assert logs["accepted"] == pytest.approx(accepted.mean())
        bank = np.concatenate([bank, unit(items)])[-5:]
        labels = np.concatenate([labels, Y])[-5:]
    # The sixth embedding went over the first.
    np.testing.assert_allclose(state["bank"], bank[[4, 0, 1, 2, 3]], rtol=1e-5)
    assert state["bank_labels"].tolist() == [2, 2, 0, 2, 0]
    assert (state["bank_pointer"].item(), state["means_pointer"].item()) == (1, 3)
    assert method.rejected(torch.tensor(probs), state).tolist() == (semantic.max(axis=1) < 0.8).tolist()


def test_simmatch_teaches_the_embedding() -> None:
    """The instance loss has a gradient in the strong views' embeddings, the bank has none."""
    method = SimMatch(threshold=1.0)
    _, state, _ = run(method, method.init(TASK, CPU), batch(WEAK, {}), 0)
    given = batch(WEAK_2, {})
    given.views["strong"].requires_grad_()
    method.loss(Model(), given, state, torch.tensor(1))[0].backward()
    gradient = given.views["strong"].grad
    assert gradient is not None
    assert gradient.abs().amax() > 0
    assert not state["bank"].requires_grad


def test_simmatch_needs_an_embedding_size() -> None:
    with pytest.raises(UserError, match="embedding size"):
        SimMatch().init(Task("features", (3,), 3, ("a", "b", "c")), CPU)


def test_push_writes_over_the_oldest_rows() -> None:
    ring, pointer = torch.zeros(4, dtype=torch.int64), torch.tensor(0)
    for rows, wanted, place in (
        ([1, 2, 3], [1, 2, 3, 0], 3),
        ([4, 5], [5, 2, 3, 4], 1),
        ([6, 7, 8, 9, 10, 11], [11, 8, 9, 10], 1),
    ):
        given = ring.clone()
        ring, pointer = push(given, pointer, torch.tensor(rows))
        assert sorted(ring.tolist()) == sorted(wanted)
        if len(rows) <= 4:
            assert (ring.tolist(), pointer.item()) == (wanted, place)
    matrix, _ = push(torch.zeros(3, 2), torch.tensor(2), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert matrix.tolist() == [[3, 4], [0, 0], [1, 2]]


def test_a_window_covers_the_last_rows_and_more_of_them_with_time() -> None:
    """A ring of eight places; at step 0 and 3 one row, at step 4 and 8 two and three, from step 31 on all eight."""
    rows = torch.rand(60, 2, generator=torch.Generator().manual_seed(0))
    ring, pointer = torch.full((8, 2), 9.0), torch.tensor(0)
    for step, row in enumerate(rows):
        ring, pointer, mean = window_mean(ring, pointer, row, torch.tensor(step))
        count = {0: 1, 3: 1, 4: 2, 7: 2, 8: 3, 27: 7, 31: 8, 59: 8}.get(step, min((11 + 2 * step) // 9, 8))
        torch.testing.assert_close(mean, rows[step + 1 - count : step + 1].mean(dim=0))


def test_averages_shares_and_alignment() -> None:
    old, new = torch.tensor([1.0, 3.0]), torch.tensor([5.0, 7.0], dtype=torch.float64)
    found = moving_average(old, new, 0.75, torch.tensor(1000))
    assert found.tolist() == [2, 4]
    assert found.dtype == torch.float32
    assert moving_average(old, new, 0.75, torch.tensor(8)).tolist() == [3, 5]
    assert class_shares(torch.tensor([0, 2, 2, 0, 2]), 4).tolist() == pytest.approx([0.4, 0, 0.6, 0])
    probs = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
    mean, target = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    found = align(torch.tensor(probs), torch.tensor(mean), torch.tensor(target))
    np.testing.assert_allclose(found, normalize(probs * target / mean), rtol=1e-4)
    np.testing.assert_allclose(align(torch.tensor(probs), torch.tensor(mean)), normalize(probs / mean), rtol=1e-4)
    assert align(torch.tensor([[1.0, 0.0]]), torch.tensor([1.0, 0.0])).tolist() == [[1, 0]]


def test_soft_cross_entropy() -> None:
    target = softmax(WEAK)
    weight = np.array([1.0, 0.0, 0.5, 0.25])
    wanted = -(weight[:, None] * target * np.log(softmax(STRONG))).sum() / 4
    found = soft_cross_entropy(torch.tensor(STRONG), torch.tensor(target), torch.tensor(weight))
    assert found.item() == pytest.approx(wanted, rel=1e-5)
    infinite = torch.tensor([[0.0, -torch.inf], [1.0, 0.0]])
    target_2 = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    loss = soft_cross_entropy(infinite, target_2, torch.tensor([False, True]))
    assert loss.item() == pytest.approx(np.log(1 + np.exp(-1)) / 2)

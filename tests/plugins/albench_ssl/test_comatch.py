"""CoMatch against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from by_hand import cross_entropy, softmax
from hand_made_step import (
    CPU,
    LABELED,
    STRONG,
    STRONG_2,
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

from albench.api import RoundFacts, Task, UserError
from albench_ssl.comatch import CoMatch, contrastive_loss


def graph_loss(first: np.ndarray, second: np.ndarray, target: np.ndarray, temperature: float, edge: float) -> float:
    """The contrastive loss, item by item."""
    total = 0.0
    for b in range(len(target)):
        row = np.array([1.0 if b == j else target[b] @ target[j] for j in range(len(target))])
        row[(row < edge) & (np.arange(len(row)) != b)] = 0.0
        near = softmax((second @ first[b])[None] / temperature)[0]
        total -= (row / row.sum() * np.log(near)).sum()
    return total / len(target)


def test_three_steps_written_out() -> None:
    """A bank of nine places, six embeddings a step: empty at first, written over from the second step on."""
    method = CoMatch(threshold=0.8, temperature=0.3, smoothing=0.6, edge=0.4, bank_size=9, weight=0.5)
    state = method.init(TASK, CPU)
    bank, bank_probs = np.empty((0, 3)), np.empty((0, 3))
    means: list[np.ndarray] = []
    for step, weak in enumerate((WEAK, WEAK_2, WEAK)):
        items = LABELED + step
        loss, state, logs = run(method, state, batch(weak, {}, items), step)

        means.append(softmax(weak).mean(axis=0))
        aligned = normalize(softmax(weak) / np.mean(means[-((11 + 2 * step) // 9) :], axis=0))
        target = aligned
        if len(bank):
            target = 0.6 * aligned + 0.4 * softmax(unit(weak) @ bank.T / 0.3) @ bank_probs
        accepted = target.max(axis=1) >= 0.8
        unlabeled = -(accepted[:, None] * target * np.log(softmax(STRONG))).sum() / 4
        contrastive = graph_loss(unit(STRONG), unit(STRONG_2), target, 0.3, 0.4)
        assert loss == pytest.approx(cross_entropy(items, Y).mean() + 0.5 * unlabeled + contrastive, rel=1e-4)
        assert logs["contrastive_loss"] == pytest.approx(contrastive, rel=1e-4)
        assert 0 < logs["accepted"] < 1
        assert logs["accepted"] == pytest.approx(accepted.mean())
        bank = np.concatenate([bank, unit(weak), unit(items)])[-9:]
        bank_probs = np.concatenate([bank_probs, aligned, np.eye(3)[Y]])[-9:]
    # 18 rows went round nine places twice, so that the oldest is at the first again.
    np.testing.assert_allclose(state["bank"], bank, rtol=1e-4)
    np.testing.assert_allclose(state["bank_probs"], bank_probs, atol=1e-5)
    assert (state["bank_pointer"].item(), state["means_pointer"].item()) == (0, 3)
    assert method.rejected(torch.tensor(softmax(weak)), state).tolist() == (aligned.max(axis=1) < 0.8).tolist()


def test_the_graph_joins_items_of_like_pseudo_labels() -> None:
    """Gradient descent on the embeddings draws two items of one class together and the third away."""
    target = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    first = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]], requires_grad=True)
    second = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    contrastive_loss(first, second, target, temperature=1.0, edge=0.5).backward()
    assert first.grad is not None
    towards = -first.grad[0] @ second.T
    assert towards[1] > towards[2]
    # No other item is joined where no two pseudo labels are alike enough: each is drawn to its own second view.
    alone = contrastive_loss(second, second, torch.eye(3), temperature=1.0, edge=0.5)
    wanted = torch.nn.functional.cross_entropy(second @ second.T, torch.arange(3))
    assert alone.item() == pytest.approx(wanted.item())


def test_both_strong_views_are_taught_and_the_bank_is_not() -> None:
    method = CoMatch(threshold=1.0)
    _, state, _ = run(method, method.init(TASK, CPU), batch(WEAK, {}), 0)
    given = batch(WEAK_2, {})
    for view in ("strong", "strong2"):
        given.views[view].requires_grad_()
    method.loss(Model(), given, state, torch.tensor(1))[0].backward()
    for view in ("strong", "strong2"):
        gradient = given.views[view].grad
        assert gradient is not None
        assert gradient.abs().amax() > 0
    assert not state["bank"].requires_grad


def test_a_cold_start_empties_the_bank() -> None:
    method = CoMatch(bank_size=9)
    first = method.init(TASK, CPU)
    _, state, _ = run(method, first, batch(WEAK, {}), 0)
    for first_step in (0, 10):
        facts = RoundFacts(1, 2, 10, 2, 7, 1, 1, first_step, torch.zeros(7, dtype=torch.bool), torch.ones(3))
        wanted = state if first_step else first
        for name, value in method.round_start(state, facts).items():
            torch.testing.assert_close(value, wanted[name])


def test_it_needs_an_embedding_size() -> None:
    with pytest.raises(UserError, match="embedding size"):
        CoMatch().init(Task("features", (3,), 3, ("a", "b", "c")), CPU)

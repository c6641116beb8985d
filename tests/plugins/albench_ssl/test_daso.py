"""DASO against plain NumPy, and on a pool with a rare class."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from by_hand import cross_entropy, softmax
from hand_made_step import CPU, LABELED, STRONG, TASK, WEAK, WEAK_2, Model, Y, batch, run, unit
from imbalanced_blobs import train

from albench.api import RoundFacts, Task, UserError
from albench_ssl.daso import DASO, blend, push_by_class
from albench_ssl.fixmatch import FixMatch


def embeddings(x: np.ndarray) -> np.ndarray:
    """The model's, as they are."""
    return x * np.array([1.0, 2.0, -0.5]) + 0.3


def test_four_steps_written_out() -> None:
    """A queue of three places for each class; the second class has no labelled item and no prototype."""
    method = DASO(
        threshold=0.8, temperature=0.4, share_temperature=1.5, queue_size=3, wait_steps=1, alignment_weight=0.7
    )
    state = method.init(TASK, CPU)
    queue: dict[int, list[np.ndarray]] = {0: [], 2: []}
    shares: list[np.ndarray] = []
    for step, weak in enumerate((WEAK, WEAK_2, WEAK, WEAK_2)):
        items = LABELED + step
        loss, state, logs = run(method, state, batch(weak, {}, items), step)

        for row, label in zip(embeddings(items), Y, strict=True):
            queue[label] = [*queue[label], row][-3:]
        prototypes = {c: np.mean(rows, axis=0) for c, rows in queue.items()}

        def semantic(x: np.ndarray, prototypes: dict[int, np.ndarray] = prototypes) -> np.ndarray:
            near = softmax(np.stack([unit(x) @ p / np.linalg.norm(p) for p in prototypes.values()], axis=1) / 0.4)
            return np.stack([near[:, 0], np.zeros(len(x)), near[:, 1]], axis=1)

        probs, alignment = softmax(weak), 0.0
        if step:
            common = np.mean(shares[-((9 + 2 * step) // 9) :], axis=0) ** (1 / 1.5)  # as of the step before
            mixed = (common / common.max())[probs.argmax(axis=1)][:, None]
            probs = (1 - mixed) * probs + mixed * semantic(weak)
            alignment = -(semantic(weak) * np.log(np.maximum(semantic(STRONG), 1e-30))).sum(axis=1).mean()
        label, accepted = probs.argmax(axis=1), probs.max(axis=1) >= 0.8
        shares.append(np.bincount(label, minlength=3) / 4)
        unlabeled = (accepted * cross_entropy(STRONG, label)).mean()
        assert loss == pytest.approx(cross_entropy(items, Y).mean() + unlabeled + 0.7 * alignment, rel=1e-4)
        assert logs["alignment_loss"] == pytest.approx(alignment, rel=1e-4)
        assert logs["accepted"] == pytest.approx(accepted.mean())
    assert state["seen"].tolist() == [4, 0, 4]
    np.testing.assert_allclose(state["queue"][0].sum(dim=0), np.sum(queue[0], axis=0), rtol=1e-5)
    np.testing.assert_allclose(state["shares"][:4], shares, atol=1e-6)
    assert method.rejected(torch.tensor(softmax(weak)), state).tolist() == (softmax(weak).max(axis=1) < 0.8).tolist()


def test_the_queue_keeps_the_last_of_each_class() -> None:
    queue, seen = torch.zeros(2, 3, 1), torch.zeros(2, dtype=torch.int64)
    for rows, labels, wanted in (
        ([1, 2, 3], [0, 1, 0], [[1, 3, 0], [2, 0, 0]]),
        ([4, 5], [0, 0], [[5, 3, 4], [2, 0, 0]]),
        ([6, 7, 8, 9, 10], [1, 1, 1, 1, 0], [[5, 10, 4], [9, 7, 8]]),
    ):
        given = queue.clone()
        queue, seen = push_by_class(given, seen, torch.tensor(rows, dtype=torch.float32)[:, None], torch.tensor(labels))
        if len(rows) < 5:
            assert queue[:, :, 0].tolist() == wanted
        else:  # class 1 had one row and takes in four: the last three, wherever they are
            assert queue[0, :, 0].tolist() == wanted[0]
            assert sorted(queue[1, :, 0].tolist()) == [7, 8, 9]
    assert seen.tolist() == [5, 5]


def test_common_classes_are_blended_more() -> None:
    """Both items are unsure of both classes; the pseudo label of the common class is turned, the other hardly."""
    linear = torch.tensor([[0.6, 0.4], [0.4, 0.6]])
    semantic = torch.tensor([[0.1, 0.9], [0.9, 0.1]])
    found = blend(linear, semantic, torch.tensor([90.0, 10.0]), temperature=1.0)
    np.testing.assert_allclose(found[0], [0.1, 0.9], rtol=1e-5)
    np.testing.assert_allclose(found[1], (8 * linear[1] + semantic[1]) / 9, rtol=1e-5)
    flatter = blend(linear, semantic, torch.tensor([90.0, 10.0]), temperature=2.0)
    np.testing.assert_allclose(flatter[1], (2 * linear[1] + semantic[1]) / 3, rtol=1e-5)
    torch.testing.assert_close(blend(linear, semantic, torch.zeros(2), temperature=1.5), semantic)


def test_the_alignment_teaches_the_strong_view_alone() -> None:
    method = DASO(threshold=1.0, wait_steps=0)
    given = batch(WEAK, {})
    for view in given.views.values():
        view.requires_grad_()
    _, state, _ = run(method, method.init(TASK, CPU), given, 0)
    method.loss(Model(), given, method.init(TASK, CPU), torch.tensor(0))[0].backward()
    gradient = given.views["strong"].grad
    assert gradient is not None
    assert gradient.abs().amax() > 0
    assert not state["queue"].requires_grad


def test_a_cold_start_empties_the_queue() -> None:
    method = DASO(queue_size=3)
    first = method.init(TASK, CPU)
    _, state, _ = run(method, first, batch(WEAK, {}), 0)
    for first_step in (0, 10):
        facts = RoundFacts(1, 2, 10, 2, 7, 1, 1, first_step, torch.zeros(7, dtype=torch.bool), torch.ones(3))
        wanted = state if first_step else first
        for name, value in method.round_start(state, facts).items():
            if name != "wait_steps":
                torch.testing.assert_close(value, wanted[name])


def test_it_needs_an_embedding_size() -> None:
    with pytest.raises(UserError, match="embedding size"):
        DASO().init(Task("features", (3,), 3, ("a", "b", "c")), CPU)


def test_it_finds_more_of_the_rare_class_than_fixmatch() -> None:
    """In the mean over three pools, and it pseudo-labels more of it."""
    plain, blended = ([train(method, seed) for seed in range(3)] for method in (FixMatch(), DASO()))
    assert sum(each.recall for each in blended) > sum(each.recall for each in plain) + 0.3
    assert sum(each.pseudo_labels for each in blended) > sum(each.pseudo_labels for each in plain) + 0.2

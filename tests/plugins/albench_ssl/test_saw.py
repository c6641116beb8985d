"""SAW against plain NumPy, and on a pool with a rare class."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from by_hand import cross_entropy, softmax
from hand_made_step import CPU, STRONG, SUPERVISED, TASK, WEAK, WEAK_2, batch, run
from imbalanced_blobs import train

from albench.api import RoundFacts, Task
from albench_ssl.fixmatch import FixMatch
from albench_ssl.saw import SAW, smoothed_weights


def weights(counts: list[int]) -> np.ndarray:
    mean = max(np.mean(counts), 1)
    beta = (mean - 1) / mean
    each = (1 - beta) / (1 - beta ** np.maximum(counts, 1))
    return each * len(counts) / each.sum()


def test_weights_between_the_inverse_share_and_none() -> None:
    found = smoothed_weights(torch.tensor([900, 90, 10]))
    np.testing.assert_allclose(found, weights([900, 90, 10]), rtol=1e-4)
    assert found.mean().item() == pytest.approx(1)
    assert 1 < found[1] / found[0] < 10
    assert 1 < found[2] / found[1] < 9
    torch.testing.assert_close(smoothed_weights(torch.tensor([7, 7, 7])), torch.ones(3))
    # Nothing seen yet, a class that is never predicted, one item in all, and a pool where float32 has no such beta.
    torch.testing.assert_close(smoothed_weights(torch.zeros(3, dtype=torch.int64)), torch.ones(3))
    for counts in ([12, 3, 0], [0, 1, 0], [9_000_000, 900_000, 100_000]):
        np.testing.assert_allclose(smoothed_weights(torch.tensor(counts)), weights(counts), rtol=1e-4)


def test_two_steps_written_out() -> None:
    """The pool has seven items, the batches show four of them: ids 4, 1, 6 and 0."""
    method = SAW(threshold=0.7, weight=0.5)
    state = method.init(TASK, CPU)
    for step, weak in enumerate((WEAK, WEAK_2)):
        loss, state, logs = run(method, state, batch(weak, {}), step)
        label, accepted = weak.argmax(axis=1), softmax(weak).max(axis=1) >= 0.7
        each = weights([int((label == c).sum()) for c in range(3)])
        unlabeled = (accepted * each[label] * cross_entropy(STRONG, label)).mean()
        assert 0 < accepted.mean() < 1
        assert loss == pytest.approx(SUPERVISED + 0.5 * unlabeled, rel=1e-5)
        assert logs["accepted"] == pytest.approx(accepted.mean())
        assert logs["largest_weight"] == pytest.approx(each.max(), rel=1e-5)
        wanted = np.full(7, -1)
        wanted[[4, 1, 6, 0]] = label
        assert state["memory"].tolist() == wanted.tolist()
    assert method.rejected(torch.tensor(softmax(weak)), state).tolist() == (~accepted).tolist()


def test_labelled_items_leave_the_count_and_a_cold_start_forgets() -> None:
    method = SAW()
    _, state, _ = run(method, method.init(TASK, CPU), batch(WEAK, {}), 0)
    assert state["memory"].tolist() == [1, 0, -1, -1, 0, -1, 2]
    labeled = torch.zeros(7, dtype=torch.bool)
    labeled[[1, 6]] = True
    for first_step, wanted in ((10, [1, -1, -1, -1, 0, -1, -1]), (0, [-1] * 7)):
        facts = RoundFacts(1, 2, 10, 4, 7, 2, 2, first_step, labeled, torch.ones(3))
        assert method.round_start(state, facts)["memory"].tolist() == wanted


def test_it_is_skipped_where_the_pool_has_no_size() -> None:
    assert SAW().skip(TASK) is None
    assert SAW().skip(Task("features", (3,), 3, ("a", "b", "c")))


def test_it_finds_more_of_the_rare_class_than_fixmatch() -> None:
    """On each of three pools, and it pseudo-labels more of it."""
    for seed in range(3):
        plain, weighted = train(FixMatch(), seed), train(SAW(), seed)
        assert weighted.recall > plain.recall + 0.04
        assert weighted.pseudo_labels > plain.pseudo_labels + 0.1

"""DARP against plain NumPy, and on predictions that are biased against a rare class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from by_hand import cross_entropy, entropy, softmax
from hand_made_step import CPU, STRONG, SUPERVISED, TASK, WEAK, batch, normalize, run
from rounds import begun
from torch import Tensor

from albench.api import RoundFacts, Task
from albench_ssl.darp import DARP, entries_kept, nearer, refined

UNSURE = np.array([[1.0, 0.2, 0.0], [0.3, 0.1, 0.0], [0.0, 0.4, 1.2], [0.0, 0.9, 0.2]])
SHARES = torch.tensor([5.0, 3.0, 2.0])


def kept_by_hand(probs: np.ndarray, wanted: np.ndarray, alpha: float) -> np.ndarray:
    kept = np.zeros_like(probs)
    for c, count in enumerate(wanted):
        top = np.argsort(-probs[:, c])[: int(alpha * count)]
        kept[top, c] = probs[top, c] * count / probs[top, c].sum()
    return normalize(kept + 1e-6)


def alternation(dual: np.ndarray, probs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The rows' scale from the dual variables, then each class's own by bisection."""
    h = entropy(probs)[:, None]
    scale = (probs * np.exp(-h * dual)).sum(axis=1, keepdims=True)
    found = []
    for c in range(probs.shape[1]):
        low, high = -30.0, 30.0
        for _ in range(100):
            middle = (low + high) / 2
            total = (probs[:, c] * np.exp(-h[:, 0] * middle) / scale[:, 0]).sum()
            low, high = (middle, high) if total > wanted[c] else (low, middle)
        found.append(low)
    return np.array(found)


def biased_pool() -> tuple[Tensor, Tensor]:
    """Predictions (100, 2) of a pool whose last twenty items are of class 1, all taken for class 0; counts (2,)."""
    rare = torch.cat([torch.linspace(0.02, 0.3, 80), torch.linspace(0.31, 0.45, 20)])
    return torch.stack([1 - rare, rare], dim=1), torch.tensor([80.0, 20.0])


def test_two_steps_written_out() -> None:
    """The second step goes on from the dual variables of the first; four items of seven are seen."""
    method = DARP(threshold=0.5, alpha=2.0, wait_steps=1, weight=0.5)
    given = replace(batch(UNSURE, {}), class_counts=SHARES)
    _, state, _ = run(method, method.init(TASK, CPU), given, 0)
    assert state["dual"].tolist() == [0, 0, 0]
    dual, wanted = np.zeros(3), 4 * SHARES.numpy() / 10
    kept = kept_by_hand(softmax(UNSURE), wanted, 2.0)
    for step in (1, 2):
        loss, state, logs = run(method, state, given, step)
        dual = alternation(dual, kept, wanted)
        np.testing.assert_allclose(state["dual"], dual, rtol=0.02, atol=0.02)
        dual = state["dual"].numpy().astype(np.float64)
        target = softmax(np.log(kept) - entropy(kept)[:, None] * dual)
        accepted = target.max(axis=1) >= 0.5
        unlabeled = (accepted * cross_entropy(STRONG, target.argmax(axis=1))).mean()
        assert loss == pytest.approx(SUPERVISED + 0.5 * unlabeled, rel=1e-4)
        assert logs["accepted"] == pytest.approx(accepted.mean())
    np.testing.assert_allclose(state["memory"][[4, 1, 6, 0]], softmax(UNSURE), rtol=1e-5)
    assert state["memory"][[2, 3, 5]].abs().sum() == 0


def test_before_it_refines_it_is_fixmatch() -> None:
    loss, _, _ = run(DARP(threshold=0.7), begun(DARP(), TASK), batch(WEAK, {}), 0)
    label, accepted = WEAK.argmax(axis=1), softmax(WEAK).max(axis=1) >= 0.7
    assert loss == pytest.approx(SUPERVISED + (accepted * cross_entropy(STRONG, label)).mean())


def test_noise_goes_and_what_is_kept_has_the_counts() -> None:
    probs, wanted = biased_pool()
    found = entries_kept(probs, wanted, alpha=2.0)
    np.testing.assert_allclose(found, kept_by_hand(probs.numpy(), wanted.numpy(), 2.0), atol=1e-5)
    assert (found[:60, 1] < 1e-5).all()  # forty entries of class 1 are kept, its largest


def test_alternations_end_at_the_counts_and_move_unsure_items_more() -> None:
    probs, wanted = biased_pool()
    h = torch.special.entr(probs).sum(dim=1)
    dual, counted = torch.zeros(2), torch.ones(100, dtype=torch.bool)
    for _ in range(30):
        dual = nearer(dual, probs, h, counted, wanted)
    found = refined(probs, h, dual)
    np.testing.assert_allclose(found.sum(dim=0), wanted, rtol=1e-3)
    np.testing.assert_allclose(found.sum(dim=1), 1, rtol=1e-5)
    # The optimum's form: the log ratio of two classes moves by the entropy times one constant.
    moved = (found[:, 1] / found[:, 0]).log() - (probs[:, 1] / probs[:, 0]).log()
    np.testing.assert_allclose(moved / h, np.full(100, float(dual[0] - dual[1])), rtol=1e-3)


def test_items_that_do_not_count_change_nothing() -> None:
    probs, wanted = biased_pool()
    h = torch.special.entr(probs).sum(dim=1)
    more = torch.cat([probs, torch.full((9, 2), 0.5)])
    alone = nearer(torch.zeros(2), probs, h, torch.ones(100, dtype=torch.bool), wanted)
    beside = nearer(torch.zeros(2), more, torch.special.entr(more).sum(dim=1), torch.arange(109) < 100, wanted)
    torch.testing.assert_close(alone, beside)


def test_rare_items_that_were_taken_for_common_ones_get_their_pseudo_labels() -> None:
    """No item is predicted as class 1 before; afterwards most of its twenty items are, and no other."""
    probs, wanted = biased_pool()
    kept = entries_kept(probs, wanted, alpha=2.0)
    h, dual = torch.special.entr(kept).sum(dim=1), torch.zeros(2)
    for _ in range(10):
        dual = nearer(dual, kept, h, torch.ones(100, dtype=torch.bool), wanted)
    label = refined(kept, h, dual).argmax(dim=1)
    assert probs.argmax(dim=1).sum() == 0
    assert label[:80].sum() == 0
    assert label[80:].sum() == 18


def test_labelled_items_leave_the_memory_and_a_cold_start_empties_it() -> None:
    method = DARP(wait_steps=0)
    _, state, _ = run(method, method.init(TASK, CPU), batch(WEAK, {}), 0)
    labeled = torch.zeros(7, dtype=torch.bool)
    labeled[[1, 6]] = True
    for first_step, left in ((10, [0, 4]), (0, [])):
        facts = RoundFacts(1, 2, 10, 4, 7, 2, 2, first_step, labeled, torch.ones(3))
        new = method.round_start(state, facts)
        assert torch.nonzero(new["memory"].sum(dim=1))[:, 0].tolist() == left
        assert bool(new["dual"].any()) == bool(first_step)


def test_it_is_skipped_where_the_pool_has_no_size() -> None:
    assert DARP().skip(TASK) is None
    assert DARP().skip(Task("features", (3,), 3, ("a", "b", "c")))

"""CReST against plain NumPy, and on a pool with a rare class."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from by_hand import cross_entropy, softmax
from hand_made_step import CPU, STRONG, SUPERVISED, TASK, WEAK, WEAK_2, batch, normalize, run
from imbalanced_blobs import train
from rounds import round_facts

from albench_ssl.crest import CReST, adoption_rates, surest
from albench_ssl.fixmatch import FixMatch

SHARES = np.array([0.7, 0.2, 0.1])


def test_rates_are_those_of_the_class_at_the_other_end() -> None:
    """Labels 8, 64 and 1: the first class is the second commonest of three, and so its own opposite."""
    np.testing.assert_allclose(adoption_rates(torch.tensor([8.0, 64.0, 1.0]), 1 / 3), [0.5, 0.25, 1.0])
    np.testing.assert_allclose(adoption_rates(torch.tensor([8.0, 64.0, 1.0]), 1.0), [1 / 8, 1 / 64, 1.0])
    assert adoption_rates(torch.tensor([8.0, 64.0, 1.0]), 0.0).tolist() == [1, 1, 1]
    assert adoption_rates(torch.tensor([5.0, 5.0]), 1 / 3).tolist() == [1, 1]
    # Two classes share the last two places; a class without a label counts as half an item.
    np.testing.assert_allclose(adoption_rates(torch.tensor([4.0, 8.0, 4.0]), 1.0), [0.75, 0.5, 0.75])
    np.testing.assert_allclose(adoption_rates(torch.tensor([2.0, 0.0]), 1.0), [0.25, 1.0])


def test_the_surest_of_each_predicted_class_are_adopted() -> None:
    probs = torch.tensor(
        [[0.6, 0.4], [0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.45, 0.55], [0.95, 0.05], [0.9, 0.1]], dtype=torch.float64
    )
    assert surest(probs, torch.tensor([0.5, 1.0])).tolist() == [-1, 0, 1, -1, 1, 0, -1]  # floor(0.5 * 5), all of 2
    assert surest(probs, torch.tensor([0.2, 0.49])).tolist() == [-1, -1, -1, -1, -1, 0, -1]
    assert surest(probs[:0], torch.tensor([1.0, 1.0])).tolist() == []


def test_adoption_goes_by_the_bought_labels_alone() -> None:
    method = CReST()
    probs = torch.tensor(softmax(np.random.default_rng(0).normal(size=(200, 3)) * 2))
    chosen = method.adopt(probs, {}, torch.tensor([64.0, 8.0, 1.0]))
    guess = probs.argmax(dim=1)
    for label, rate in enumerate((0.25, 0.5, 1.0)):
        own = guess == label
        assert int((chosen == label).sum()) == int(rate * int(own.sum()))
        kept, left = probs.amax(dim=1)[own & (chosen == label)], probs.amax(dim=1)[own & (chosen == -1)]
        assert len(left) == 0 or kept.min() >= left.max()


def test_generations_are_equal_parts_of_a_round() -> None:
    assert CReST().adoption_steps(600) == [100, 200, 300, 400, 500]
    assert CReST().adoption_steps(200) == [34, 67, 100, 134, 167]
    assert CReST(generations=1).adoption_steps(200) == []
    assert CReST().adoption_steps(4) == [1, 2, 3]
    assert CReST().adoption_steps(1) == []


def test_without_alignment_a_step_is_that_of_fixmatch() -> None:
    state = CReST().init(TASK, CPU)
    ours, _, logs = run(CReST(threshold=0.7, weight=0.5), state, batch(WEAK, {}), 0)
    theirs, _, wanted = run(FixMatch(threshold=0.7, weight=0.5), {}, batch(WEAK, {}), 0)
    assert ours == pytest.approx(theirs, rel=1e-6)
    assert logs == pytest.approx(wanted)


def test_aligned_steps_written_out() -> None:
    """The second round of a warm start, three generations of two steps: the target is flatter in each."""
    method = CReST(threshold=0.5, weight=0.5, generations=3, align=True, temperature=0.4)
    counts = torch.tensor(10 * SHARES, dtype=torch.float32)
    facts = dataclasses.replace(round_facts(TASK, steps=6, first_step=30), class_counts=counts)
    state = method.round_start(method.init(TASK, CPU), facts)
    mean, means, labels = np.full(3, 1 / 3), [np.full(3, 1 / 3)] * 128, set()
    for step in range(6):
        weak = (WEAK, WEAK_2)[step % 2]
        loss, state, logs = run(method, state, batch(weak, {}), 30 + step)
        wanted = SHARES ** (1, 1, 0.7, 0.7, 0.4, 0.4)[step]
        probs = softmax(weak)
        aligned = normalize(probs * wanted / wanted.sum() / mean)
        label, accepted = aligned.argmax(axis=1), aligned.max(axis=1) >= 0.5
        unlabeled = (accepted * cross_entropy(STRONG, label)).mean()
        assert loss == pytest.approx(SUPERVISED + 0.5 * unlabeled, rel=1e-4)
        assert logs["accepted"] == pytest.approx(accepted.mean())
        means = [*means, probs.mean(axis=0)][-128:]
        mean = np.mean(means[-((11 + 2 * (30 + step)) // 9) :], axis=0)
        np.testing.assert_allclose(state["mean"], mean, rtol=1e-5)
        labels.add((step % 2, tuple(label), tuple(accepted)))
    assert len(labels) > 2, "the temperature makes a difference"
    found = method.rejected(torch.tensor(softmax(WEAK)), state)
    wanted = SHARES**0.4
    assert found.tolist() == (normalize(softmax(WEAK) * wanted / mean).max(axis=1) < 0.5).tolist()


def test_a_cold_start_begins_the_mean_again_and_a_warm_one_goes_on() -> None:
    method = CReST(align=True)
    first = method.init(TASK, CPU)
    _, state, _ = run(method, first, batch(WEAK, {}), 0)
    assert not torch.equal(state["mean"], first["mean"])
    for first_step, wanted in ((0, first), (10, state)):
        again = method.round_start(state, round_facts(TASK, first_step=first_step))
        for name in ("mean", "means", "pointer"):
            assert torch.equal(again[name], wanted[name])
        assert again["first"].item() == first_step


def test_it_finds_more_of_the_rare_class_than_fixmatch() -> None:
    """In the mean over three pools, with alignment and without, and it pseudo-labels more of it."""
    plain = [train(FixMatch(), seed, drawn=True) for seed in range(3)]
    for method in (CReST(), CReST(align=True)):
        found = [train(method, seed, drawn=True) for seed in range(3)]
        assert sum(each.recall for each in found) > sum(each.recall for each in plain) + 0.5
        assert sum(each.pseudo_labels for each in found) > sum(each.pseudo_labels for each in plain) + 0.8


def test_one_generation_is_fixmatch() -> None:
    assert train(CReST(generations=1), 0, drawn=True) == train(FixMatch(), 0, drawn=True)

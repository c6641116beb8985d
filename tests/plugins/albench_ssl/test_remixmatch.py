"""ReMixMatch against plain NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from by_hand import softmax
from hand_made_step import CPU, LABELED, STRONG, STRONG_2, TASK, WEAK, WEAK_2, Y, batch, normalize, run

from albench.api import RoundFacts
from albench_ssl.remixmatch import WINDOW, ReMixMatch


def soft(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
    return -(target * np.log(softmax(logits))).sum(axis=1)


@pytest.mark.parametrize("first", [1, 2001], ids=["at the start", "at the authors' length"])
def test_two_steps_written_out(first: int) -> None:
    """The model is the identity, so that mixed items are mixed logits; later the window has its 128 batches."""
    method = ReMixMatch(temperature=0.7, weight=1.2, anchor_weight=0.4, ramp_steps=first + 3)
    state = method.init(TASK, CPU)
    means = [np.full(3, 1 / 3)] * WINDOW
    shares, count = np.array([0.7, 0.2, 0.1]), WINDOW
    for step, weak in ((first, WEAK), (first + 1, WEAK_2)):
        noise = dict(method.draw(torch.Generator().manual_seed(step - first), 2, 4))
        given = replace(batch(weak, noise), class_counts=torch.tensor([7.0, 2.0, 1.0]))
        loss, state, logs = run(method, state, given, step)

        aligned = normalize(softmax(weak) * shares / np.mean(means[-count:], axis=0))
        guess = normalize(aligned ** (1 / 0.7))
        means, count = [*means[1:], softmax(weak).mean(axis=0)], min((11 + 2 * step) // 9, WINDOW)
        lam, order = noise["share"].numpy()[:, None], noise["order"].numpy()
        assert lam.shape == (14, 1)
        assert lam.min() >= 0.5
        items = np.concatenate([LABELED, weak, STRONG, STRONG_2])
        target = np.concatenate([np.eye(3)[Y], guess, guess, guess])
        items = lam * items + (1 - lam) * items[order]
        target = lam * target + (1 - lam) * target[order]
        supervised, unlabeled = soft(items[:2], target[:2]).mean(), soft(items[2:], target[2:]).mean()
        anchor = soft(STRONG, guess).mean()
        assert logs["supervised_loss"] == pytest.approx(supervised, rel=1e-4)
        assert logs["anchor_loss"] == pytest.approx(anchor, rel=1e-4)
        assert loss == pytest.approx(supervised + step / (first + 3) * (1.2 * unlabeled + 0.4 * anchor), rel=1e-4)
    np.testing.assert_allclose(state["means"].mean(dim=0), np.mean(means, axis=0), rtol=1e-5)
    assert state["pointer"] == 2


def test_the_guesses_have_the_shares_of_the_bought_labels() -> None:
    """Once the mean prediction is known, what was predicted alike is guessed as often as it was bought."""
    method = ReMixMatch(temperature=1.0)
    state = method.init(TASK, CPU)
    weak = np.array([[0.2, 0.0, -0.2], [-0.1, 0.1, 0.0], [0.1, 0.0, 0.1], [0.0, 0.1, -0.1]])
    shares = np.array([0.6, 0.3, 0.1])
    noise = {"share": torch.ones(14), "order": torch.arange(14)}
    given = replace(batch(weak, noise), class_counts=torch.tensor(10 * shares, dtype=torch.float32))
    for step in range(10):
        _, state, logs = run(method, state, given, step)
    guess = normalize(softmax(weak) * shares / softmax(weak).mean(axis=0))
    np.testing.assert_allclose(guess.mean(axis=0), shares, atol=0.01)
    _, _, logs = run(method, state, given, 10)
    assert logs["anchor_loss"] == pytest.approx(soft(STRONG, guess).mean(), rel=1e-4)


def test_a_class_without_a_label_is_not_guessed_and_does_no_harm() -> None:
    method = ReMixMatch(ramp_steps=0)
    noise = dict(method.draw(torch.Generator().manual_seed(0), 2, 4))
    given = replace(batch(WEAK, noise), class_counts=torch.tensor([3.0, 0.0, 2.0]))
    loss, _, _ = run(method, method.init(TASK, CPU), given, 0)
    assert np.isfinite(loss)


def test_a_cold_start_begins_the_mean_prediction_again() -> None:
    method = ReMixMatch()
    first = method.init(TASK, CPU)
    noise = dict(method.draw(torch.Generator().manual_seed(0), 2, 4))
    _, state, _ = run(method, first, batch(WEAK, noise), 0)
    for first_step in (0, 10):
        facts = RoundFacts(1, 2, 10, 2, 7, 1, 1, first_step, torch.zeros(7, dtype=torch.bool), torch.ones(3))
        wanted = state if first_step else first
        for name, value in method.round_start(state, facts).items():
            if name != "ramp_steps":
                torch.testing.assert_close(value, wanted[name])

"""Estimators where trials have networks: what they are given, what they must give, and the rounds they make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny_trial import Tiny

from albench.api import Estimator, Examples, Fitted, Method, Task
from albench.errors import ContractError
from albench.training.estimators import FittedModel, WholeLearner, as_rows, weights_hash
from albench.training.evaluate import predict, probabilities


class Says(Fitted):
    """The same of every item."""

    def __init__(self, probs: Any, embedded: Any = None) -> None:
        self.probs, self.embedded = probs, embedded

    def predict_probs(self, x: np.ndarray) -> np.ndarray:
        return np.tile(np.asarray(self.probs, float), (len(x), 1))

    def embed(self, x: np.ndarray) -> np.ndarray | None:
        return self.embedded


class Nearest(Estimator):
    """The mean of each class; remembers what it was fitted to."""

    def __init__(self) -> None:
        self.seen: list[tuple[np.ndarray, np.ndarray, int]] = []

    def fit(self, task: Task, x: Any, y: Any, sample_weight: Any, seed: int) -> Fitted:
        self.seen.append((x.copy(), y.copy(), seed))
        means = np.stack([x[y == each].mean(axis=0) for each in range(task.n_classes)])

        class Means(Says):
            def predict_probs(self, x: np.ndarray) -> np.ndarray:
                near = np.exp(-np.linalg.norm(x[:, None] - means, axis=2))
                return near / near.sum(axis=1, keepdims=True)

        return Means(None)


class Whole(Method):
    training = frozenset({"whole"})

    def fit(self, estimator: Estimator, examples: Examples) -> Fitted:
        return estimator.fit(examples.task, examples.x, examples.y, None, examples.seed)


def test_images_become_rows_between_zero_and_one() -> None:
    images = torch.tensor([0, 51, 102, 255], dtype=torch.uint8).reshape(1, 1, 2, 2)
    rows = as_rows(images)
    assert (rows.dtype, rows.shape) == (np.float32, (1, 4))
    np.testing.assert_allclose(rows[0], [0, 0.2, 0.4, 1])


def test_logits_are_the_logarithms_of_the_probabilities_and_zero_stays_zero() -> None:
    model = FittedModel(Says([0.25, 0.75, 0]), 3)
    logits, embeddings = model(torch.ones(2, 5))
    for row in logits.softmax(dim=1).tolist():
        assert row == pytest.approx([0.25, 0.75, 0])
    assert torch.isfinite(logits).all()
    assert torch.equal(embeddings, torch.ones(2, 5)), "without an embedding of its own, the item is its embedding"


@pytest.mark.parametrize(
    ("probs", "message"),
    [
        ([0.5, 0.5], "shape"),
        ([0.5, 0.6, 0], "no probabilities"),
        ([-0.1, 1.1, 0], "no probabilities"),
        ([float("nan"), 1, 0], "no probabilities"),
    ],
)
def test_what_are_no_probabilities_is_refused(probs: list[float], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        FittedModel(Says(probs), 3)(torch.ones(1, 2))


@pytest.mark.parametrize("embedded", [np.ones((1, 2)), np.full((2, 2), np.nan), np.ones(2)])
def test_what_is_no_embedding_is_refused(embedded: np.ndarray) -> None:
    with pytest.raises(ContractError, match="embed gave"):
        FittedModel(Says([1, 0], embedded), 2)(torch.ones(2, 2))


def test_a_round_of_an_estimator_is_one_fit_on_what_was_bought(tiny: Tiny) -> None:
    nearest = Nearest()
    parts = tiny.parts(method=Whole(), backbone=nearest)
    records = tiny.carry_out(tiny.trial(rounds=3), parts)
    assert [record["n_labeled"] for record in records] == [6, 10, 14]
    assert [len(x) for x, _, _ in nearest.seen] == [6, 10, 14]
    assert len({seed for _, _, seed in nearest.seen}) == 3, "a cold start draws anew in each round"
    first, _, _ = nearest.seen[0]
    pool = tiny.splits().train
    bought = [row.tolist() for row in pool.x]
    assert all(row.tolist() in bought for row in first)
    assert records[0]["training"] == {"best_step": 0, "weights": records[0]["training"]["weights"]}
    assert records[0]["test"]["accuracy"] > 0.7
    again = tiny.carry_out(tiny.trial(seed=1, rounds=3), tiny.parts(method=Whole(), backbone=Nearest()))
    assert again[0]["training"]["weights"] != records[0]["training"]["weights"]


def test_evaluation_takes_the_probabilities_as_they_are(tiny: Tiny) -> None:
    run = tiny.run()
    third = 1 / 3
    model = FittedModel(Says([third, 1 - third]), 2)
    assert (probabilities(model, run.test) == [third, 1 - third]).all(), "not through logarithms in float32"
    logits, _ = predict(model, run.test, torch.arange(3))
    assert logits.exp()[:, 0].tolist() == pytest.approx([third] * 3)


def test_a_fitted_model_is_named_by_what_it_says() -> None:
    model = FittedModel(Says([1, 0]), 2)
    one, other = np.array([[1.0, 0]]), np.array([[0.0, 1]])
    assert weights_hash(model, one) == weights_hash(model, one) != weights_hash(model, other)


def test_seeds_of_fits_are_named_by_trial_and_round(tiny: Tiny) -> None:
    seeds = {
        WholeLearner(Nearest(), Whole(), tiny.task, tiny.trial().protocol, stream)._seed
        for stream in ((0, 0), (0, 1), (1, 0))
    }
    assert len(seeds) == 3
    assert all(0 <= seed < 2**31 for seed in seeds)

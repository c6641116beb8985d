"""Batches of a round: who is drawn, in which order, and which views are made."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch
from tiny_trial import Tiny

from albench.training.batches import balanced, endless
from albench.trial.run import TrialRun


def test_a_method_is_charged_for_the_views_that_it_asks_for(tiny: Tiny) -> None:
    class Counting:
        noise_size = 4

        def __init__(self) -> None:
            self.calls: list[tuple[str, int]] = []

        def weak(self, x: torch.Tensor, noise: torch.Tensor, consume: bool = False) -> torch.Tensor:
            self.calls.append(("weak", len(x)))
            return x

        def strong(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
            self.calls.append(("strong", len(x)))
            return x

    def calls(views: set[str]) -> list[tuple[str, int]]:
        @dataclass(frozen=True)
        class Asking(tiny.Plain):
            pass

        Asking.views = frozenset(views)
        run = tiny.run(Asking())
        counting = Counting()
        run.augmenter = counting  # type: ignore[assignment]
        batch = next(iter(run.batches(0)))
        assert set(batch.views) == views
        return counting.calls

    assert calls(set()) == [("weak", 4)]
    assert calls({"weak"}) == [("weak", 4), ("weak", 8)]
    assert calls({"weak", "strong"}) == [("weak", 4), ("strong", 8), ("weak", 8)]


def test_views_of_one_batch_show_the_same_items_under_other_noise(tiny: Tiny) -> None:
    @dataclass(frozen=True)
    class Two(tiny.Plain):
        pass

    Two.views = frozenset({"weak", "weak2"})
    run = tiny.run(Two())
    batch = next(iter(run.batches(0)))
    items = torch.from_numpy(run.parts.splits.train.x)[batch.index]
    for view in batch.views.values():
        assert not torch.equal(view, items)
        assert torch.allclose(view, items, atol=2.0)
    assert not torch.equal(batch.views["weak"], batch.views["weak2"])


def test_the_data_order_is_the_seeds_alone(tiny: Tiny) -> None:
    @dataclass(frozen=True)
    class One(tiny.Plain):
        unlabeled_ratio: int = 2

    One.views = frozenset({"weak"})

    def order(seed: int) -> list[list[int]]:
        trial = dataclasses.replace(tiny.trial(seed), method="other", strategy="other")
        return [batch.index.tolist() for batch in TrialRun(trial, tiny.parts(One()), lambda _: None).batches(0)]

    assert order(0) == order(0) != order(1)


def test_endless_sees_each_item_equally_often() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    drawn = endless(np.arange(7), 50, rng)
    assert set(np.bincount(drawn)) == {7, 8}


def test_balanced_batches_hold_each_bought_class_equally_often() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    ids, y = np.arange(10, 20), np.array([0] * 8 + [2] * 2)
    drawn = balanced(ids, y, 40, rng)
    assert np.bincount(y[drawn - 10]).tolist() == [20, 0, 20]

"""Batches of a round: who is drawn, in which order, and which views are made."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from tiny_trial import Tiny

from albench.bench.measured import TimedCase
from albench.bench.steps import begun
from albench.training.batches import balanced, endless
from albench.trial.run import TrialRun


def test_a_method_is_charged_for_the_views_that_it_asks_for(tiny: Tiny) -> None:
    class Counting:
        noise_size = 4

        def __init__(self) -> None:
            self.calls: list[tuple[str, int]] = []

        def weak(self, x: torch.Tensor, noise: torch.Tensor, consume: bool = False, size: int = 0) -> torch.Tensor:
            assert len(x) == len(noise)
            self.calls.append(("weak", size))
            return x

        def strong(self, x: torch.Tensor, noise: torch.Tensor, size: int = 0) -> torch.Tensor:
            assert len(x) == len(noise)
            self.calls.append(("strong", size))
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


@pytest.mark.parametrize("method", ["supervised", "fixmatch", "comatch"])
def test_how_many_steps_views_are_made_for_at_once_changes_none(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(cache: int) -> tuple[int, list[torch.Tensor]]:
        monkeypatch.setattr("albench.training.batches.CACHE_BYTES", cache)
        (run,) = begun(TimedCase("linear", (8,), 3, 60, method=method), steps=7, batch_size=8)
        batches = run.batches(0)
        found: list[torch.Tensor] = []
        for batch in batches:
            batch.map(lambda x: found.append(x.clone()) or x)  # type: ignore[func-returns-value]
        return batches._made_at_once, found

    items = 8 if method == "supervised" else 16
    (one, alone), (several, together) = made(1), made(3 * items * 8 * 4)
    assert (one, several) == (1, 3)
    assert all(torch.equal(*pair) for pair in zip(alone, together, strict=True))


def test_batches_that_memory_of_their_own_would_place_otherwise_are_made_one_by_one() -> None:
    (run,) = begun(TimedCase("linear", (3,), 3, 60, method="fixmatch"), steps=2, batch_size=4)
    assert run.batches(0)._made_at_once == 1


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

"""Planted faults of strategies: each has to be caught by the check that is there for it, and a sound one by none."""

from __future__ import annotations

import gc
import os
import random
import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from sound_strategy import OneShort, Sound

from albench.api import Strategy
from albench.errors import ContractError
from albench.testing import STRATEGY_CHECKS, check_strategy
from albench.testing.report import causes


class Twice(Sound):
    def select(self, view, budget):
        picks = super().select(view, budget)
        return torch.cat([picks[:1], picks[:-1]]) if budget > 1 else picks


class PoolIds(Sound):
    def select(self, view, budget):
        return view.index[super().select(view, budget)]


class Floats(Sound):
    def select(self, view, budget):
        return super().select(view, budget).float()


class Column(Sound):
    def select(self, view, budget):
        return super().select(view, budget)[:, None]


class TorchGlobal(Sound):
    def scores(self, view):
        return super().scores(view) + 1e-9 * torch.rand(len(view))


class NumpyGlobal(Sound):
    def scores(self, view):
        np.random.seed(0)  # noqa: NPY002  # the fault
        return super().scores(view)


class RandomGlobal(Sound):
    def scores(self, view):
        random.random()
        return super().scores(view)


class Threads(Sound):
    def scores(self, view):
        torch.set_num_threads(2)
        return super().scores(view)


class WritesEmbeddings(Sound):
    needs = frozenset({"probs", "embeddings"})

    def scores(self, view):
        view.embeddings.sub_(view.embeddings.mean(dim=0))
        return super().scores(view)


class WritesWeights(Sound):
    needs = frozenset({"probs", "embeddings", "gradients"})

    def scores(self, view):
        view.head(view.embeddings).square().sum().backward()
        return super().scores(view)


class Remembers(Sound):
    seen: ClassVar[list[int]] = []

    def select(self, view, budget):
        picks = view.best(super().scores(view).roll(len(self.seen)), budget)
        self.seen.append(budget)
        return picks


class RemembersItself(Strategy):
    def __init__(self) -> None:
        self.calls = 0

    def select(self, view, budget):
        self.calls += 1
        return torch.arange(len(view)).roll(self.calls)[:budget]


class SystemEntropy(Strategy):
    def select(self, view, budget):
        seed = int.from_bytes(os.urandom(8), "little")
        return torch.from_numpy(np.random.Generator(np.random.PCG64(seed)).permutation(len(view))[:budget])


class FixedSeed(Strategy):
    def select(self, view, budget):
        return torch.from_numpy(np.random.default_rng(0).permutation(len(view))[:budget])


class Unseeded(Strategy):
    def select(self, view, budget):
        return torch.randperm(len(view), generator=torch.Generator())[:budget]


class KMeans(Strategy):
    """scikit-learn's, which draws from NumPy's global state where nobody says otherwise."""

    needs = frozenset({"embeddings"})

    def select(self, view, budget):
        from sklearn.cluster import KMeans as Clusters

        x = view.embeddings.numpy()
        found = Clusters(min(budget, len(np.unique(x, axis=0))), n_init=1, init="random").fit(x)
        return view.best(torch.from_numpy(-found.transform(x).min(axis=1)), budget)


class OwnRandom(Strategy):
    def select(self, view, budget):
        return torch.tensor(random.Random().sample(range(len(view)), budget))


class NanIsLowest(Sound):
    def scores(self, view):
        return super().scores(view).nan_to_num(nan=-2.0)


class NanEmbeddings(Strategy):
    needs = frozenset({"embeddings"})

    def select(self, view, budget):
        return view.embeddings.norm(dim=1).argsort(stable=True)[:budget]


class NanLabeled(Strategy):
    needs = frozenset({"embeddings"})

    def select(self, view, budget):
        centre = view.labeled_embeddings.nanmean(dim=0).nan_to_num()
        return view.best((view.embeddings - centre).square().sum(dim=1), budget)


class NamelessError(Sound):
    def scores(self, view):
        if view.probs.isnan().any():
            raise ValueError("bad input")
        return super().scores(view)


class StumblesOverNan(Sound):
    def scores(self, view):
        return super().scores(view) + 0 * int(view.probs.sum())


class OtherError(Sound):
    def scores(self, view):
        if view.probs.isnan().any():
            raise ContractError("it needs 7 labels")
        return super().scores(view)


class NamesNan(Sound):
    """As scikit-learn's checks do."""

    def scores(self, view):
        if not view.probs.isfinite().all():
            raise ValueError("Input X contains NaN.")
        return super().scores(view)


class NumpyPicks(Sound):
    def select(self, view, budget):
        return super().select(view, budget).cpu().numpy().astype(np.int32)


class ListOfPicks(Sound):
    def select(self, view, budget):
        return super().select(view, budget).tolist()


class Undeclared(Sound):
    needs = frozenset({"embeddings"})


class PeepsAtLabels(Sound):
    """Reads what oracles alone may."""

    def scores(self, view):
        return view.true_labels.double()


class UndeclaredAndCaught(Sound):
    def scores(self, view):
        try:
            return view.embeddings.norm(dim=1)
        except Exception:
            return super().scores(view)


class Private(Sound):
    def scores(self, view):
        return super().scores(view) + 0 * view._predicted[1].sum(dim=1)


class Pairs(Sound):
    needs = frozenset({"embeddings"})

    def scores(self, view):
        x = view.embeddings
        return torch.cdist(x, x).mean(dim=1)


class NumpyPairs(Sound):
    needs = frozenset({"embeddings"})

    def scores(self, view):
        x = view.embeddings[:, :1].numpy()
        return torch.from_numpy(np.abs(x - x.T).mean(axis=1))


class Cheat(Sound):
    """Finds the oracle in this process."""

    def scores(self, view):
        from albench.trial.labels import Oracle

        for thing in gc.get_objects():
            if type(thing) is Oracle:
                return thing._Oracle__labels[view.index].double()
        return super().scores(view)


class SixteenBit(Sound):
    """Rounds float32 where it would not round float64."""

    def scores(self, view):
        scores = super().scores(view)
        return scores.half().float() if scores.dtype == torch.float32 else -scores


class FewClasses(Sound):
    def scores(self, view):
        return -view.probs.topk(3, dim=1).values.sum(dim=1)


class NeedsTwoClasses(Sound):
    def scores(self, view):
        counts = torch.bincount(view.probs.argmax(dim=1), minlength=view.n_classes)
        return super().scores(view) / (len(view) - counts.max())


class LogOfZero(Sound):
    def scores(self, view):
        return -view.probs.log().mean(dim=1)


class HalfOfThePool(Sound):
    def select(self, view, budget):
        return super().select(view, min(budget, max(1, len(view) // 2)))


class StandardDeviation(Sound):
    def scores(self, view):
        scores = super().scores(view)
        return scores / scores.std()


class DistinctOnly(Strategy):
    needs = frozenset({"embeddings"})

    def select(self, view, budget):
        _, place = view.embeddings.unique(dim=0, return_inverse=True)
        first = torch.full((int(place.max()) + 1,), len(view)).scatter_reduce(0, place, torch.arange(len(view)), "amin")
        return first[:budget]


class UnitRows(Sound):
    needs = frozenset({"embeddings"})

    def scores(self, view):
        return (view.embeddings / view.embeddings.norm(dim=1, keepdim=True)).sum(dim=1)


class LabeledStandardDeviation(Sound):
    needs = frozenset({"probs", "embeddings"})

    def scores(self, view):
        return super().scores(view) / view.labeled_embeddings.std(dim=0).sum()


class NearestLabeled(Sound):
    needs = frozenset({"embeddings"})

    def scores(self, view):
        return torch.cdist(view.embeddings, view.labeled_embeddings).amin(dim=1)


class RejectedOnly(Sound):
    def select(self, view, budget):
        places = view.rejected.nonzero()[:, 0]
        return places[view.best(self.scores(view)[places], min(budget, len(places)))]


class AcceptedOnly(Sound):
    def select(self, view, budget):
        places = (~view.rejected).nonzero()[:, 0]
        return places[view.best(self.scores(view)[places], min(budget, len(places)))]


class ColdWithLabels(Sound):
    needs = frozenset({"embeddings", "probs"})
    cold_start = True


class NoStrategy:
    pass


STRATEGY_FAULTS = [
    (Twice, "unique-positions"),
    (PoolIds, "positions-in-range"),
    (OneShort, "exact-budget"),
    (Floats, "position-type"),
    (Column, "position-type"),
    (TorchGlobal, "global-state-untouched"),
    (NumpyGlobal, "global-state-untouched"),
    (RandomGlobal, "global-state-untouched"),
    (Threads, "global-state-untouched"),
    (WritesEmbeddings, "inputs-unchanged"),
    (WritesWeights, "inputs-unchanged"),
    (Remembers, "no-state-between-calls"),
    (RemembersItself, "no-state-between-calls"),
    (SystemEntropy, "same-seed-same-picks"),
    (FixedSeed, "seeds-from-the-view"),
    (Unseeded, "seeds-from-the-view"),
    (KMeans, "seeds-from-the-view"),
    (KMeans, "global-state-untouched"),
    (OwnRandom, "seeds-from-the-view"),
    (TorchGlobal, "seeds-from-the-view"),
    (NanIsLowest, "non-finite-probabilities"),
    (NanEmbeddings, "non-finite-embeddings"),
    (NanLabeled, "non-finite-labeled-items"),
    (NamelessError, "non-finite-probabilities"),
    (StumblesOverNan, "non-finite-probabilities"),
    (OtherError, "non-finite-probabilities"),
    (Undeclared, "declared-quantities"),
    (PeepsAtLabels, "declared-quantities"),
    (UndeclaredAndCaught, "declared-quantities"),
    (Private, "public-view"),
    (Pairs, "memory-below-pairs"),
    (NumpyPairs, "memory-below-pairs"),
    (Cheat, "hidden-labels-unread"),
    (SixteenBit, "float64-inputs"),
    (FewClasses, "two-classes"),
    (NeedsTwoClasses, "one-predicted-class"),
    (LogOfZero, "saturated-probabilities"),
    (HalfOfThePool, "whole-pool"),
    (StandardDeviation, "one-item"),
    (DistinctOnly, "duplicate-embeddings"),
    (UnitRows, "constant-embeddings"),
    (LabeledStandardDeviation, "one-labeled-item"),
    (NearestLabeled, "no-labeled-item"),
    (RejectedOnly, "nothing-rejected"),
    (AcceptedOnly, "everything-rejected"),
    (ColdWithLabels, "cold-start"),
    (NoStrategy, "position-type"),
]


@pytest.mark.parametrize(("build", "check"), STRATEGY_FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_faulty_strategy_is_caught(build: Callable[[], Any], check: str) -> None:
    finding = STRATEGY_CHECKS[check](build, name="planted")
    assert finding.failed, finding
    assert finding.reason
    assert finding.check in str(finding)


def test_a_sound_strategy_passes() -> None:
    findings = check_strategy(Sound, name="sound")
    assert [str(finding) for finding in findings if finding.failed] == []
    assert [finding.check for finding in findings] == list(STRATEGY_CHECKS)


@pytest.mark.parametrize("build", [NamesNan, NumpyPicks, ListOfPicks])
def test_what_a_run_takes_is_no_fault(build: Callable[[], Any]) -> None:
    """Positions as NumPy's array or a list, and any error that says of what it was given that it is not finite."""
    assert [str(finding) for finding in check_strategy(build, name="fine") if finding.failed] == []


@pytest.mark.parametrize("build", [KMeans, OwnRandom, SystemEntropy])
def test_chance_is_not_accused_of_reading_labels(build: Callable[[], Any]) -> None:
    finding = STRATEGY_CHECKS["hidden-labels-unread"](build, name="by chance")
    assert finding.status == "skip", finding
    assert re.fullmatch(
        r"the same labels gave two answers \(see same-seed-same-picks\): pick \d of 7 is \d+, then \d+", finding.reason
    )


def test_a_cheat_is_shown_by_the_first_pick_that_differs() -> None:
    finding = STRATEGY_CHECKS["hidden-labels-unread"](Cheat, name="cheat")
    assert re.fullmatch(r"with other hidden labels it chose others.*: pick \d of 7 is \d+, then \d+", finding.reason)


def test_one_missing_need_is_one_cause() -> None:
    (cause,) = causes(check_strategy(Undeclared, name="planted"))
    assert len(cause) > 20
    assert {finding.reason for finding in cause} == {"it reads 'probs' and does not declare it: add it to its needs"}


def test_every_strategy_check_has_a_fault_that_it_catches() -> None:
    without = set(STRATEGY_CHECKS) - {check for _, check in STRATEGY_FAULTS}
    assert without == {"other-seed", "cuda-agrees"}


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The planted faults disturb the process: put it back."""
    threads, state = torch.get_num_threads(), random.getstate()
    Remembers.seen.clear()
    yield
    torch.set_num_threads(threads)
    random.setstate(state)

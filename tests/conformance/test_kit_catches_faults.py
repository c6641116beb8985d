"""Planted faults: each has to be caught by the check that is there for it, and a sound component by none."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api import Method, Strategy, UserError
from albench.errors import ContractError
from albench.testing import METHOD_CHECKS, STRATEGY_CHECKS, check_method, check_strategy, report
from albench.testing.report import Fault, NotApplicable, Subject, causes, collect


@dataclass(frozen=True)
class Sound(Strategy):
    """Ranks by confidence; the faults below change one thing each."""

    needs: ClassVar[frozenset[str]] = frozenset({"probs"})

    def scores(self, view: Any) -> Tensor:
        return -view.probs.amax(dim=1)


class Twice(Sound):
    def select(self, view, budget):
        picks = super().select(view, budget)
        return torch.cat([picks[:1], picks[:-1]]) if budget > 1 else picks


class PoolIds(Sound):
    def select(self, view, budget):
        return view.index[super().select(view, budget)]


class OneShort(Sound):
    def select(self, view, budget):
        return super().select(view, budget)[: max(1, budget - 1)]


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
        return super().select(view, budget).numpy().astype(np.int32)


class ListOfPicks(Sound):
    def select(self, view, budget):
        return super().select(view, budget).tolist()


class Undeclared(Sound):
    needs = frozenset({"embeddings"})


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


@dataclass(frozen=True)
class SoundMethod(Method):
    """FixMatch with a dropout mask from ``draw`` and a memory; the faults below change one thing each."""

    views = frozenset({"weak", "strong"})

    def init(self, task, device):
        return {"seen": torch.zeros(task.pool_size, device=device), "rate": torch.zeros((), device=device)}

    def draw(self, generator, n_labeled, n_unlabeled):
        return {"kept": torch.rand(n_unlabeled, generator=generator) < 0.9}

    def loss(self, forward, batch, state, step):
        confidence, label = torch.softmax(forward.frozen(batch.x_weak).float(), dim=1).max(dim=1)
        accepted = self.accepted(confidence) & self.kept(batch)
        logits = forward(torch.cat([batch.x_lab, batch.x_strong]))
        supervised = self.supervised(logits[: len(batch.x_lab)], batch)
        each = F.cross_entropy(logits[len(batch.x_lab) :], label, reduction="none")
        loss = supervised + self.mean(each, accepted)
        new = {
            "seen": state["seen"].scatter(0, batch.index, torch.ones(len(batch.index))),
            "rate": accepted.float().mean(),
        }
        return loss, self.remembered(state, new, batch), {"accepted": accepted.float().mean()}

    def accepted(self, confidence):
        return confidence >= 0.7

    def kept(self, batch):
        return batch.noise["kept"]

    def supervised(self, logits, batch):
        return self.labeled_loss(logits, batch)

    def mean(self, each, accepted):
        return torch.where(accepted, each, torch.zeros_like(each)).mean()

    def remembered(self, state, new, batch):
        return new

    def rejected(self, probs, state):
        return probs.amax(dim=1) < 0.7


class Item(SoundMethod):
    def mean(self, each, accepted):
        return super().mean(each, accepted) if accepted.sum().item() > 0 else 0 * each.sum()


class Branch(SoundMethod):
    def mean(self, each, accepted):
        return super().mean(each, accepted) if accepted.any() else 0 * each.sum()


class Mask(SoundMethod):
    def mean(self, each, accepted):
        return each[accepted].sum() / len(each)


class StepToHost(SoundMethod):
    def loss(self, forward, batch, state, step):
        loss, state, logs = super().loss(forward, batch, state, step)
        return loss * min(1, 1 + int(step)), state, logs


class InPlaceLane(SoundMethod):
    """Writes one lane's values into a tensor that has no lanes."""

    def mean(self, each, accepted):
        total = torch.zeros(len(each), dtype=each.dtype)
        total += torch.where(accepted, each, torch.zeros_like(each))
        return total.mean()


class NanWhenNothing(SoundMethod):
    def mean(self, each, accepted):
        return (each * accepted).sum() / accepted.sum()


class LogOfZeroProbability(SoundMethod):
    def loss(self, forward, batch, state, step):
        loss, state, logs = super().loss(forward, batch, state, step)
        probs = forward(batch.x_strong).softmax(dim=1)
        return loss - (probs * probs.log()).sum(dim=1).mean(), state, logs


class OverClasses(SoundMethod):
    def supervised(self, logits, batch):
        counts = torch.zeros(3).scatter_add(0, batch.y_lab, torch.ones(len(batch.y_lab)))
        return (self.labeled_loss(logits, batch) / counts).mean()


class Spread(SoundMethod):
    def mean(self, each, accepted):
        return super().mean(each, accepted) + each.std()


class TwoForOne(SoundMethod):
    def mean(self, each, accepted):
        return torch.where(accepted, each, torch.zeros_like(each)).view(-1, 2).mean()


@dataclass(frozen=True)
class RatioOfItsOwn(SoundMethod):
    def __post_init__(self):
        object.__setattr__(self, "unlabeled_ratio", 2)


class OwnCrossEntropy(SoundMethod):
    def supervised(self, logits, batch):
        return F.cross_entropy(logits, batch.y_lab)


class VectorsOnly(SoundMethod):
    def loss(self, forward, batch, state, step):
        return super().loss(forward, replace(batch, x_lab=batch.x_lab + torch.zeros(1, 6)), state, step)


class VectorLog(SoundMethod):
    def loss(self, forward, batch, state, step):
        loss, state, logs = super().loss(forward, batch, state, step)
        return loss, state, logs | {"label": batch.y_lab}


class VectorLoss(SoundMethod):
    def loss(self, forward, batch, state, step):
        loss, state, logs = super().loss(forward, batch, state, step)
        return loss[None], state, logs


class BodyLeftOut(SoundMethod):
    def loss(self, forward, batch, state, step):
        _, state, logs = super().loss(forward, batch, state, step)
        return forward(0 * batch.x_lab).square().mean(), state, logs


class Detached(SoundMethod):
    def loss(self, forward, batch, state, step):
        loss, state, logs = super().loss(forward, batch, state, step)
        return loss.detach(), state, logs


class UnknownView(SoundMethod):
    views = frozenset({"weak", "strong", "rotated"})


class UndeclaredView(SoundMethod):
    views = frozenset({"weak"})


class GrowingState(SoundMethod):
    def remembered(self, state, new, batch):
        return new | {"seen": torch.cat([state["seen"], batch.index.float()])}


class OtherType(SoundMethod):
    def remembered(self, state, new, batch):
        return new | {"rate": new["rate"].double()}


class NewKey(SoundMethod):
    def remembered(self, state, new, batch):
        return new | {"more": new["rate"]}


class NewKeyAtStart(SoundMethod):
    def round_start(self, state, facts):
        return state | {"labeled": facts.labeled}


class WritesState(SoundMethod):
    def remembered(self, state, new, batch):
        state["seen"][batch.index] = 1
        return new


class WritesBatch(SoundMethod):
    def kept(self, batch):
        batch.x_strong.mul_(1.01)
        return super().kept(batch)


class WritesStateAtStart(SoundMethod):
    def round_start(self, state, facts):
        state["seen"].masked_fill_(facts.labeled, 2)
        return state


class SharesTheBatch(SoundMethod):
    def init(self, task, device):
        return super().init(task, device) | {"labels": torch.ones(3, device=device)}

    def remembered(self, state, new, batch):
        return new | {"labels": batch.class_counts}


class UnseededMask(SoundMethod):
    def kept(self, batch):
        return torch.rand(len(batch.index)) < 0.5


@dataclass(frozen=True)
class HiddenMemory(SoundMethod):
    """Keeps what the checkpoint does not."""

    def __post_init__(self):
        object.__setattr__(self, "memory", [])

    def mean(self, each, accepted):
        self.memory.append(1)
        return super().mean(each, accepted) * len(self.memory)


class HiddenInClass(SoundMethod):
    memory: ClassVar[list[int]] = []

    def mean(self, each, accepted):
        self.memory.append(1)
        return super().mean(each, accepted) * len(self.memory)


class GlobalDraw(SoundMethod):
    def draw(self, generator, n_labeled, n_unlabeled):
        return {"kept": torch.rand(n_unlabeled) < 0.9}


class RaggedDraw(SoundMethod):
    def draw(self, generator, n_labeled, n_unlabeled):
        kept = super().draw(generator, n_labeled, n_unlabeled)["kept"]
        return {"kept": kept, "places": kept.nonzero()}


class FloatMask(SoundMethod):
    def rejected(self, probs, state):
        return (probs.amax(dim=1) < 0.7).float()


class RoundedRejection(SoundMethod):
    def rejected(self, probs, state):
        return probs.amax(dim=1) < (0.7 if probs.dtype == torch.float32 else 0.9)


class WritesProbabilities(SoundMethod):
    def rejected(self, probs, state):
        return probs.mul_(0.5).amax(dim=1) < 0.35


class SinglePrecision(SoundMethod):
    def mean(self, each, accepted):
        return super().mean(each, accepted) * (1 if each.dtype == torch.float32 else 2)


class HalfState(SoundMethod):
    """What the network gives under autocast becomes state."""

    def loss(self, forward, batch, state, step):
        loss, new, logs = super().loss(forward, batch, state, step)
        return loss, new | {"rate": forward.frozen(batch.x_weak).amax()}, logs


class NoNextRound(SoundMethod):
    def round_start(self, state, facts):
        return state if facts.round == 0 else {"seen": state["seen"]}


class InfiniteWhenCold(SoundMethod):
    def round_start(self, state, facts):
        steps = torch.full_like(state["rate"], facts.first_step if facts.round else 1)
        return state | {"seen": state["seen"] + 1 / steps}

    def remembered(self, state, new, batch):
        return new | {"seen": state["seen"]}


METHOD_FAULTS = [
    (VectorLoss, "finite-loss"),
    (Detached, "finite-loss"),
    (BodyLeftOut, "gradient-reaches-all-weights"),
    (NanWhenNothing, "nothing-accepted"),
    (LogOfZeroProbability, "everything-accepted"),
    (OverClasses, "one-labeled-class"),
    (Spread, "batch-of-one"),
    (TwoForOne, "batch-of-one"),
    (RatioOfItsOwn, "unlabeled-ratio"),
    (OwnCrossEntropy, "labeled-loss-option"),
    (VectorsOnly, "image-items"),
    (VectorLog, "scalar-logs"),
    (UnknownView, "views-declared"),
    (UndeclaredView, "views-declared"),
    (GrowingState, "state-fixed"),
    (OtherType, "state-fixed"),
    (NewKey, "state-fixed"),
    (NewKeyAtStart, "state-fixed"),
    (WritesState, "inputs-unchanged"),
    (WritesBatch, "inputs-unchanged"),
    (WritesStateAtStart, "inputs-unchanged"),
    (SharesTheBatch, "inputs-unchanged"),
    (UnseededMask, "deterministic"),
    (UnseededMask, "global-state-untouched"),
    (HiddenMemory, "deterministic"),
    (HiddenInClass, "deterministic"),
    (HiddenInClass, "warm-second-round"),
    (Item, "no-host-reads"),
    (Item, "lanes-match-each-alone"),
    (Branch, "no-host-reads"),
    (Branch, "lanes-match-each-alone"),
    (Mask, "no-host-reads"),
    (Mask, "lanes-match-each-alone"),
    (StepToHost, "no-host-reads"),
    (InPlaceLane, "lanes-match-each-alone"),
    (GlobalDraw, "draws"),
    (GlobalDraw, "global-state-untouched"),
    (RaggedDraw, "draws"),
    (FloatMask, "rejected-mask"),
    (RoundedRejection, "rejected-mask"),
    (WritesProbabilities, "rejected-mask"),
    (SinglePrecision, "float64-inputs"),
    (HalfState, "mixed-precision"),
    (NoNextRound, "warm-second-round"),
    (InfiniteWhenCold, "cold-second-round"),
    (NoStrategy, "finite-loss"),
]


@pytest.mark.parametrize(("build", "check"), METHOD_FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_faulty_method_is_caught(build: Callable[[], Any], check: str) -> None:
    finding = METHOD_CHECKS[check](build, name="planted")
    assert finding.failed, finding
    assert finding.reason


def test_a_sound_method_passes() -> None:
    findings = check_method(SoundMethod, name="sound")
    assert [str(finding) for finding in findings if finding.failed] == []
    assert [finding.check for finding in findings] == list(METHOD_CHECKS)


def test_every_method_check_has_a_fault_that_it_catches() -> None:
    assert set(METHOD_CHECKS) - {check for _, check in METHOD_FAULTS} == {"cuda-agrees"}


def test_a_component_that_cannot_be_built_is_a_finding() -> None:
    def build() -> Any:
        raise UserError("there is\nno such thing")

    finding = STRATEGY_CHECKS["one-item"](build, name="broken")
    assert finding.failed
    assert finding.reason.startswith("raised UserError: there is (test_kit_catches_faults.py, line")


def test_a_component_that_does_not_end_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(Sound):
        def scores(self, view):
            while True:
                with contextlib.suppress(Exception):
                    super().scores(view)

    monkeypatch.setattr(report, "LIMIT", 0.2)
    finding = STRATEGY_CHECKS["one-item"](Endless, name="endless")
    assert finding.failed
    assert finding.reason.startswith("it had not ended after 0.2 s")


def test_a_component_that_skips_the_task_is_skipped_with_its_reason() -> None:
    class Skips(Sound):
        def skip(self, task):
            return "it wants sounds"

    findings = check_strategy(Skips, name="skips")
    assert {finding.status for finding in findings} == {"skip"}
    assert "it wants sounds" in findings[0].reason


def test_a_finding_names_the_smallest_case() -> None:
    finding = STRATEGY_CHECKS["exact-budget"](OneShort, name="short")
    assert "N=5" in finding.case
    assert "budget=3" in finding.case
    assert finding.tried == "select returns exactly as many positions as it is asked for"
    assert str(finding).startswith("short: exact-budget fail: select returned 2 positions for a budget of 3 [")


def test_checks_by_name() -> None:
    def holds(subject: Subject) -> str:
        """It holds."""
        return f"indeed{subject.case}"

    def does_not_apply(subject: Subject) -> None:
        """It does not apply."""
        raise NotApplicable(f"nothing to see{subject.case}")

    def breaks(subject: Subject) -> None:
        """It breaks."""
        subject.case = "the case"
        raise Fault("it is broken")

    checks = collect(Subject, [holds, does_not_apply, breaks])
    found = [check(object, name="thing") for check in checks.values()]
    assert [(f.check, f.status, f.reason, f.case) for f in found] == [
        ("holds", "pass", "indeed", ""),
        ("does-not-apply", "skip", "nothing to see", ""),
        ("breaks", "fail", "it is broken", "the case"),
    ]
    with pytest.raises(ValueError, match="two checks are called 'holds'"):
        collect(Subject, [holds, holds])


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The planted faults disturb the process: put it back."""
    threads, state = torch.get_num_threads(), random.getstate()
    Remembers.seen.clear()
    HiddenInClass.memory.clear()
    yield
    torch.set_num_threads(threads)
    random.setstate(state)

"""Planted faults of methods: each has to be caught by the check that is there for it, and a sound one by none."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F

from albench.api import Method
from albench.testing import METHOD_CHECKS, check_method


class NoStrategy:
    pass


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
            "seen": state["seen"].scatter(0, batch.index, torch.ones_like(batch.index, dtype=torch.float32)),
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


class MeanOverLanes(SoundMethod):
    """Says that it takes lanes, and takes the mean over them too."""

    takes_lanes = True

    def loss(self, forward, batch, state, step):
        loss = self.labeled_loss(forward(batch.x_lab), batch)
        return loss - loss.detach().mean() + loss.detach(), state, {}


class FirstItems(SoundMethod):
    """Says that it takes lanes, and cuts the first dimension as if it were the items."""

    takes_lanes = True


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


@dataclass(frozen=True)
class SoundHeads(SoundMethod):
    """With a head of its own; the faults below change one thing each."""

    head: ClassVar[str] = "second"

    def heads(self, task):
        return {"second": task.n_classes}

    def loss(self, forward, batch, state, step):
        loss, state, logs = super().loss(forward, batch, state, step)
        z = forward.embed(batch.x_lab)[1]
        return loss + F.cross_entropy(forward.head(z, self.head), batch.y_lab), state, logs


class UndeclaredHead(SoundHeads):
    head = "third"


class HeadOfNothing(SoundHeads):
    def heads(self, task):
        return {"second": 0}


class ChangingHeads(SoundHeads):
    names: ClassVar[list[str]] = []

    def heads(self, task):
        self.names.append(f"h{len(self.names)}")
        return super().heads(task) | dict.fromkeys(self.names, 2)


class UnreadHead(SoundHeads):
    def heads(self, task):
        return super().heads(task) | {"spare": 2}


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


class SentNumbers(SoundMethod):
    def mean(self, each, accepted):
        return super().mean(each, accepted) * torch.tensor([0.5], device=each.device).sum()


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


class SoundAdoption(SoundMethod):
    """Adopts what it is sure of in the middle of a round; the faults below change one thing each."""

    def adoption_steps(self, steps):
        return [steps // 2] if steps > 1 else []

    def adopt(self, probs, state, class_counts):
        confidence, label = probs.max(dim=1)
        return torch.where(confidence >= 0.9, label, -1)


class AdoptsAtTheStart(SoundAdoption):
    def adoption_steps(self, steps):
        return [0]


class AdoptsBackwards(SoundAdoption):
    def adoption_steps(self, steps):
        return sorted({step for step in (1, steps // 2) if 0 < step < steps}, reverse=True)


class AdoptsBooleans(SoundAdoption):
    def adopt(self, probs, state, class_counts):
        return super().adopt(probs, state, class_counts) >= 0


class AdoptsOneClassTooMany(SoundAdoption):
    def adopt(self, probs, state, class_counts):
        return torch.full((len(probs),), len(class_counts))


class AdoptsAtRandom(SoundAdoption):
    def adopt(self, probs, state, class_counts):
        return torch.randint(-1, 3, (len(probs),))


class CountsAdopted(SoundAdoption):
    def adopt(self, probs, state, class_counts):
        class_counts += 1
        return super().adopt(probs, state, class_counts)


class SinglePrecision(SoundMethod):
    def mean(self, each, accepted):
        return super().mean(each, accepted) * (1 if each.dtype == torch.float32 else 2)


class LostPush(SoundMethod):
    """Divides by what a push changes, which bfloat16 rounds away."""

    def loss(self, forward, batch, state, step):
        loss, new, logs = super().loss(forward, batch, state, step)
        pushed = forward.probe(batch.x_weak * (1 + 1e-6)) - forward.probe(batch.x_weak)
        return loss + 1e-9 / pushed.abs().mean(), new, logs


class KeptPush(LostPush):
    """The same, which says what it needs."""

    full_precision = True


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
    (UndeclaredHead, "heads-declared"),
    (HeadOfNothing, "heads-declared"),
    (ChangingHeads, "heads-declared"),
    (UnreadHead, "gradient-reaches-all-weights"),
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
    (MeanOverLanes, "lanes-match-each-alone"),
    (FirstItems, "lanes-match-each-alone"),
    (GlobalDraw, "draws"),
    (GlobalDraw, "global-state-untouched"),
    (RaggedDraw, "draws"),
    (FloatMask, "rejected-mask"),
    (RoundedRejection, "rejected-mask"),
    (WritesProbabilities, "rejected-mask"),
    (AdoptsAtTheStart, "adoption"),
    (AdoptsBackwards, "adoption"),
    (AdoptsBooleans, "adoption"),
    (AdoptsOneClassTooMany, "adoption"),
    (AdoptsAtRandom, "adoption"),
    (CountsAdopted, "adoption"),
    (SinglePrecision, "float64-inputs"),
    (LostPush, "mixed-precision"),
    (HiddenMemory, "graph-agrees"),
    (StepToHost, "graph-agrees"),
    (Mask, "graph-agrees"),
    (SentNumbers, "graph-agrees"),
    (NoNextRound, "warm-second-round"),
    (InfiniteWhenCold, "cold-second-round"),
    (NoStrategy, "finite-loss"),
]


@pytest.mark.parametrize(("build", "check"), METHOD_FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_faulty_method_is_caught(build: Callable[[], Any], check: str) -> None:
    finding = METHOD_CHECKS[check](build, name="planted")
    assert finding.failed, finding
    assert finding.reason


def test_a_method_that_asks_for_float32_is_tried_with_it() -> None:
    assert not METHOD_CHECKS["mixed-precision"](KeptPush, name="sound").failed


@pytest.mark.parametrize("build", [SoundMethod, SoundHeads, SoundAdoption])
def test_a_sound_method_passes(build: Callable[[], Any]) -> None:
    findings = check_method(build, name="sound")
    assert [str(finding) for finding in findings if finding.failed] == []
    assert [finding.check for finding in findings] == list(METHOD_CHECKS)


def test_every_method_check_has_a_fault_that_it_catches() -> None:
    left = set(METHOD_CHECKS) - {check for _, check in METHOD_FAULTS}
    assert {check for check in left if not check.startswith("fits-")} == {"cuda-agrees", "mps-agrees"}


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The planted faults disturb the process: put it back."""
    threads, state = torch.get_num_threads(), random.getstate()
    HiddenInClass.memory.clear()
    ChangingHeads.names.clear()
    yield
    torch.set_num_threads(threads)
    random.setstate(state)

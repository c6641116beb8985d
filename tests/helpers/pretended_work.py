"""Training steps and queries on the pretended CUDA device beside the same on the CPU, and what went wrong there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import torch
from stepwise import stepwise
from torch import Tensor

from albench.bench import queries
from albench.bench.measured import TimedCase
from albench.bench.steps import begun
from albench.components.registry import registry
from albench.testing.pretended import Account, pretended_cuda
from albench.testing.pretended.tensors import tensors
from albench.testing.watch import Watch
from albench.training.lanes import Stack
from albench.trial.numerics import numerics

SHAPES = {"mlp": (16,), "linear": (16,), "cnn": (1, 8, 8), "wrn": (1, 8, 8), "resnet": (1, 8, 8)}
STEPS, BATCH, GROUP = 2, 8, 64
"""Steps of a measurement, labelled items in each, and images that are augmented in one call: as many steps' as with
batches of the usual size."""
POOL, SIZE, QUERY = 400, 16, 20
"""Items, numbers in an embedding and picks of a query."""
SPECS = {
    "balanced": "balanced[of=entropy]",
    "sharded": "sharded[of=coreset,shards=3]",
    "stochastic": "stochastic[of=entropy]",
    "subsample": "subsample[of=coreset,size=100]",
    "skactiveml": "skactiveml[strategy=CoreSet]",
    "batch-bald": "batch-bald[candidates=60,samples=6]",
    "discriminative": "discriminative[hidden=16,steps=5,sub_batches=3]",
}
"""Strategy -> the spec that it is tried as; by default its name."""
APART = {"callable", "lookahead-oracle"}
"""A function in a file; one that trains rounds, of which the made-up view has none."""
ON_IMAGES = ("boostmis", "comatch", "fixmatch", "freematch", "simmatch", "supervised", "vat")
"""Methods whose lanes are tried on images too, where a step of several takes longest."""
CLOSE = {"mlp": 1e-6, "linear": 1e-6, "cnn": 1e-5, "wrn": 2e-2, "resnet": 2e-2}
"""Largest difference of a loss: the layout of images in memory changes what a convolution rounds."""


@dataclass(frozen=True)
class Found:
    """What one component did on the device.

    Attributes
    ----------
    counts
        kernels, waits and operations on float64, as they are recorded.
    faults
        Kind -> what is wrong: ``waits``, ``float64``, ``sums``, ``writes``, ``draws``, ``answer``.
    """

    counts: dict[str, int]
    faults: dict[str, str]


class Float64(Watch):
    """Counts what the CPU computes in float64."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.count += any(x.dtype == torch.float64 for x in tensors((args, made)))
        return made


def strategies() -> list[str]:
    """Names of albench's own that are tried."""
    ours = (c.name for c in registry().components("strategy") if c.distribution == "albench")
    return sorted(set(ours) - APART)


def works() -> list[tuple[str, ...]]:
    """All that is tried: ``(step, backbone, method)``, ``(lanes, backbone, method)``, ``(query, strategy)``."""
    steps = [("step", backbone, method) for backbone in ("mlp", "cnn") for method in stepwise()]
    steps += [("step", backbone, "fixmatch") for backbone in ("linear", "wrn", "resnet")]
    lanes = [("lanes", "mlp", method) for method in stepwise()] + [("lanes", "cnn", method) for method in ON_IMAGES]
    return [*steps, *lanes, *(("query", name) for name in strategies())]


def found(work: tuple[str, ...]) -> Found:
    """Try one of ``works()``."""
    kind, *names = work
    with numerics(1), patch("albench.training.batches.GROUP_ITEMS", GROUP):
        return query(*names) if kind == "query" else training(*names, count=2 if kind == "lanes" else 1)


def training(backbone: str, method: str, *, count: int = 1) -> Found:
    """Steps of so many seeds together: counted with autocast, compared with the CPU without."""
    case = TimedCase(backbone, SHAPES[backbone], 6, 200, method=method)
    with Float64() as wide:
        expected, _ = trained(case, "cpu", count)
    with pretended_cuda(autocast=False) as account:
        given, _ = trained(case, "cuda:0", count, account)
    compared = _told(account, wide.count)
    with pretended_cuda() as account:
        _, silent = trained(case, "cuda:0", count, account)
        faults = _told(account, wide.count) | {kind: what for kind, what in compared.items() if kind != "float64"}
        if account.waits:
            faults["waits"] = account.told("waits")
    apart = (expected - given).abs().max()
    if not apart <= CLOSE[backbone]:
        faults["answer"] = f"losses {given.tolist()}, on the CPU {expected.tolist()}"
    if silent:
        faults["silent"] = f"no gradient, or no move, of {', '.join(silent)}"
    return Found(_counted(account), faults)


def trained(case: TimedCase, device: str, count: int, account: Account | None = None) -> tuple[Tensor, list[str]]:
    """(STEPS, count) losses, and the weights that did not move; what is counted begins with the first batch."""
    runs = begun(case, device, count, STEPS, BATCH)
    learners = [run.network for run in runs]
    before = [{name: value.detach().cpu().clone() for name, value in one.model.named_parameters()} for one in learners]
    stack = Stack(learners) if count > 1 else None
    batches = zip(*(iter(run.batches(0)) for run in runs), strict=True)
    if account:
        account.clear()
    losses = [(stack or learners[0]).step(number, parts)["loss"] for number, parts in enumerate(batches)]
    kept = _copy(account)
    if stack:
        stack.end_round()
    after = [dict(one.model.named_parameters()) for one in learners]
    silent = [
        name
        for old, new in zip(before, after, strict=True)
        for name, value in old.items()
        if torch.equal(value, new[name].detach().cpu())
    ]
    told = torch.stack(losses).cpu().view(len(losses), -1)
    if account and kept:
        vars(account).update(kept)
    return told, silent


def _copy(account: Account | None) -> dict[str, Any]:
    counters = {name: value for name, value in vars(account).items() if isinstance(value, Counter)} if account else {}
    return {name: value.copy() for name, value in counters.items()}


def query(name: str) -> Found:
    """A query, its predictions made before, with what the trial holds while it asks."""
    with Float64() as wide:
        expected = _queried(name, "cpu")
    with pretended_cuda() as account:
        picks = _queried(name, "cuda:0", account)
    faults = _told(account, wide.count)
    if picks != expected:
        faults["answer"] = f"picks {picks}, on the CPU {expected}"
    return Found(_counted(account), faults)


def _queried(name: str, device: str, account: Account | None = None) -> list[int]:
    strategy = registry().build("strategy", SPECS.get(name, name))
    view = queries.pool(POOL, SIZE, device)
    _ = view.probs, view.labeled_probs
    if account:
        account.clear()
    picks = strategy.select(view, QUERY)
    kept = _copy(account)
    answer = [int(place) for place in picks.tolist()]
    if account:
        vars(account).update(kept)
    return answer


def _told(account: Account, wide: int) -> dict[str, str]:
    """What is wrong whatever is tried."""
    faults = {kind: account.told(kind) for kind in ("sums", "writes", "draws") if account.count(kind)}
    if account.float64 and not wide:
        faults["float64"] = f"{account.told('float64')}; on the CPU none"
    return faults


def _counted(account: Account) -> dict[str, int]:
    return {kind: account.count(kind) for kind in ("kernels", "waits", "float64")}

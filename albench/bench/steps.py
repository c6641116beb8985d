"""A whole training step against the bare one, and several seeds in one step against the same seeds one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Literal

import numpy as np
import torch
from torch.nn import functional

from albench.api.dataset import FeatureDataset, ImageDataset, Split, Splits
from albench.api.method import Batch
from albench.api.task import Task
from albench.bench.measured import STRATEGY, TimedCase
from albench.bench.rates import seconds
from albench.components.registry import registry
from albench.devices import can, kind_of
from albench.suite.protocol import Amounts, Protocol
from albench.suite.trials import Trial
from albench.training.graphs import Graphed
from albench.training.lanes import Stack
from albench.training.loop import Trainee
from albench.trial.parts import Parts
from albench.trial.run import TrialRun

THRESHOLD = 0.95
"""Confidence from which the bare step takes a label, as FixMatch does by default."""
STEPS = 2000
"""Of a round: more than any measurement here takes."""


def random_splits(case: TimedCase) -> Splits:
    """Random items: what a step costs does not depend on them."""
    rng = np.random.Generator(np.random.PCG64(0))

    def split(count: int) -> Split:
        x = rng.random((count, *case.shape), np.float32)
        return Split(x if len(case.shape) == 1 else (x * 255).astype(np.uint8), np.arange(count) % case.n_classes)

    names = tuple(map(str, range(case.n_classes)))
    modality: Literal["features", "image"] = "features" if len(case.shape) == 1 else "image"
    task = Task(modality, case.shape, case.n_classes, names, pool_size=case.size)
    return Splits(split(case.size), split(64), split(64), task)


def begun(
    case: TimedCase, device: str = "cpu", count: int = 1, steps: int = STEPS, batch_size: int = 64
) -> list[TrialRun]:
    """Trials that differ by seed, with their first round of so many steps begun."""
    loaded = registry()
    splits = random_splits(case)
    dataset = FeatureDataset() if len(case.shape) == 1 else ImageDataset()
    parts = Parts(
        dataset,
        splits,
        loaded.build("method", case.method),
        loaded.build("strategy", STRATEGY),
        loaded.build("backbone", case.backbone),
        Amounts(100, 100, 2),
        torch.device(device),
    )
    protocol = Protocol(steps=steps, batch_size=batch_size, device=kind_of(device))
    made = [
        TrialRun(
            Trial("made-up", case.method, STRATEGY, case.backbone, seed, protocol, ("",) * 4), parts, lambda _: None
        )
        for seed in range(count)
    ]
    for run in made:
        run.begin(0)
    return made


def alternately(works: Sequence[Callable[[], object]], device: str, blocks: int) -> list[float]:
    """Shortest seconds of each; they take turns, so that other load on the machine hits all."""
    best = [float("inf")] * len(works)
    for block in range(blocks + 1):
        for at, work in enumerate(works):
            took = seconds(work, device)
            if block:  # the first one warms up
                best[at] = min(best[at], took)
    return best


def whole_and_bare(case: TimedCase, device: str = "cpu", blocks: int = 12) -> tuple[float, float]:
    """Seconds of a whole and of a bare step.

    The whole step gathers the batch, augments it, calls the method, steps the optimizer and averages the weights. The
    bare step is FixMatch written by hand: forward, backward and the same optimizer on tensors made before.
    """
    (run,) = begun(case, device)
    learner = run.network
    stream = iter(run.batches(0))
    optimizer = torch.optim.SGD(learner.model.parameters(), lr=0.03, momentum=0.9, nesterov=True, fused=True)
    images = len(case.shape) == 3
    layout = torch.channels_last if can(device).channels_last and images else torch.contiguous_format
    tensors = [
        (*(x.contiguous(memory_format=layout) for x in (b.x_weak, torch.cat([b.x_lab, b.x_strong]))), b.y_lab)
        for b in islice(stream, 4)
    ]

    def whole() -> None:
        for number, batch in enumerate(islice(stream, case.steps)):
            learner.step(number, [batch])

    def bare() -> None:
        model = learner.model
        for number in range(case.steps):
            weak, both, y = tensors[number % len(tensors)]
            with learner.precision.step(), learner.precision.network():
                with torch.no_grad():
                    confidence, label = model(weak)[0].softmax(dim=1).max(dim=1)
                logits = model(both)[0]
                unlabeled = functional.cross_entropy(logits[len(y) :], label, reduction="none")
                loss = functional.cross_entropy(logits[: len(y)], y) + (unlabeled * (confidence >= THRESHOLD)).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    whole_seconds, bare_seconds = alternately((whole, bare), device, blocks)
    return whole_seconds / case.steps, bare_seconds / case.steps


def lane_seconds(case: TimedCase, lanes: int, device: str = "cpu", blocks: int = 8) -> list[float]:
    """Seconds of a step of one seed alone, of all seeds one by one, and of all together."""
    alone, together = begun(case, device, lanes), begun(case, device, lanes)
    own = [iter(run.batches(0)) for run in alone]
    shared = [iter(run.batches(0)) for run in together]
    stack = Stack([run.network for run in together])

    def one() -> None:
        for step, batch in enumerate(islice(own[0], case.steps)):
            alone[0].network.step(step, [batch])

    def each() -> None:
        for run, batches in zip(alone, own, strict=True):
            for step, batch in enumerate(islice(batches, case.steps)):
                run.network.step(step, [batch])

    def all_at_once() -> None:
        for step, parts in enumerate(islice(zip(*shared, strict=True), case.steps)):
            stack.step(step, parts)

    return [took / case.steps for took in alternately((one, each, all_at_once), device, blocks)]


def graph_seconds(case: TimedCase, device: str, count: int = 1, blocks: int = 8) -> list[float]:
    """Seconds of a step of so many seeds together, launched kernel by kernel and as a CUDA graph.

    Raises
    ------
    RuntimeError
        Where there is no graph of it, with the reason.
    """

    def refused(why: str) -> None:
        raise RuntimeError(why)

    works = []
    for by_graph in (False, True):
        runs = begun(case, device, count)
        trainee = Stack([run.network for run in runs]) if count > 1 else runs[0].network
        stream = enumerate(zip(*(run.batches(0) for run in runs), strict=True))
        works.append(partial(_steps, Graphed(trainee, refused) if by_graph else trainee, stream, case.steps))
    return [took / case.steps for took in alternately(works, device, blocks)]


def _steps(trainee: Trainee, stream: Iterator[tuple[int, Sequence[Batch]]], count: int) -> None:
    for number, batches in islice(stream, count):
        trainee.step(number, batches)

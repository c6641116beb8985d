"""Whole training step against the bare one on the same tensors: python benchmarks/perf/step.py [CASE ...]

The whole step gathers the batch, augments it, calls the method, steps the optimizer, averages the weights and keeps the
curves. The bare step is FixMatch written by hand: forward, backward and the same optimizer on tensors made before.
Blocks of both are timed alternately and the smallest of each is kept, so that other load on the machine hits both.
"""

from __future__ import annotations

import argparse
import time
from itertools import islice

import numpy as np
import torch
from torch.nn import functional

from albench.api import FeatureDataset, ImageDataset, Split, Splits, Task
from albench.loop import Parts, Run, numerics
from albench.plan import Amounts, Protocol, Trial
from albench.plugins import registry

CASES = {
    "mlp": ("mlp", "features", (2048,), 6, 1.15),
    "cnn": ("cnn", "image", (1, 28, 28), 2, 1.25),
    "wrn": ("wrn", "image", (1, 64, 64), 6, 1.20),
}
SIZE = {"mlp": 5207, "cnn": 3882, "wrn": 512}


def random_splits(shape: tuple[int, ...], modality: str, n_classes: int, size: int) -> Splits:
    """Random items: what a step costs does not depend on them."""
    rng = np.random.Generator(np.random.PCG64(0))
    parts = []
    for count in (size, 64, 64):
        x = rng.random((count, *shape), np.float32)
        x = x if modality == "features" else (x * 255).astype(np.uint8)
        parts.append(Split(x, np.arange(count) % n_classes))
    names = tuple(map(str, range(n_classes)))
    return Splits(*parts, Task(modality, shape, n_classes, names, pool_size=size))  # type: ignore[arg-type]


def make(case: str, device: str) -> Run:
    """A trial of FixMatch with 64 labelled and 128 unlabelled items a step."""
    name, modality, shape, n_classes, _ = CASES[case]
    splits = random_splits(shape, modality, n_classes, SIZE[case])
    found = registry()
    dataset = FeatureDataset() if modality == "features" else ImageDataset()
    protocol = Protocol(steps=100_000, device="cuda" if device.startswith("cuda") else "cpu")
    trial = Trial("random", "fixmatch", "random", name, 0, protocol, ("", "", "", ""))
    method, strategy = found.build("method", "fixmatch"), found.build("strategy", "random")
    backbone = found.build("backbone", name)
    parts = Parts(dataset, splits, method, strategy, backbone, Amounts(100, 100, 2), torch.device(device))
    return Run(trial, parts, lambda _: None)


def compare(case: str, device: str, blocks: int) -> tuple[float, float]:
    """Seconds of a whole and of a bare step."""
    run = make(case, device)
    run._start_round(0)
    learner = run.learner
    learner.model.train()
    stream = iter(run.batches(0))
    fixed = list(islice(stream, 4))
    optimizer = torch.optim.SGD(learner.model.parameters(), lr=0.03, momentum=0.9, nesterov=True, fused=True)
    steps = {"mlp": 30, "cnn": 6, "wrn": 1}[case]

    def whole() -> None:
        for number, batch in enumerate(islice(stream, steps)):
            learner._step(number, batch)

    def bare() -> None:
        model = learner.model
        for number in range(steps):
            batch = fixed[number % len(fixed)]
            with torch.no_grad():
                confidence, label = model(batch.x_weak)[0].softmax(dim=1).max(dim=1)
            logits = model(torch.cat([batch.x_lab, batch.x_strong]))[0]
            n_lab = len(batch.x_lab)
            unlabeled = functional.cross_entropy(logits[n_lab:], label, reduction="none")
            loss = functional.cross_entropy(logits[:n_lab], batch.y_lab) + (unlabeled * (confidence >= 0.95)).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    best = {"whole": float("inf"), "bare": float("inf")}
    for _ in range(blocks):
        for name, block in (("whole", whole), ("bare", bare)):
            started = time.perf_counter()
            block()
            if device.startswith("cuda"):
                torch.cuda.synchronize()
            best[name] = min(best[name], (time.perf_counter() - started) / steps)
    return best["whole"], best["bare"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=["mlp", "cnn"], choices=[*CASES, []])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--blocks", type=int, default=12)
    arguments = parser.parse_args()
    print(f"{'case':6}{'whole ms':>10}{'bare ms':>10}{'ratio':>8}{'goal':>8}")
    with numerics(1):
        for case in arguments.cases:
            whole, bare = compare(case, arguments.device, arguments.blocks)
            print(f"{case:6}{whole * 1e3:10.2f}{bare * 1e3:10.2f}{whole / bare:8.3f}{CASES[case][4]:8.2f}")


if __name__ == "__main__":
    main()

"""A whole suite against a loop by hand in PyTorch, start-up included: python benchmarks/perf/by_hand.py [--turns 3]

``--lanes auto`` runs the suite with it.

Ten seeds, ``random`` and ``entropy``, five rounds of 200 steps with ``supervised`` on 2,000 x 64 features and
``mlp[hidden=64]``; 100 labels to start with and 100 more each round. The loop by hand trains the same network as one
writes it: ``nn.Sequential``, ``torch.optim.SGD``, a random batch a step, accuracy after each round, the query. It keeps
no record, has no moving average, no augmentation and no schedule. Both run in processes of their own, on one thread,
in turns; processor seconds of each, the smallest first.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SEEDS, ROUNDS, STEPS, LABELS, BATCH = 10, 5, 200, 100, 64
ITEMS, TEST, FEATURES, CLASSES, HIDDEN = 2000, 500, 64, 10, 64
STRATEGIES = ("random", "entropy")


def data() -> tuple[np.ndarray, ...]:
    """Blobs that overlap: items and labels of the pool, and of the test split."""
    import numpy as np

    rng = np.random.default_rng(0)
    centers = rng.normal(size=(CLASSES, FEATURES))
    y = np.arange(ITEMS + TEST) % CLASSES
    x = (centers[y] + 2 * rng.normal(size=(len(y), FEATURES))).astype(np.float32)
    return x[:ITEMS], y[:ITEMS], x[ITEMS:], y[ITEMS:]


def suite(lanes: str) -> None:
    """As albench runs it."""
    import albench

    x, y, test_x, test_y = data()
    with tempfile.TemporaryDirectory() as folder:
        albench.run(
            dataset=albench.arrays(x, y, test=(test_x, test_y)),
            method="supervised", backbone=f"mlp[hidden={HIDDEN}]", strategy=list(STRATEGIES), seeds=SEEDS,
            rounds=ROUNDS, steps=STEPS, initial=LABELS, query_size=LABELS, batch_size=BATCH,
            executor="local", device="cpu", out=folder, lanes=lanes,
        )  # fmt: skip


def loop() -> None:
    """As one writes it."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    x, y, test_x, test_y = map(torch.from_numpy, data())
    for strategy in STRATEGIES:
        for seed in range(SEEDS):
            torch.manual_seed(seed)
            order = torch.randperm(ITEMS)
            labeled, unlabeled = order[:LABELS], order[LABELS:]
            for number in range(ROUNDS):
                model = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))
                optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, nesterov=True, weight_decay=5e-4)
                for _ in range(STEPS):
                    batch = labeled[torch.randint(len(labeled), (BATCH,))]
                    loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                with torch.no_grad():
                    float((model(test_x).argmax(dim=1) == test_y).float().mean())
                    if number == ROUNDS - 1:
                        break
                    probs = model(x[unlabeled]).softmax(dim=1)
                scores = -(probs * probs.clamp(min=1e-12).log()).sum(dim=1)
                picked = torch.randperm(len(unlabeled)) if strategy == "random" else scores.argsort(descending=True)
                labeled = torch.cat([labeled, unlabeled[picked[:LABELS]]])
                unlabeled = unlabeled[picked[LABELS:]]


def seconds(what: str, lanes: str) -> float:
    """Processor seconds of a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, __file__, "--only", what, "--lanes", lanes], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--lanes", default="off")
    parser.add_argument("--only", choices=("suite", "loop"), help="carry out one of them, unmeasured")
    arguments = parser.parse_args()
    if arguments.only:
        suite(arguments.lanes) if arguments.only == "suite" else loop()
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    taken: dict[str, list[float]] = {"suite": [], "loop": []}
    for _ in range(arguments.turns):
        for what, found in taken.items():
            found.append(seconds(what, arguments.lanes))
    for what, found in taken.items():
        print(f"{what:6}{'  '.join(f'{one:7.2f}' for one in sorted(found))} s")
    print(f"ratio of the smallest {min(taken['suite']) / min(taken['loop']):.3f}")


if __name__ == "__main__":
    main()

"""Speed and memory of the queries that cost most, against plain NumPy in the same run.

    python benchmarks/perf/queries.py --size 50000 --dim 512 --labeled 1000 --query 1000

Each case runs in a process of its own, after a small warm-up. Beside wall seconds stand CPU seconds, which another
program on the machine disturbs less. "peak" is the largest resident memory above what was resident when the query
began, inputs included. "floor" is counted: the arithmetic that no exact query can leave out, at the matrix-product
rate measured here. "same picks" is the share that agrees with the reference, which computes in float32 throughout and
so may break near-ties otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

CASES = ("coreset", "boostmis")


@dataclass
class Pool:
    """A pool as a strategy sees it: embeddings of a ten-class model with a linear head, everything rejected."""

    size: int
    dim: int
    labeled: int
    kind: str
    n_classes: int = 10
    notes: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        import torch

        self.generator = torch.Generator().manual_seed(0)
        centers = 3 * torch.randn(self.n_classes, self.dim, generator=self.generator)
        rows = self.size + self.labeled
        everything = torch.randn(rows, self.dim, generator=self.generator)
        if self.kind == "clusters":
            # Like the pooled features of a trained network: classes, and no negative entries. In place, for the peak.
            label = torch.randint(self.n_classes, (rows,), generator=self.generator)
            for part, classes in zip(everything.split(1024), label.split(1024), strict=True):
                part.add_(centers[classes]).relu_()
        self.labeled_embeddings, self.embeddings = everything[: self.labeled], everything[self.labeled :]
        self.weight = centers / (3 * self.dim**0.5)
        self.probs = self.head(self.embeddings).softmax(dim=1)
        self.rejected = torch.ones(self.size, dtype=torch.bool)

    def __len__(self) -> int:
        return self.size

    def head(self, z: Tensor) -> Tensor:
        return z @ self.weight.T

    def neighbors(self, k: int) -> tuple[Tensor, Tensor]:
        from albench.kernels import nearest_neighbors

        return nearest_neighbors(self.embeddings, k)

    def note(self, name: str, value: float) -> None:
        self.notes[name] = value


def ours_coreset(pool: Pool, query: int) -> list[int]:
    from albench_diversity.coreset import Coreset

    return Coreset().select(pool, query).tolist()


def ours_boostmis(pool: Pool, query: int) -> list[int]:
    from albench_boostmis.annotate import BoostMIS

    return BoostMIS().select(pool, query).tolist()


def plain_coreset(pool: Pool, query: int) -> list[int]:
    """One pass over the labelled set in blocks, then one pass over the pool for each pick."""
    import numpy as np

    x, centers = pool.embeddings.numpy(), pool.labeled_embeddings.numpy()
    square, center_square = np.einsum("ij,ij->i", x, x), np.einsum("ij,ij->i", centers, centers)
    nearest = np.concatenate(
        [(center_square - 2 * (x[i : i + 4096] @ centers.T)).min(axis=1) for i in range(0, len(x), 4096)]
    )
    nearest += square
    picks = []
    for _ in range(query):
        pick = int(nearest.argmax())
        picks.append(pick)
        np.minimum(nearest, square + square[pick] - 2 * (x @ x[pick]), out=nearest)
        nearest[pick] = -1
    return picks


def plain_boostmis(pool: Pool, query: int) -> list[int]:
    """Every item scored by both selectors; neighbours from blocks of rows against the whole pool."""
    import numpy as np
    import torch

    def log_softmax(z: np.ndarray) -> np.ndarray:
        z = z - z.max(axis=1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    def unit(z: np.ndarray) -> np.ndarray:
        return z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-30)

    x, w, p = pool.embeddings.numpy(), pool.weight.numpy(), pool.probs.numpy()
    push = torch.randn(x.shape, generator=pool.generator).numpy()
    log_p = log_softmax(x @ w.T)
    push = unit((np.exp(log_softmax((x + 10 * unit(push)) @ w.T)) - np.exp(log_p)) @ w)
    unstable = (np.exp(log_p) * (log_p - log_softmax((x + push) @ w.T))).sum(axis=1)
    first = np.argsort(-unstable, kind="stable")[: query - query // 2]

    rows, density = unit(x), np.empty(len(x), dtype=np.float32)
    for i in range(0, len(x), 512):
        similarity = rows[i : i + 512] @ rows.T
        similarity[np.arange(len(similarity)), i + np.arange(len(similarity))] = -np.inf
        density[i : i + 512] = np.partition(similarity, -20, axis=1)[:, -20:].mean(axis=1)
    score = -(p * np.log(np.maximum(p, 1e-38))).sum(axis=1) * np.maximum(density, 0)
    order = [int(i) for i in np.argsort(-score, kind="stable") if i not in set(first.tolist())]
    predicted, k = p.argmax(axis=1), query // 2
    second = [i for c in range(p.shape[1]) for i in [j for j in order if predicted[j] == c][: k // p.shape[1]]]
    second += [i for i in order if i not in set(second)][: k - len(second)]
    return first.tolist() + second


def resident(name: str) -> float:
    """A figure of /proc/self/status in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise KeyError(name)


def run_case(case: str, args: argparse.Namespace) -> dict[str, object]:
    """Run one case in this process, inputs and warm-up apart."""
    import torch

    torch.set_num_threads(args.threads)
    function: Callable[[Pool, int], list[int]] = globals()[case]
    function(Pool(2000, args.dim, 50, args.embeddings), 20)
    pool = Pool(args.size, args.dim, args.labeled, args.embeddings)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of making the inputs
    before = resident("VmRSS")
    start, cpu_start = time.perf_counter(), time.process_time()
    picks = function(pool, args.query)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    return {"seconds": seconds, "cpu": cpu, "peak": resident("VmHWM") - before, "picks": picks}


def rate(threads: int) -> float:
    """Matrix-product rate of this machine, in floating-point operations per second."""
    import torch

    torch.set_num_threads(threads)
    a, best = torch.ones(2048, 2048), float("inf")
    for _ in range(4):
        start = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - start)
    return 2 * 2048**3 / best


def floor_operations(case: str, args: argparse.Namespace) -> float:
    """Counted: each item against each label; or the neighbours of the chosen alone, and four products with the head."""
    if case == "coreset":
        return 2.0 * args.size * args.labeled * args.dim
    return 2.0 * args.size * (args.query // 2) * args.dim + 4 * 2.0 * args.size * args.dim * 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=50_000, help="unlabelled items")
    parser.add_argument("--dim", type=int, default=512, help="embedding size")
    parser.add_argument("--labeled", type=int, default=1_000, help="labelled items")
    parser.add_argument("--query", type=int, default=1_000, help="items to choose")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument(
        "--embeddings", choices=("clusters", "gaussian"), default="clusters", help="what they look like"
    )
    parser.add_argument("--only", choices=CASES, help="one strategy")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        print(json.dumps(run_case(args.case, args)))
        return
    speed = rate(args.threads)
    print(
        f"{args.size} x {args.dim} {args.embeddings}, {args.labeled} labelled, query {args.query}, "
        f"{args.threads} thread(s), {speed / 1e9:.0f} GFLOP/s"
    )
    heads = ("seconds", "plain", "ratio", "cpu s", "plain", "ratio", "floor", "peak MB", "plain MB")
    print(f"{'strategy':<10}" + "".join(f"{head:>9}" for head in heads) + "  same picks")
    environment = os.environ | {name: str(args.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    for case in [args.only] if args.only else CASES:
        results = []
        for which in ("ours", "plain"):
            command = [sys.executable, __file__, *sys.argv[1:], "--case", f"{which}_{case}"]
            output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
            results.append(json.loads(output))
        ours, plain = results
        same = len(set(ours["picks"]) & set(plain["picks"])) / args.query
        print(
            f"{case:<10}{ours['seconds']:>9.2f}{plain['seconds']:>9.2f}{plain['seconds'] / ours['seconds']:>8.1f}x"
            f"{ours['cpu']:>9.2f}{plain['cpu']:>9.2f}{plain['cpu'] / ours['cpu']:>8.1f}x"
            f"{floor_operations(case, args) / speed:>9.2f}{ours['peak']:>9.0f}{plain['peak']:>9.0f}  {same:.1%}"
        )


if __name__ == "__main__":
    main()

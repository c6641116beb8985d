"""Queries on large memory-mapped pools: seconds, growth, peak memory, and ratios to a counted floor.

    python benchmarks/perf/pools.py                            # 100,000, 300,000 and 1,000,000 x 256; about 12 minutes
    python benchmarks/perf/pools.py --sizes 10000 100000 --only coreset badge --no-trial

The pool is a .npy file of float32 features, mapped: ten classes that vary in 16 directions, and a little noise; 1,000
items are labelled. Each case runs in a process of its own, on one thread, denormals flushed as in a trial: open the
map, predict in blocks, choose 100.

Seconds are processor time of that thread.

- "predict s": predictions of the unlabelled items through the map, the same whatever the strategy.
- "x floor": seconds of the query at the largest size over what no implementation can leave out (``floor`` in
  strategies.py), at the rates measured in the same run.
- "growth": exponent of the query's seconds between the smallest and the largest size; 1 is linear.
- "anonymous": the largest memory that is not backed by a file, sampled every 10 ms: what would have to be swapped.
- "peak": the largest resident memory with the mapped file's pages and the libraries, which can be dropped at will.

A last row has approximate neighbours of all items with their recall (the strategies above need none: boostmis looks up
those of a few items exactly). Then comes a whole ``albench run`` of two rounds with few steps.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

from floors import floor
from strategies import resident

from albench.bench.floors import QuerySizes
from albench.bench.queries import CLASSES, LABELED
from albench.bench.rates import Rates, measured_rates

DIM, LATENT, QUERY, NEIGHBORS = 256, 16, 100, 20
STRATEGIES = ("entropy", "coreset", "badge", "typiclust", "boostmis")
SPLITS = {"val": 2000, "test": 2000}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def write_pool(folder: Path, n: int) -> None:
    """Features and labels of three splits, block by block: classes that vary in ``LATENT`` directions."""
    import numpy as np

    rng = np.random.Generator(np.random.PCG64(0))
    centers = 3 * rng.standard_normal((CLASSES, DIM), dtype=np.float32)
    np.save(folder / "centers.npy", centers)
    directions = rng.standard_normal((LATENT, DIM), dtype=np.float32) / LATENT**0.5
    for split, count in {"train": n, **SPLITS}.items():
        y = rng.integers(CLASSES, size=count)
        y[:CLASSES] = range(CLASSES)
        np.save(folder / f"{split}-targets.npy", y)
        x = np.lib.format.open_memmap(folder / f"{split}-features.npy", "w+", np.float32, (count, DIM))
        for start in range(0, count, 8192):
            rows = centers[y[start : start + 8192]]
            rows += rng.standard_normal((len(rows), LATENT), dtype=np.float32) @ directions
            rows += 0.1 * rng.standard_normal(rows.shape, dtype=np.float32)
            x[start : start + 8192] = np.maximum(rows, 0)
        x.flush()


class Memory:
    """The largest anonymous and resident memory in MB inside the ``with`` block."""

    def __enter__(self) -> Self:
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak of starting
        self.anonymous = resident("RssAnon")
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._sample, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self.peak = resident("VmHWM")

    def _sample(self) -> None:
        while not self._over.wait(0.01):
            self.anonymous = max(self.anonymous, resident("RssAnon"))


def pool(folder: Path, n: int) -> Any:
    """A view of the first n mapped items through a linear head, as a round makes it."""
    import numpy as np
    import torch

    from albench.data.items import Items
    from albench.data.pool import Annotated
    from albench.testing.views import LinearModel
    from albench.training.evaluate import predict
    from albench.trial.view import PoolView, RoundOutputs

    centers = torch.from_numpy(np.load(folder / "centers.npy"))
    model = LinearModel(centers / (3 * DIM**0.5), torch.zeros(CLASSES))
    items = Items(np.load(folder / "train-features.npy", mmap_mode="r")[:n], torch.device("cpu"))
    y = torch.from_numpy(np.load(folder / "train-targets.npy")[:LABELED])
    index = torch.arange(LABELED, n)
    return PoolView(
        needs=frozenset(("probs", "logits", "embeddings", "neighbors", "gradients", "mc_probs")),
        items=items,
        pool=Annotated(torch.arange(LABELED), y, index, CLASSES),
        outputs=RoundOutputs(1, model, predict(model, items, index), lambda probs: probs.amax(dim=1) < 1.0),
        budget_left=n,
        stream=(0, 1),
        approximate=True,
    )


def run_case(folder: Path, name: str, n: int) -> dict[str, float]:
    """One query in this process; ``neighbors`` stands for the neighbours of all items, approximately."""
    import torch

    from albench.components.registry import registry

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)

    def query(view: Any) -> None:
        if name == "neighbors":
            view.neighbors(NEIGHBORS)
        else:
            registry().build("strategy", name).select(view, QUERY)

    query(pool(folder, 4 * LABELED))  # warm up
    clock = time.thread_time  # other work on the machine does not count
    with Memory() as memory:
        started = clock()
        view = pool(folder, n)
        predicted = clock()
        query(view)
        seconds = clock() - predicted
    for _ in range(2 if seconds < 1 else 0):  # pages that are touched for the first time weigh on the shortest
        again = clock()
        query(view)
        seconds = min(seconds, clock() - again)
    found = {"predict": predicted - started, "query": seconds, "anonymous": memory.anonymous, "peak": memory.peak}
    return found | {"recall": view.notes.get("neighbors_recall", math.nan)}


def measured(folder: Path, name: str, n: int) -> dict[str, float]:
    """``run_case`` in a process of its own."""
    command = [sys.executable, __file__, "--folder", str(folder), "--case", name, str(n)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | ONE_THREAD)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(folder: Path, names: list[str], sizes: list[int], rates: Rates) -> None:
    """Measure and print each strategy's row, then that of approximate neighbours."""
    heads = " | ".join(f"{n:,} s" for n in sizes)
    print(f"| strategy | predict s | {heads} | growth | x floor | anonymous MB | peak MB |")
    print("|---|---:|" + "---:|" * (len(sizes) + 4))
    for name in names:
        cases = [measured(folder, name, n) for n in sizes]
        first, last = cases[0], cases[-1]
        growth = math.log(last["query"] / first["query"]) / math.log(sizes[-1] / sizes[0]) if len(sizes) > 1 else 1.0
        # Each item with about 2 sqrt(N) centres is what no sorting into cells can leave out.
        centres = 2.0 * sizes[-1] * DIM * 2 * sizes[-1] ** 0.5 / rates.product
        pool = QuerySizes(sizes[-1], QUERY, DIM, CLASSES, LABELED)
        lowest = centres if name == "neighbors" else floor(name, pool, rates)
        label = f"{NEIGHBORS} neighbours, recall {last['recall']:.3f}" if name == "neighbors" else f"`{name}`"
        seconds = " | ".join(f"{case['query']:.3g}" for case in cases)
        anonymous, peak = (max(case[key] for case in cases) for key in ("anonymous", "peak"))
        print(
            f"| {label} | {last['predict']:.2g} | {seconds} | {growth:.2f} | {last['query'] / lowest:.1f} "
            f"| {anonymous:.0f} | {peak:.0f} |",
            flush=True,
        )


def trial(folder: Path) -> None:
    """A whole ``albench run`` on all items of the folder, in a process that is watched from here."""
    with tempfile.TemporaryDirectory() as out:
        options = ["--rounds", "2", "--steps", "20", "--seeds", "1", "--executor", "local", "--out", out]
        command = [sys.executable, "-m", "albench", "run", "-d", f"features[path={folder}]", "-s", "boostmis", *options]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | ONE_THREAD)
        anonymous = peak = 0.0
        while process.poll() is None:
            with contextlib.suppress(OSError, KeyError):  # it may end while it is looked at
                anonymous = max(anonymous, resident("RssAnon", process.pid))
                peak = max(peak, resident("VmHWM", process.pid))
            time.sleep(0.02)
        if process.returncode:
            raise SystemExit("the trial failed")
        print(
            f"\n`albench run` with boostmis, 2 rounds of 20 steps: {time.perf_counter() - started:.0f} s, "
            f"anonymous {anonymous:.0f} MB, peak {peak:.0f} MB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--only", nargs="+", default=[*STRATEGIES, "neighbors"], help="strategies, or neighbors")
    parser.add_argument("--no-trial", action="store_true", help="leave out the whole albench run")
    parser.add_argument("--folder", type=Path, help="where the pool's files are kept; a temporary folder by default")
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        print(json.dumps(run_case(args.folder, args.case[0], int(args.case[1]))))
        return
    rates = measured_rates()
    print(
        f"{rates.read / 1e9:.0f} GB/s read, {rates.product / 1e9:.0f} GFLOP/s, {rates.logarithm / 1e9:.1f} G "
        f"logarithms/s, one thread; N x {DIM} mapped, {CLASSES} classes, {LABELED} labelled, query {QUERY}\n"
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        if not (folder / "test-features.npy").exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_pool(folder, max(args.sizes))
        table(folder, args.only, sorted(args.sizes), rates)
        if not args.no_trial:
            trial(folder)


if __name__ == "__main__":
    main()

"""What worker processes cost beside one process: python benchmarks/perf/workers.py [SEEDS ROUNDS STEPS]

A suite on 2,000 items of 64 features (``mlp[hidden=64]``, ``supervised``, ``random`` and ``entropy``), by default 10
seeds of 5 rounds of 200 steps, as commands: in one process, in two workers that are forks of one that has loaded the
libraries, and in two that load them themselves. In turns, twice; printed are the smaller processor seconds of a command
with all processes that it started, on one thread each, and their ratio to one process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from albench.disk.processes import as_here

TURNS = 2
WAYS = {
    "one process": ("local", "forked"),
    "two workers, forked": ("processes[workers=2]", "forked"),
    "two workers, each started": ("processes[workers=2]", "started"),
}
"""Name -> executor, and how its workers come to be."""
COMMAND = """
import sys
if sys.argv.pop(1) == "started":
    import albench_executors.processes
    albench_executors.processes.forked = lambda *_: None
from albench.__main__ import main
main()
"""


def pool(path: Path) -> None:
    """Overlapping classes, in a file."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, 3000)
    x = (rng.normal(size=(10, 64))[y] + 2 * rng.normal(size=(len(y), 64))).astype(np.float32)
    np.savez(path, x_train=x[:2000], y_train=y[:2000], x_test=x[2000:], y_test=y[2000:])


def processor_seconds(words: Sequence[str], folder: Path) -> float:
    """Of a command and all that it started and waited for."""
    before = os.times()
    environment = {**as_here(), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, "-c", COMMAND, *words], cwd=folder, env=environment, check=True, capture_output=True
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main(seeds: str = "10", rounds: str = "5", steps: str = "200") -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pool(folder / "pool.npz")
        seconds: dict[str, list[float]] = {way: [] for way in WAYS}
        for turn in range(TURNS):
            for way, (executor, start) in WAYS.items():
                words = [start, "run", "-d", f"features[path={folder / 'pool.npz'},val_share=0.15]", "-m", "supervised"]
                words += ["-s", "random", "-s", "entropy", "--backbone", "mlp[hidden=64]", "--seeds", seeds]
                words += ["--rounds", rounds, "--steps", steps, "--executor", executor, "--out", f"{way}-{turn}"]
                seconds[way].append(processor_seconds(words, folder))
    print(f"| {seeds} seeds, {rounds} rounds of {steps} steps | processor seconds | ratio |\n|---|---:|---:|")
    least = {way: min(found) for way, found in seconds.items()}
    for way, found in least.items():
        print(f"| {way} | {found:.1f} | {found / least['one process']:.2f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])

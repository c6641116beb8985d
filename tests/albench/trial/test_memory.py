"""A pool of 100,000 mapped items: a whole trial in a process whose own memory is watched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from forks import Nursery

N_ITEMS, WIDTH = 100_000, 768

PROGRAM = """
import sys, threading, time
from pathlib import Path
import albench.trial.rounds, albench.session

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

largest, over = 0.0, threading.Event()

def watch():
    global largest
    while not over.wait(0.005):
        largest = max(largest, anonymous())

def run(data):
    results = albench.session.run(
        dataset=f"features[path={data}]", strategy="typiclust[max_clusters=20]", method="supervised", out=f"{data}-out",
        seeds=1, rounds=2, steps=5, initial=20, query_size=20, executor="local",
    )
    assert results.failed.empty, results.failed.to_string()

run(sys.argv[1])  # what any trial takes
before = anonymous()
thread = threading.Thread(target=watch)
thread.start()
run(sys.argv[2])
over.set()
thread.join()
print(largest - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's memory so")
def test_a_mapped_pool_is_never_copied_whole(tmp_path: Path, nursery: Nursery) -> None:
    small, large = _written(tmp_path / "small", 500), _written(tmp_path / "large", N_ITEMS)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = nursery.run(str(program), str(small), str(large), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    embeddings, whole = N_ITEMS * 256 * 4 / 2**20, N_ITEMS * WIDTH * 4 / 2**20
    # The embeddings (98 MiB), and blocks of 32 MiB or less; with a copy of the pool (293 MiB) it would be 391 at least.
    assert embeddings / 2 < float(done.stdout.split()[-1]) < whole


def _written(folder: Path, count: int) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for split, rows in (("train", count), ("val", 100), ("test", 100)):
        y = np.arange(rows) % 5
        np.save(folder / f"{split}-labels.npy", y)
        x = np.lib.format.open_memmap(folder / f"{split}-features.npy", "w+", np.float32, (rows, WIDTH))
        for start in range(0, rows, 5000):
            block = rng.standard_normal((min(5000, rows), 16), dtype=np.float32)
            x[start : start + 5000] = np.tile(block, WIDTH // 16) + y[start : start + 5000, None]
        x.flush()
    return folder

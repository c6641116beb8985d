"""The table of a CUDA machine, tried out without one."""

from __future__ import annotations

import os
from pathlib import Path

from forks import Nursery

SCRIPT = str(Path(__file__).parents[2] / "benchmarks" / "perf" / "cuda.py")


def test_the_script_prints_every_row_at_small_size(nursery: Nursery, tmp_path: Path) -> None:
    done = nursery.run(SCRIPT, "--device", "cpu", "--small", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row[0].removeprefix("| ").split(",")[0] for row in rows] == [
        *("case", "step", "step", "step", "pipeline", "query", "query", "query", "query", "2 lanes")
    ]
    assert {len(row) for row in rows} == {5}
    assert all(float(row[3]) > 0 for row in rows[1:])


def test_without_a_device_it_says_what_to_type(nursery: Nursery, tmp_path: Path) -> None:
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = nursery.run(SCRIPT, "--device", "cuda:0", cwd=tmp_path, environment=environment)
    assert done.returncode == 1
    assert "--device cpu --small" in done.stderr

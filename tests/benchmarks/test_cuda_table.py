"""The table of a CUDA machine, tried out without one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "perf" / "cuda.py"


def test_the_script_prints_every_row_at_small_size() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--device", "cpu", "--small"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row[0].removeprefix("| ").split(",")[0] for row in rows] == [
        *("case", "step", "step", "step", "pipeline", "query", "query", "query", "query", "2 lanes")
    ]
    assert {len(row) for row in rows} == {5}
    assert all(float(row[3]) > 0 for row in rows[1:])


def test_without_a_device_it_says_what_to_type() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--device", "cuda:0"],
        capture_output=True,
        text=True,
        check=False,
        env={"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.returncode == 1
    assert "--device cpu --small" in done.stderr

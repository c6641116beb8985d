"""The benchmark scripts find what they share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "perf"


@pytest.mark.parametrize("script", ["step", "lanes", "strategies", "cuda"])
def test_the_benchmark_scripts_find_what_they_share(script: str) -> None:
    file = BENCHMARKS / f"{script}.py"
    done = subprocess.run([sys.executable, file, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""The recipes for loops of one's own, run as they stand: they label on, and learn from it."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

LOOPS = Path(__file__).parents[2] / "examples" / "loops"
NEEDS = {"lightning_loop.py": "lightning", "skorch_loop.py": "skorch", "transformers_loop.py": "transformers"}


@pytest.mark.parametrize("file", sorted(path.name for path in LOOPS.glob("*.py")))
def test_a_recipe_runs_as_it_stands(file: str, tmp_path: Path) -> None:
    if library := NEEDS.get(file):
        pytest.importorskip(library, reason=f"the recipe needs {library}: pip install {library}")
    done = subprocess.run(
        [sys.executable, LOOPS / file],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = re.findall(r"^(\d+) labels: accuracy ([\d.]+)$", done.stdout, re.MULTILINE)
    assert len(lines) == len(done.stdout.splitlines()) >= 3, done.stdout
    counts, scores = [int(n) for n, _ in lines], [float(score) for _, score in lines]
    assert len({after - before for before, after in itertools.pairwise(counts)}) == 1
    assert scores[-1] > scores[0] + 0.1

"""The recipes for loops of one's own, run as they stand: they label on, and learn from it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from forks import Nursery

LOOPS = Path(__file__).parents[2] / "examples" / "loops"
NEEDS = {"lightning_loop.py": "lightning", "skorch_loop.py": "skorch", "transformers_loop.py": "transformers"}


@pytest.mark.parametrize("file", sorted(path.name for path in LOOPS.glob("*.py")))
def test_a_recipe_runs_as_it_stands(file: str, tmp_path: Path, nursery: Nursery) -> None:
    if library := NEEDS.get(file):
        pytest.importorskip(library, reason=f"the recipe needs {library}: pip install {library}")
    done = nursery.run(str(LOOPS / file), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = re.findall(r"^(\d+) labels: accuracy ([\d.]+)$", done.stdout, re.MULTILINE)
    assert len(lines) == len(done.stdout.splitlines()) >= 3, done.stdout
    counts, scores = [int(n) for n, _ in lines], [float(score) for _, score in lines]
    assert len({after - before for before, after in itertools.pairwise(counts)}) == 1
    assert scores[-1] > scores[0] + 0.1

"""The benchmark scripts find what they share."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import one_hot

from albench.components.registry import registry
from albench.data.loading import load_data

BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "perf"


EACH = """
import runpy, sys

folder, at_first = sys.argv[1], list(sys.path)
for script in sys.argv[2:]:
    sys.argv, sys.path[:] = [script, "--help"], [folder, *at_first]
    try:
        runpy.run_path(f"{folder}/{script}.py", run_name="__main__")
    except SystemExit as end:
        assert not end.code, script
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(folder):
            del sys.modules[name]
print("all")
"""
"""Scripts one after the other in one process, each with its folder first on the path, as where it is started."""


def test_the_benchmark_scripts_find_what_they_share(tmp_path: Path) -> None:
    words = [sys.executable, "-c", EACH, str(BENCHMARKS), "step", "lanes", "strategies", "cuda", "estimators"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "all"
    assert done.stdout.count("usage: ") == 5


class Written(SimpleNamespace):
    """A view whose answers are written down."""

    def __len__(self) -> int:
        return len(self.index)


def test_what_measures_dropout_samples_knows_errors_by_the_labels() -> None:
    """Two samples that differ just where the network is wrong find every error."""
    script = runpy.run_path(str(BENCHMARKS.parent / "dropout_samples.py"))
    y = torch.from_numpy(load_data("digits", None, registry()).splits.train.y)[:20]
    right = torch.arange(20) >= 5
    first, second = (one_hot(torch.where(right, y, (y + by) % 10), 10).float() for by in (1, 2))
    notes: dict[str, float] = {}
    view = Written(
        index=torch.arange(20), probs=first, mc_probs=lambda _: iter([first, second]), note=notes.__setitem__
    )
    script["Measured"]().scores(view)
    assert notes == pytest.approx({"whole": 0.75, "sample": 0.75, "auroc": 1.0})

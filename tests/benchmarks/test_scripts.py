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


@pytest.mark.parametrize("script", ["step", "lanes", "strategies", "cuda"])
def test_the_benchmark_scripts_find_what_they_share(script: str) -> None:
    file = BENCHMARKS / f"{script}.py"
    done = subprocess.run([sys.executable, file, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


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

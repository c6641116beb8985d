"""The kit from pytest: one test for each check of each component that the marker names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLUGIN = '''
import torch

from albench.api import Strategy, hookimpl


class Twice(Strategy):
    """Chooses the first item, again and again."""

    def select(self, view, budget):
        return torch.zeros(budget, dtype=torch.int64)


class Fine(Strategy):
    """In their order."""

    def select(self, view, budget):
        return torch.arange(budget)


@hookimpl
def albench_register(add):
    add.strategy("fine", Fine)
    add.strategy("twice", Twice)
'''


def run(folder: Path, marker: str) -> str:
    """What pytest prints of a test under a marker."""
    (folder / "mine.py").write_text(PLUGIN)
    (folder / "test_mine.py").write_text(
        f"import pytest\n\n\n{marker}\ndef test_conformance(albench_finding):\n"
        "    assert not albench_finding.failed, albench_finding\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-rA", "-k", "unique-positions or test_conformance", "test_mine.py"]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder).stdout


def test_each_check_of_each_component_is_a_test(tmp_path: Path) -> None:
    printed = run(tmp_path, '@pytest.mark.albench("mine.py")')
    assert "FAILED test_mine.py::test_conformance[strategy-twice-unique-positions]" in printed
    assert "PASSED test_mine.py::test_conformance[strategy-fine-unique-positions]" in printed
    assert "2 of the positions had been chosen before" in printed


def test_a_test_that_says_not_of_what_is_told(tmp_path: Path) -> None:
    printed = run(tmp_path, "@pytest.mark.filterwarnings('default')")
    assert 'test_conformance uses albench_finding: say of what, as in @pytest.mark.albench("my-idea")' in printed

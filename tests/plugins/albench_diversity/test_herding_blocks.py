"""Herding on a device: blocks of candidates give the picks that few gains at a time give."""

from __future__ import annotations

import pytest
import torch
from draws import generator

from albench.kernels import UnitRows
from albench_diversity import herding
from albench_diversity.herding import Coverage, _by_blocks, _one_by_one


def covered(x: UnitRows, weight: torch.Tensor) -> Coverage:
    coverage = Coverage(x[:40], weight, 0.3)
    coverage.add(x[90:95])
    return coverage


@pytest.mark.parametrize("block", [1 << 21, 40 * 20])
@pytest.mark.parametrize("kind", ["isotropic", "repeated", "one item"])
def test_they_are_the_picks_of_one_by_one(kind: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(herding, "BLOCK", block)
    rows = torch.randn(120, 6, generator=generator())
    x = UnitRows(
        {"isotropic": rows, "repeated": rows[torch.arange(120) % 30], "one item": rows[:1].repeat(120, 1)}[kind]
    )
    weight = torch.rand(40, generator=generator(1))
    # Of items that are covered to the last bit rounding says which comes first.
    for budget in (1, 20, 25) if kind == "repeated" else (1, 50, 120):
        found = _by_blocks(covered(x, weight), x, budget)
        assert found == _one_by_one(covered(x, weight), x, budget)
        assert len(set(found)) == budget

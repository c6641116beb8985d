"""Figures of made-up curves, and what stands in them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from albench.compare import CurveTable, learning_curve_table
from albench.render.figure import Look, figure_bytes

pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'albench[plot]'")

MANY = ("random", *(f"strategy-{at}" for at in range(31)), "$a$_b")
NASTY = ("random", "$a$_b", "_hidden", "<img src=x onerror=alert(1)>", "boostmis[density=none]")


def tables(
    strategies: Sequence[str] = ("random", "entropy"),
    methods: Sequence[str] = ("boostmis",),
    datasets: Sequence[str] = ("digits",),
    metrics: Sequence[str] = ("macro_f1",),
    seeds: int = 3,
    rounds: int = 4,
    spread: float = 0.01,
    **facts: Any,
) -> list[CurveTable]:
    """Curves that rise alike."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = [
        {
            **{"suite": "s", "key": f"{dataset}-{method}-{strategy}-{seed}", "dataset": dataset, "stand_in": ""},
            **{"method": method, "strategy": strategy, "backbone": "mlp", "seed": seed, "protocol": "1a2b"},
            **{"device": "cpu", "round": at, "n_labeled": 100 + 100 * at},
            **{f"test.{metric}": 0.4 + 0.1 * at + rng.normal(0, spread) for metric in metrics},
            **facts,
        }
        for dataset, method, strategy in itertools.product(datasets, methods, strategies)
        for seed in range(seeds)
        for at in range(rounds)
    ]
    return learning_curve_table(pd.DataFrame(rows), metrics=metrics)


def svg(curves: Sequence[CurveTable], **look: Any) -> ElementTree.Element:
    """A figure as XML."""
    return ElementTree.fromstring(figure_bytes(curves, ".svg", Look(**{"baseline": "random", **look})))


def texts(root: ElementTree.Element) -> list[str]:
    """What is written in a figure."""
    return ["".join(element.itertext()).strip() for element in root.iter("{http://www.w3.org/2000/svg}text")]


def panels(root: ElementTree.Element) -> int:
    """How many panels it has."""
    return sum(element.get("id", "").startswith("axes_") for element in root.iter())


def inches(png: bytes, dpi: int) -> tuple[float, float]:
    """Width and height from a PNG's header."""
    return int.from_bytes(png[16:20], "big") / dpi, int.from_bytes(png[20:24], "big") / dpi

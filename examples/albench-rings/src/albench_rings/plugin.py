"""Registers the data set and the method; imports nothing heavy."""

from __future__ import annotations

from albench.api import Add, hookimpl

albench_api = ">=1,<2"


@hookimpl
def albench_register(add: Add) -> None:
    add.dataset("rings", "albench_rings.dataset:Rings", "three rings, one inside the other")
    add.method(
        "temporal-ensembling",
        "albench_rings.method:TemporalEnsembling",
        "agree with the mean of earlier predictions",
        family="consistency",
        paper="Laine and Aila 2017",
    )

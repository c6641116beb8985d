"""Registers the strategy; imports nothing heavy."""

from __future__ import annotations

from albench.api import Add, hookimpl

albench_api = ">=1,<2"


@hookimpl
def albench_register(add: Add) -> None:
    add.strategy(
        "margin-spread",
        "albench_margin_spread.strategy:MarginSpread",
        "small margins, spread out",
        family="hybrid",
    )

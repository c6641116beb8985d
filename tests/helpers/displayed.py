"""Trials on a display: a terminal of some width, or a pipe."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from albench.render.live import LiveDisplay

LONG = "imagefolder[path=/very/long/path/to/the/hospital/export,size=224]"


def trial(seed: int = 0, dataset: str = "digits", strategy: str = "random", method: str = "fixmatch") -> Any:
    """A trial as far as a display asks it."""
    protocol = SimpleNamespace(rounds=6)
    key = f"{dataset}-{method}-{strategy}-{seed}"
    names = {"dataset": dataset, "method": method, "strategy": strategy, "backbone": "cnn"}
    return SimpleNamespace(seed=seed, **names, key=key, protocol=protocol, shown=tuple(names.values()))


def display(kind: type, trials: list[Any], width: int) -> tuple[Any, io.StringIO]:
    """A display of that width and what it is written to."""
    file = io.StringIO()
    shown = kind(
        Console(file=file, width=width, color_system=None, force_terminal=kind is LiveDisplay, highlight=False)
    )
    shown.trials = {one.key: one for one in trials}
    shown.steps = {one.key: [200] * 6 for one in trials}
    shown.total = len(trials)
    return shown, file

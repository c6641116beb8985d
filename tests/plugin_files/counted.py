"""A method that writes down each round that it begins, and may be killed in one, for tests of tuning."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from torch.nn import functional

from albench.api import Method, hookimpl, option

FOLDER = "COUNTED_IN"
"""Environment variable: the folder of ``begun``, a line for each round that was begun, tries among them, and of
``kill``, the number of the line with which the process ends without a word, from 1."""


@dataclass(frozen=True)
class Counted(Method):
    """Cross entropy of the labelled items."""

    weight: float = option(1.0, "weight of the loss", ge=0)

    def round_start(self, state, facts):
        lines, last = (Path(os.environ[FOLDER], name) for name in ("begun", "kill"))
        with lines.open("a") as begun:
            begun.write(f"{facts.round}\n")
        if last.exists() and len(lines.read_text().split()) == int(last.read_text()):
            os.kill(os.getpid(), signal.SIGKILL)
        return state

    def loss(self, forward, batch, state, step):
        return self.weight * functional.cross_entropy(forward(batch.x_lab), batch.y_lab), state, {}


@hookimpl
def albench_register(add):
    add.method("counted", Counted, "cross entropy")

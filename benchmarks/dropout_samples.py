"""What dropout samples are worth with and without dropout in training: python benchmarks/dropout_samples.py

Digits, ``cnn``, the supervised method, one seed, 200 steps on 100 labels. On the items that are not labelled: accuracy
of the whole network, mean accuracy of a sample under the strategies' dropout of 0.5, and how well the BALD score of 20
samples finds the errors of the whole network (AUROC).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

import albench
from albench.api import Add, Strategy, View, hookimpl
from albench.components.registry import registry
from albench.data.loading import load_data
from albench.kernels import mutual_information
from albench.metrics import metrics
from albench.results.records import read_trial

RATES = (0.0, 0.2, 0.5)
SAMPLES = 20
SETTINGS = {"initial": 100, "query_size": 100, "rounds": 2, "steps": 200}


@dataclass(frozen=True)
class Measured(Strategy):
    """Not a strategy that one would use: it knows the labels, notes the figures and takes the first items."""

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "mc_probs"})

    def scores(self, view: View) -> Tensor:
        """(N,) zeros."""
        y = torch.from_numpy(load_data("digits", None, registry()).splits.train.y)[view.index]
        samples = list(view.mc_probs(SAMPLES))
        wrong = (view.probs.argmax(dim=1) != y).long()
        bald = mutual_information(samples).double()
        found = metrics(torch.stack([1 - bald, bald], dim=1).numpy(), wrong.numpy(), ("right", "wrong"))
        view.note("whole", float(1 - wrong.double().mean()))
        view.note("sample", float(torch.stack([(p.argmax(dim=1) == y).double().mean() for p in samples]).mean()))
        view.note("auroc", found["auroc"])
        return torch.zeros(len(view))


@hookimpl
def albench_register(add: Add) -> None:
    """Register the strategy that measures."""
    add.strategy("measured", Measured)


def main() -> None:
    """Print the table."""
    print("| dropout in training | accuracy | of a dropout sample | AUROC of BALD for errors |\n|---|---|---|---|")
    for rate in RATES:
        with tempfile.TemporaryDirectory() as folder:
            results = albench.run(
                dataset="digits",
                method="supervised",
                strategy="measured",
                backbone=f"cnn[dropout={rate}]",
                seeds=1,
                plugins=[Path(__file__)],
                out=folder,
                executor="local",
                **SETTINGS,
            )
            (trial,) = results.trials
            notes = read_trial(trial).records[0]["query"]["notes"]
        print(f"| {rate:g} | {notes['whole']:.3f} | {notes['sample']:.3f} | {notes['auroc']:.3f} |")


if __name__ == "__main__":
    main()

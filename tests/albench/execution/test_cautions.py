"""What a run says of combinations that a reader should know of."""

from __future__ import annotations

from pathlib import Path

import pytest

from albench.execution.cautions import seeing_labels, without_dropout
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings


@pytest.mark.parametrize(
    ("backbone", "strategy", "lines"),
    [
        (
            "mlp[hidden=8]",
            ["bald", "random", "dropquery"],
            [
                "dropout: bald and dropquery will ask for dropout samples of mlp[hidden=8], which trains without "
                "dropout; mlp[dropout=0.5] trains with it."
            ],
        ),
        ("mlp[dropout=0.5]", ["bald"], []),
        ("mlp", ["random", "entropy"], []),
    ],
)
def test_dropout_samples_of_what_trains_without_dropout_are_told(
    toy: str, tmp_path: Path, backbone: str, strategy: list[str], lines: list[str]
) -> None:
    suite = suite_from(dataset="blobs", method="supervised", strategy=strategy, backbone=backbone, rounds=2, steps=3,
                       initial=12, query_size=8, seeds=2)  # fmt: skip
    assert without_dropout(prepare(settle(suite, run_settings(out=tmp_path, plugins=[toy], device="cpu")))) == lines


def test_that_a_strategy_sees_labels_is_told_once(toy: str, tmp_path: Path) -> None:
    asked = {"dataset": "blobs", "method": ["supervised", "fixmatch"], "rounds": 2, "steps": 3, "initial": 12}
    settings = run_settings(out=tmp_path, plugins=[toy], device="cpu")
    found = {
        strategy: seeing_labels(
            prepare(settle(suite_from(**asked, strategy=[strategy, "random"], query_size=8), settings))
        )
        for strategy in ("entropy", "balanced-oracle")
    }
    line = "balanced-oracle sees hidden labels: it is drawn apart as a reference, and never ranked."
    assert found == {"entropy": [], "balanced-oracle": [line]}

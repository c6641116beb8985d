"""What a comparison says of tuning."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd

from albench.compare.tuned import tuned_notes, tunings

PROTOCOL = {
    "protocol.tune": "lr=0.1,1",
    "protocol.tune_when": "first",
    "protocol.tune_seed": "own",
    "protocol.checkpoint_metric": "macro_f1",
}


def frame(**protocol: str) -> pd.DataFrame:
    """Two methods, two strategies and three seeds of two rounds; seed 0 of ``a`` chooses otherwise than 1 and 2."""
    rows = []
    for method in "ab":
        for strategy in ("random", "entropy"):
            for seed in range(3):
                for number in range(2):
                    lr = "0.1" if method == "a" and seed == 0 else "1"
                    row: dict[str, Any] = {"suite": "s", "dataset": "d", "protocol": "p", "method": method}
                    row |= {"strategy": strategy, "backbone": "mlp", "seed": seed, "round": number, "tuned": f"lr={lr}"}
                    if number == 0:
                        row |= {"tuned.tries": 4, "tuned.score": 0.5, "seconds.tune": 2.0 + seed}
                    rows.append({**row, **PROTOCOL, **protocol})
    return pd.DataFrame(rows)


def notes(made: pd.DataFrame) -> list[Any]:
    group: Any = SimpleNamespace(dataset="d", protocol="p", place="d")
    return tuned_notes(made, [group])


def test_strategies_that_share_a_tuning_are_one() -> None:
    assert len(tunings(frame())) == 2 * 3
    assert len(tunings(frame().drop(columns=["tuned.tries"]))) == 0


def test_a_reader_is_told_what_was_tuned_how_often_and_what_was_chosen() -> None:
    (note,) = notes(frame())
    assert str(note) == (
        "d: tuned before the first round: lr=0.1,1; 4 tries a row and seed, chosen by macro_f1 on each seed's own "
        "validation labels; 3.0 s a row and seed on average, apart from training. Chosen most often: a with lr=1 "
        "(2 of 3); b with lr=1 (3 of 3) (albench tuned shows all)."
    )
    assert not note.limits
    assert notes(frame().drop(columns=["tuned.tries"])) == []


def test_labels_of_another_seed_limit_what_is_claimed() -> None:
    (note,) = notes(frame(**{"protocol.tune_seed": "0"}))
    assert "on seed 0's validation labels" in note.text
    assert note.text.endswith("What the other seeds' rows cost leaves those labels out.")
    assert note.limits

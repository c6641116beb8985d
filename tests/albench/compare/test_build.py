"""A comparison as it is asked for: failed trials are kept, and an unknown name is told with the nearest."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from made_up import finals, frame, trial

from albench.compare import compare
from albench.errors import UnknownName

DATA = frame(*(trial(name, seed, [0.1, 0.2]) for name in ("random", "entropy") for seed in range(2)))


def test_failed_trials_are_kept() -> None:
    names = {"dataset": "digits", "method": "m", "strategy": "s", "backbone": "mlp", "protocol": "aaaa"}
    failed = pd.DataFrame([{**names, "seed": 1, "reason": "diverged"}, {**names, "seed": 0, "reason": "diverged"}])
    found = compare(finals({"a": [0.1]}), failed=failed).failed
    assert [(trial.seed, trial.status, trial.reason) for trial in found] == [
        (0, "failed", "diverged"),
        (1, "failed", "diverged"),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "macro_f"}, "unknown metric 'macro_f': did you mean 'macro_f1'?"),
        ({"split": "tset"}, "unknown split 'tset': did you mean 'test'?"),
        ({"split": "seconds"}, "unknown split 'seconds'"),
        ({"at": "abc"}, "unknown ranking 'abc': did you mean 'aubc'?"),
        ({"baseline": "entrpy"}, "unknown baseline 'entrpy': did you mean 'entropy'?"),
        ({"baseline": "supervised/rando"}, "did you mean 'supervised/random'?"),
    ],
)
def test_the_nearest_name_is_offered(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownName, match=message.replace("?", r"\?")):
        compare(DATA, **options)

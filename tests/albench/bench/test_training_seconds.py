"""What a step takes, and what a fit takes where that is the round."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from tiny_trial import Tiny

from albench.api import Estimator, Examples, Method, Task
from albench.bench.training_seconds import repeated, steady, training_seconds


class Slow(Estimator):
    def fit(self, task: Task, x: Any, y: Any, sample_weight: Any, seed: int) -> Any:
        time.sleep(0.05)
        return None


class Whole(Method):
    training = frozenset({"whole"})

    def fit(self, estimator: Estimator, examples: Examples) -> Any:
        return estimator.fit(examples.task, examples.x, examples.y, None, 0)


def test_a_fit_is_timed_whole_and_a_step_by_itself(tiny: Tiny) -> None:
    run = tiny.run()
    run.begin(0)
    assert 0 < training_seconds(run) < 0.05
    from albench.trial.run import TrialRun

    whole = TrialRun(tiny.trial(), tiny.parts(method=Whole(), backbone=Slow()), lambda _: None)
    whole.begin(0)
    assert 0.05 <= training_seconds(whole) < 1


def test_the_first_of_a_few_does_not_count() -> None:
    calls: list[int] = []

    def step(number: int, _batches: Any) -> dict[str, Any]:
        calls.append(number)
        time.sleep(0.03 if len(calls) == 1 else 0.001)
        return {}

    assert repeated(step, [[] for _ in range(50)]) < 0.02
    assert steady(lambda: np.zeros(1)) < 0.1

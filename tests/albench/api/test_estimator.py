"""The contract of an estimator: what it is by default, and what a round hands it."""

from __future__ import annotations

import numpy as np
import pytest

from albench.api import NEEDS, TRAINING, Backbone, Estimator, Examples, Method, Task

TASK = Task("features", (2,), 3, ("a", "b", "c"), pool_size=4)


def test_a_backbone_is_trained_by_steps_and_an_estimator_whole() -> None:
    assert (Backbone.training, Estimator.training) == ({"steps"}, {"whole"})
    assert Backbone.training | Estimator.training == TRAINING
    assert Method.training == {"steps"}


def test_of_an_estimator_no_gradient_and_no_dropout_sample_can_be_read() -> None:
    assert Backbone.gives == NEEDS
    assert NEEDS - Estimator.gives == {"gradients", "mc_probs"}


def test_it_is_made_ready_before_it_says_whether_it_runs() -> None:
    class Mine(Estimator):
        def ready(self) -> None:
            raise LookupError("no such library")

    with pytest.raises(LookupError):
        Mine().skip(TASK)
    assert Estimator().skip(TASK) is None


def test_unlabelled_items_are_read_once_and_only_where_asked_for() -> None:
    reads = []
    rows = np.zeros((1, 2), np.float32)

    def read() -> np.ndarray:
        reads.append(1)
        return rows

    examples = Examples(TASK, rows, np.zeros(1, np.int64), 0, read)
    assert reads == []
    assert examples.unlabeled is examples.unlabeled is rows
    assert reads == [1]

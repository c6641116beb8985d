"""Both components keep albench's contract; the memory is worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from albench.api import Batch, RoundFacts, Task
from albench.testing import Finding
from albench_rings.dataset import Rings
from albench_rings.method import TemporalEnsembling


@pytest.mark.albench("albench-rings")
def test_conformance(albench_finding: Finding) -> None:
    assert not albench_finding.failed, albench_finding


def test_the_rings_are_where_their_class_says() -> None:
    splits = Rings(noise=0.0).load(None)
    for split in (splits.train, splits.val, splits.test):
        np.testing.assert_allclose(np.linalg.norm(split.x, axis=1), 1 + split.y, rtol=1e-5)


class Constant:
    """A model whose logits are always 0: two classes, one half each."""

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(x), 2)


def test_the_mean_of_earlier_predictions_is_corrected_for_its_start() -> None:
    method = TemporalEnsembling(momentum=0.5, weight=2.0, ramp_steps=1)
    state = method.init(Task("features", (1,), 2, ("a", "b"), pool_size=3), torch.device("cpu"))
    state["ensemble"][1] = torch.tensor([0.75, 0.0])  # after two predictions: Z / (1 - 0.25) = (1, 0)
    state["seen"][1] = 2.0
    x = torch.zeros(3, 1)
    batch = Batch(
        x_lab=x[:1],
        y_lab=torch.tensor([0]),
        views={"weak": x},
        index=torch.tensor([1, 2, 2]),
        noise={},
        class_counts=torch.tensor([1.0, 1.0]),
    )
    loss, new, logs = method.loss(Constant(), batch, state, torch.tensor(5))
    # Item 1 is off by 1/2 in both classes: a quarter, a third of the batch. Item 2 is new.
    assert logs["unlabeled_loss"] == pytest.approx(0.25 / 3)
    assert loss == pytest.approx(np.log(2) + 2 * 0.25 / 3)
    torch.testing.assert_close(new["ensemble"], torch.tensor([[0.0, 0.0], [0.625, 0.25], [0.25, 0.25]]))
    assert new["seen"].tolist() == [0.0, 3.0, 1.0]
    assert method.round_start(new, facts(first_step=3)) is new
    assert not any(value.any() for value in method.round_start(new, facts(first_step=0)).values())


def facts(first_step: int) -> RoundFacts:
    labeled = torch.tensor([True, False, False])
    return RoundFacts(
        round=1,
        rounds=2,
        steps=3,
        n_labeled=1,
        pool_size=3,
        n_bought=1,
        query_size=1,
        first_step=first_step,
        labeled=labeled,
        class_counts=torch.tensor([1.0, 1.0]),
    )

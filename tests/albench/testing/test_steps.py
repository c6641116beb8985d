"""The steps and rounds that methods are tried on: the same each time, in lanes as alone, warm as by a checkpoint."""

from __future__ import annotations

import pytest
import torch

from albench.api import Method
from albench.testing.steps import FEATURES, IMAGES, StepCase, flat, lane, prepare, round_facts, train
from albench_ssl.fixmatch import FixMatch


@pytest.fixture
def method() -> Method:
    return FixMatch()


def test_the_same_case_is_the_same_step(method: Method) -> None:
    one, other = (prepare(method, StepCase()).make(method) for _ in range(2))
    assert one.inputs.keys() == other.inputs.keys()
    assert all(torch.equal(value, other.inputs[name]) for name, value in one.inputs.items())
    assert torch.equal(one.loss, other.loss)
    seeded = prepare(method, StepCase(seed=1)).make(method)
    assert not torch.equal(one.loss, seeded.loss)


def test_a_step_in_float64_is_of_the_same_numbers(method: Method) -> None:
    single, double = prepare(method, StepCase()), prepare(method, StepCase(), dtype=torch.float64)
    assert torch.equal(single.batch.x_lab.double(), double.batch.x_lab)
    assert double.make(method).loss.dtype == torch.float64
    assert torch.allclose(single.make(method).loss.double(), double.loss, atol=1e-5)


def test_a_batch_has_the_methods_views_and_says_which_were_read(method: Method) -> None:
    step = prepare(method, StepCase(n_labeled=4, n_unlabeled=6, task=IMAGES))
    assert set(step.batch.views) == set(method.views)
    assert step.batch.views["weak"].shape == (6, 1, 8, 8)
    assert step.batch.index[0] == step.batch.index[1]
    step.make(method)
    assert step.batch.views.read == set(method.views)  # type: ignore[attr-defined]  # ReadViews
    one = prepare(method, StepCase(one_class=True))
    assert one.batch.y_lab.tolist() == [0] * 5


def test_every_weight_has_its_gradient(method: Method) -> None:
    found = prepare(method, StepCase()).make(method).gradients()
    assert {name.split(".")[0] for name in found} == {"body", "head"}
    assert all(value is not None for value in found.values())


def test_a_lane_is_the_step_as_plain_containers(method: Method) -> None:
    step = prepare(method, StepCase())
    names = flat(lane(step))
    assert torch.equal(names["0[head.weight]"], step.model.head.weight)
    assert flat({"a": [torch.zeros(1), {"b": torch.ones(1)}]}).keys() == {"a[0]", "a[1][b]"}


def test_facts_of_a_round_add_up() -> None:
    for number in range(3):
        facts = round_facts(number)
        assert int(facts.labeled.sum()) == facts.n_labeled == int(facts.class_counts.sum())


def test_a_warm_round_is_the_same_through_a_checkpoint(method: Method) -> None:
    one, other = (train(method, "warm", task=FEATURES, interrupted=cut) for cut in (False, True))
    for name, value in one.model.state_dict().items():
        assert torch.equal(value, other.model.state_dict()[name])

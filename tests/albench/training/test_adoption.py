"""Items that a method adopts: drawn among the labelled ones from then on, and unlabelled for everybody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny_trial import Tiny
from torch import Tensor, nn
from torch.nn import functional

from albench.api import Method, Strategy
from albench.errors import ContractError
from albench.results.records import without_measured
from albench.training.adoption import adopted_labels, adoption_steps
from albench.training.batches import Batches
from albench.training.lanes import Stack
from albench.training.loop import Trained, train_round

SURE = 0.8


@dataclass(frozen=True)
class Adopting(Method):
    """Supervised; adopts what it is sure of before steps 4 and 7, and remembers whom each step trained on."""

    views = frozenset({"weak"})

    def init(self, task: Any, device: torch.device) -> dict[str, Tensor]:
        return {"step": torch.zeros((), dtype=torch.int64)}

    def adoption_steps(self, steps: int) -> Sequence[int]:
        return [4, 7]

    def adopt(self, probs: Tensor, state: Any, class_counts: Tensor) -> Tensor:
        confidence, label = probs.max(dim=1)
        return torch.where(confidence >= SURE, label, -1)

    def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
        return functional.cross_entropy(forward(batch.x_lab), batch.y_lab), {"step": step + 1}, {}


class Fixed(nn.Module):
    """A model that is sure of items whose first feature is above a bar: of the second class."""

    def __init__(self, bar: float) -> None:
        super().__init__()
        self.bar = bar

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        sure = 9 * (x[:, 0] > self.bar).float()
        return torch.stack([torch.zeros_like(sure), sure], dim=1), x


def drawn(batches: Batches) -> tuple[np.ndarray, np.ndarray]:
    """(steps, B) ids and labels of the labelled items, as they are to be drawn now."""
    return batches._index_lab.numpy().copy(), batches._y_lab.numpy().copy()


def test_adopted_items_are_drawn_from_their_step_on(tiny: Tiny) -> None:
    """As often as the bought ones, with the labels they were given; those of an adoption before are gone."""
    run = tiny.run(Adopting(), steps=400)
    pool, x = run.bought.annotated, run.train.gather(torch.arange(40))
    batches = run.batches(0)
    before = drawn(batches)
    state = run.learner.state
    for step, bar in ((4, 0.5), (7, 1.5)):
        batches.adopt(step, Fixed(bar), state)
        ids, labels = drawn(batches)
        taken = [i for i in pool.unlabeled.tolist() if x[i, 0] > bar]
        assert 0 < len(taken) < len(pool.unlabeled)
        counts = np.bincount(ids[step:].ravel(), minlength=40)
        assert set(np.flatnonzero(counts)) == {*taken, *pool.labeled.tolist()}
        assert counts[counts > 0].max() - counts[counts > 0].min() <= 1
        given = dict(zip(pool.labeled.tolist(), pool.y.tolist(), strict=True)) | dict.fromkeys(taken, 1)
        assert labels[step:].ravel().tolist() == [given[i] for i in ids[step:].ravel()]
        for was, now in zip(before, (ids, labels), strict=True):
            np.testing.assert_array_equal(was[:4], now[:4])
    assert torch.equal(batches._class_counts, pool.class_counts)
    assert torch.equal(run.bought.annotated.labeled, pool.labeled)


def test_nothing_adopted_leaves_the_bought_items(tiny: Tiny) -> None:
    run = tiny.run(Adopting(), steps=50)
    batches = run.batches(0)
    batches.adopt(4, Fixed(1000.0), run.learner.state)
    assert set(drawn(batches)[0][4:].ravel()) == set(run.bought.annotated.labeled.tolist())


def test_the_method_is_asked_by_the_average_of_the_weights_before_its_steps(tiny: Tiny) -> None:
    asked: list[tuple[int, Tensor, list[float]]] = []

    class Told(Adopting):
        def adopt(self, probs: Tensor, state: Any, class_counts: Tensor) -> Tensor:
            asked.append((int(state["step"]), probs, class_counts.tolist()))
            return super().adopt(probs, state, class_counts)

    run = tiny.run(Told())
    run.begin(0)
    averages: list[Tensor] = []
    batches = run.batches(0)
    real = batches.adopt

    def adopt(step: int, model: nn.Module, state: Any) -> None:
        order = run.bought.annotated.shuffled("adoption", 0, 0, step).unlabeled
        averages.append(model(run.train.gather(order))[0].softmax(dim=1))
        assert model is run.learner.average
        real(step, model, state)

    batches.adopt = adopt  # type: ignore[method-assign]
    (trained,) = train_round(run.learner, [batches], [run.validate], lambda _: None)
    assert isinstance(trained, Trained)
    assert [step for step, _, _ in asked] == [4, 7]
    for (_, probs, counts), wanted in zip(asked, averages, strict=True):
        torch.testing.assert_close(probs, wanted)
        assert counts == run.bought.annotated.class_counts.tolist()


def test_lanes_adopt_each_their_own(tiny: Tiny) -> None:
    runs, solo = [tiny.run(Adopting(), seed, lr=0.3) for seed in (0, 1)], tiny.run(Adopting(), 1, lr=0.3)
    for run in (*runs, solo):
        run.begin(0)
    given = [run.batches(0) for run in (*runs, solo)]
    train_round(Stack([run.learner for run in runs]), given[:2], [run.validate for run in runs], lambda _: None)
    train_round(solo.learner, given[2:], [solo.validate], lambda _: None)
    ours, theirs = drawn(given[1]), drawn(given[2])
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(ours[1], theirs[1])
    bought = set(solo.bought.annotated.labeled.tolist())
    assert set(ours[0][:4].ravel()) <= bought
    assert not set(ours[0][7:].ravel()) <= bought, "something was adopted"
    torch.testing.assert_close(runs[1].learner.model.state_dict(), solo.learner.model.state_dict())


def test_groups_of_images_do_not_go_on_over_an_adoption(tiny: Tiny) -> None:
    """Whatever a group holds, it holds what is drawn after the adoption."""
    run = tiny.run(Adopting())
    batches = run.batches(0)
    batches._group = batches._made_at_once = 5
    made: list[tuple[int, int]] = []
    real = batches._made
    batches._made = lambda start, stop: made.append((start, stop)) or real(start, stop)  # type: ignore[method-assign]
    assert len(list(batches)) == 10
    assert made == [(0, 4), (4, 7), (7, 10)]


def test_strategies_and_records_know_nothing_of_it(tiny: Tiny) -> None:
    """A whole trial: adopted items are offered to the strategy as unlabelled, and cost nothing."""
    seen: list[tuple[int, list[int]]] = []

    class Looks(Strategy):
        def select(self, view: Any, budget: int) -> Tensor:
            seen.append((len(view), view.labeled_y.tolist()))
            return torch.arange(budget)

    records = tiny.carry_out(tiny.trial(lr=0.3), tiny.parts(Adopting(), strategy=Looks()))
    assert [record["n_labeled"] for record in records] == [6, 10]
    assert [(count, len(labels)) for count, labels in seen] == [(34, 6)]


def test_a_trial_is_the_same_when_it_is_made_again(tiny: Tiny) -> None:
    trial = tiny.trial(lr=0.3)
    one = [without_measured(record) for record in tiny.carry_out(trial, tiny.parts(Adopting()))]
    tiny.lane(trial).store.truncate(0)
    assert [without_measured(record) for record in tiny.carry_out(trial, tiny.parts(Adopting()))] == one


def test_with_nothing_unlabelled_nobody_is_asked(tiny: Tiny) -> None:
    run = tiny.run(Adopting())
    pool = run.bought.annotated
    assert run._batches(1, pool).adoption_steps == (4, 7)
    assert run._batches(1, replace(pool, unlabeled=pool.unlabeled[:0])).adoption_steps == ()


@pytest.mark.parametrize("asked", [[0], [10], [3, 3], [5, 2], [2.5], [-1]])
def test_steps_outside_the_round_are_told(asked: list[Any]) -> None:
    class Odd(Adopting):
        def adoption_steps(self, steps: int) -> Sequence[int]:
            return asked

    with pytest.raises(ContractError, match=r"adoption_steps\(10\) are .*: give ascending whole numbers in 1 .. 9"):
        adoption_steps(Odd(), 10)
    assert adoption_steps(Adopting(), 10) == (4, 7)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, r"int64 labels of shape \(3,\), not NoneType"),
        (torch.zeros(3), r"not \(3,\) torch.float32"),
        (torch.zeros(2, dtype=torch.int64), r"not \(2,\) torch.int64"),
        (torch.tensor([0, 2, 1]), r"labels in -1 .. 1"),
        (torch.tensor([0, -2, 1]), r"labels in -1 .. 1"),
    ],
)
def test_labels_that_cannot_be_are_told(labels: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        adopted_labels(labels, torch.full((3, 2), 0.5))
    good = torch.tensor([0, -1, 1])
    assert adopted_labels(good, torch.full((3, 2), 0.5)) is good

"""Rounds whose steps are replays of a graph, on the pretended device: the records of steps made one by one, to the bit.

Where a graph would be wrong the round goes on without it, or the trial fails; nothing is wrong in silence.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
import torch
from tiny_trial import Tiny
from torch import nn
from torch.nn import functional

from albench.api import Task
from albench.api.executor import Note
from albench.errors import TrialError
from albench.results.records import read_trial, without_measured
from albench.suite.settings import RunSettings
from albench.testing.pretended import Account, pretended_cuda, unavailable
from albench.training.graphs import WARM_UP, Graphed
from albench.training.learner import Learner
from albench.trial.rounds import run_trials


@pytest.fixture(autouse=True)
def account() -> Iterator[Account]:
    if reason := unavailable():
        pytest.skip(reason)
    with pretended_cuda() as made:
        yield made


Carried = Callable[..., tuple[list[dict[str, Any]], list[str]]]


@pytest.fixture
def carried_out(tiny: Tiny) -> Carried:
    """Records of a trial, with what was told, by graphs or without."""

    def carry_out(method: Any = None, *, graphs: bool, backbone: Any = None, **settings: Any) -> Any:
        parts = tiny.parts(method, device=torch.device("cuda:0"), settings=RunSettings(graphs=graphs))
        parts = dataclasses.replace(parts, backbone=backbone or parts.backbone)
        lane = tiny.lane(tiny.trial(int(graphs), **settings))
        lane.trial = dataclasses.replace(lane.trial, seed=0)
        told: list[Any] = []
        run_trials([lane], parts, told.append, together=False)
        if lane.error:
            raise lane.error
        records = [without_measured(record) for record in read_trial(lane.store.folder).records]
        return records, [each.text for each in told if isinstance(each, Note)]

    return carry_out


def remembering(tiny: Tiny) -> Any:
    """A method whose state is two rotating vectors and a count, and which reads its step."""

    @dataclasses.dataclass(frozen=True)
    class Remembering(tiny.Plain):
        views: ClassVar[frozenset[str]] = frozenset({"weak"})

        def init(self, task: Task, device: torch.device) -> Any:
            first, second = torch.zeros(2, device=device), torch.ones(2, device=device)
            return {"first": first, "second": second, "count": torch.zeros((), dtype=torch.int64, device=device)}

        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            probs = forward(batch.x_weak).softmax(dim=1)
            mean = probs.detach().mean(dim=0)
            given = functional.cross_entropy(forward(batch.x_lab), batch.y_lab)
            loss = given + (probs * state["second"]).sum(dim=1).mean() * (1 + step)
            new = {"first": state["second"], "second": state["first"] + mean, "count": state["count"] + 1}
            return loss, new, {"count": new["count"], "first": new["first"][0]}

    return Remembering()


class Normalised(nn.Module):
    """A layer, batch statistics and dropout on the embedding."""

    embedding_dropout = 0.5

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.body, self.norm, self.head = nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = self.norm(self.body(x)).relu()
        return self.head(z), z


@pytest.mark.parametrize(
    "settings",
    [{}, {"clip": 0.1, "start": "warm", "optimizer": "adamw", "weight_decay": 0.1, "precision": "fp32"}],
    ids=["sgd", "adamw"],
)
def test_a_trial_by_graphs_has_the_records_of_one_without(
    tiny: Tiny, carried_out: Carried, account: Account, settings: dict[str, Any]
) -> None:
    class Wide(type(tiny.parts().backbone)):  # type: ignore[misc]
        def build(self, task: Task, generator: torch.Generator) -> nn.Module:
            return Normalised()

    expected, _ = carried_out(remembering(tiny), graphs=False, backbone=Wide(), **settings)
    assert not account.captured
    given, told = carried_out(remembering(tiny), graphs=True, backbone=Wide(), **settings)
    assert given == expected
    assert not told
    assert account.kernels["cuda_graph"] == 2 * (10 - WARM_UP)


def test_lanes_by_graphs_end_as_lanes_without(tiny: Tiny) -> None:
    found = []
    for graphs in (False, True):
        lanes = [tiny.lane(tiny.trial(seed, rounds=1)) for seed in (2 * graphs, 2 * graphs + 1)]
        for seed, lane in enumerate(lanes):
            lane.trial = dataclasses.replace(lane.trial, seed=seed)
        told: list[Any] = []
        parts = tiny.parts(remembering(tiny), device=torch.device("cuda:0"), settings=RunSettings(graphs=graphs))
        run_trials(lanes, parts, told.append, together=True)
        assert [lane.error for lane in lanes] == [None, None]
        assert not [each for each in told if isinstance(each, Note)]
        found.append([[without_measured(one) for one in read_trial(lane.store.folder).records] for lane in lanes])
    assert found[0] == found[1]


def counted(tiny: Tiny, factor: Callable[[int], float]) -> Any:
    """A method whose loss is weighed by a number of Python that hangs on how often it was called."""

    @dataclasses.dataclass(frozen=True)
    class Counted(tiny.Plain):
        calls: list[int] = dataclasses.field(default_factory=list)

        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            self.calls.append(1)
            loss, state, logs = super().loss(forward, batch, state, step)
            return factor(len(self.calls)) * loss, state, logs

    return Counted()


def test_a_number_of_python_that_changes_is_found_at_once(tiny: Tiny, carried_out: Carried) -> None:
    records, told = carried_out(counted(tiny, lambda calls: 1 + calls / 100), graphs=True, rounds=1)
    assert len(records) == 1
    assert told == [
        "graphs: a training step is another in a graph: a number of Python in it changes from step to step: this "
        "round, and each that is like it, goes on without graphs."
    ]


def test_one_that_changes_later_fails_the_trial(tiny: Tiny, carried_out: Carried) -> None:
    with pytest.raises(TrialError, match=r"step 9 of round 0 .* by which 2 were made.* again without graphs"):
        carried_out(counted(tiny, lambda calls: 1.0 if calls < 8 else 2.0), graphs=True)


def test_a_learning_rate_of_python_is_found(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step itself, as it was before its numbers could be tensors."""

    def final(graphs: bool) -> tuple[torch.Tensor, list[str]]:
        run = tiny.run()
        learner: Any = Learner(tiny.Net(), tiny.Plain(), tiny.task, run.protocol, torch.device("cuda:0"))
        usual = learner.make

        def with_numbers(batches: Any, _: Any, marks: Any) -> Any:
            return usual(batches, learner.rates(now[0]), marks)

        monkeypatch.setattr(learner, "make", with_numbers)
        facts = run.facts(0, 0)
        learner.start_round(dataclasses.replace(facts, labeled=facts.labeled.to("cuda:0")))
        told: list[str] = []
        trainee = Graphed(learner, told.append) if graphs else learner
        now = [0]
        for number, batch in enumerate(run.batches(0)):
            now[0] = number
            trainee.step(number, [batch.map(lambda value: value.to("cuda:0"))])
        return learner.model.head.weight.detach().cpu(), told

    expected, _ = final(graphs=False)
    given, told = final(graphs=True)
    assert torch.equal(given, expected)
    assert len(told) == 1


@pytest.mark.parametrize("kind", ["item", "mask", "host"])
def test_what_cannot_be_captured_is_trained_without(tiny: Tiny, carried_out: Carried, kind: str) -> None:
    @dataclasses.dataclass(frozen=True)
    class Waiting(tiny.Plain):
        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            loss, state, logs = super().loss(forward, batch, state, step)
            if kind == "item":
                loss = loss * (1 + logs["step"].item())
            elif kind == "mask":
                loss = loss + forward(batch.x_lab[batch.y_lab > 0]).square().sum()
            else:
                loss = loss * torch.tensor([2.0], device=batch.x_lab.device)[0]
            return loss, state, logs

    expected, _ = carried_out(Waiting(), graphs=False, rounds=1)
    given, told = carried_out(Waiting(), graphs=True, rounds=1)
    assert given == expected
    assert len(told) == 1
    assert "cannot be captured (CUDA error: operation not permitted when stream is capturing)" in told[0]


def test_a_weight_whose_first_gradient_comes_late_is_trained_without(tiny: Tiny, carried_out: Carried) -> None:
    @dataclasses.dataclass(frozen=True)
    class Late(tiny.Plain):
        calls: list[int] = dataclasses.field(default_factory=list)

        def heads(self, task: Task) -> dict[str, int]:
            return {"own": 3}

        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            self.calls.append(1)
            loss, state, logs = super().loss(forward, batch, state, step)
            if len(self.calls) > WARM_UP:
                loss = loss + forward.head(batch.x_lab, "own").square().mean()
            return loss, state, logs

    expected, _ = carried_out(Late(), graphs=False, rounds=1)
    given, told = carried_out(Late(), graphs=True, rounds=1)
    assert given == expected
    assert "a weight that had no gradient has one" in told[0]


def test_a_batch_of_another_size_is_a_step_of_its_own(tiny: Tiny) -> None:
    def final(graphs: bool) -> list[torch.Tensor]:
        run = tiny.run()
        learner: Any = Learner(tiny.Net(), remembering(tiny), tiny.task, run.protocol, torch.device("cuda:0"))
        facts = run.facts(0, 0)
        learner.start_round(dataclasses.replace(facts, labeled=facts.labeled.to("cuda:0")))
        trainee = Graphed(learner, lambda why: pytest.fail(why)) if graphs else learner
        run.method = run.parts.method
        logged = []
        for number, batch in enumerate(run.batches(0)):
            given = dataclasses.replace(batch, views={"weak": batch.x_lab}).map(lambda value: value.to("cuda:0"))
            if number == 6:
                given = dataclasses.replace(given, x_lab=given.x_lab[:2], y_lab=given.y_lab[:2])
            logged.append(trainee.step(number, [given])["loss"])
        return [*logged, learner.model.head.weight.detach(), *learner.state.values()]

    assert all(torch.equal(*pair) for pair in zip(final(graphs=True), final(graphs=False), strict=True))

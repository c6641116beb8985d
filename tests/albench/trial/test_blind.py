"""Hidden labels are out of reach of strategies and methods: a walk over all that they are given."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import torch
from stepwise import stepwise

from albench.api import Batch, FeatureDataset, Split, Splits, Strategy, Task, View
from albench.components.registry import registry
from albench.data.items import Items
from albench.errors import ContractError
from albench.suite.protocol import Amounts, Protocol
from albench.suite.trials import Trial
from albench.testing.reach import holders
from albench.training.loop import Trained, train_round
from albench.trial.parts import Parts
from albench.trial.run import TrialRun

CLASSES, POOL, OTHERS, RUN = 5, 240, 80, 12
"""``RUN`` labels in a row are searched: by chance a row of 5 classes has them once in 5^12."""
TASK = Task("features", (8,), CLASSES, tuple("abcde"), pool_size=POOL)
LABELS = np.random.Generator(np.random.PCG64(7)).integers(CLASSES, size=(3, POOL))
SPLITS = Splits(
    *[
        Split(np.random.Generator(np.random.PCG64(at)).standard_normal((count, 8), np.float32), LABELS[at, :count])
        for at, count in enumerate((POOL, OTHERS, OTHERS))
    ],
    TASK,
)
METHODS = stepwise()
QUANTITIES = ("x", "index", "probs", "logits", "embeddings", "labeled_x", "labeled_y", "labeled_embeddings")


def run_of(method: str, strategy: Strategy) -> TrialRun:
    found = registry()
    protocol = Protocol(steps=4, batch_size=8, evaluations=1)
    parts = Parts(
        FeatureDataset(),
        SPLITS,
        found.build("method", method),
        strategy,
        found.build("backbone", "mlp[hidden=8]"),
        Amounts(20, 10, 2),
        torch.device("cpu"),
    )
    return TrialRun(Trial("d", method, "s", "mlp[hidden=8]", 0, protocol, ("",) * 4), parts, lambda _: None)


def whole_round(run: TrialRun) -> None:
    """Train, evaluate, query, annotate."""
    run.begin(0)
    (trained,) = train_round(run.learner, [run.batches(0)], [run.validate], lambda _: None)
    assert isinstance(trained, Trained)
    run.finish(0, trained)


def hidden(run: TrialRun) -> dict[str, np.ndarray]:
    """Stretches of labels that nobody bought, in the orders in which a copy could hold them."""
    train = LABELS[0]
    unlabeled = run.bought.pool.unlabeled.numpy()
    bought = run.bought.pool.mask.numpy()
    start = next(at for at in range(POOL - RUN) if not bought[at : at + RUN].any())
    return {
        "the pool's labels": train[start : start + RUN],
        "the unlabelled items' labels": train[unlabeled][:RUN],
        "validation labels": LABELS[1, :RUN],
        "test labels": LABELS[2, :RUN],
    }


class Curious(Strategy):
    """Reads all there is, keeps the view, and looks around."""

    needs = frozenset({"probs", "logits", "embeddings", "neighbors", "gradients", "mc_probs"})

    def __init__(self) -> None:
        self.found: list[str] = []
        self.secrets: Any = None

    def select(self, view: View, budget: int) -> torch.Tensor:
        kept = [getattr(view, name) for name in (*QUANTITIES, "labeled_probs", "rejected")]
        samples = view.mc_probs(2)
        part = view.only(torch.arange(50), self)
        kept += [view.neighbors(3), next(samples), samples, view.head(view.embeddings), view.forward(view.x)]
        kept += [part, part.probs, part.neighbors(2), view.best(view.probs[:, 0], 5)]
        with pytest.raises(ContractError, match="reads 'true_labels'"):
            _ = view.true_labels
        open_ = [name for name in dir(view) if not name.startswith("__") and name != "true_labels"]
        methods = [getattr(view, name) for name in open_]
        self.found = holders([view, kept, methods], self.secrets())
        return view.best(view.probs[:, 0], budget)


@pytest.mark.parametrize("method", ["fixmatch", "boostmis", "supervised"])
def test_nothing_that_a_strategy_can_reach_holds_a_hidden_label(method: str) -> None:
    strategy = Curious()
    run = run_of(method, strategy)
    strategy.secrets = functools.partial(hidden, run)
    whole_round(run)
    assert strategy.found == []


def test_the_walk_finds_what_is_hidden_badly() -> None:
    """Labels behind a slice, in a closure, in a bound method and in a generator that has not ended."""
    strategy = Curious()
    run = run_of("fixmatch", strategy)
    secrets = hidden(run)
    labels = torch.from_numpy(LABELS[0].copy())

    def generator(y: torch.Tensor) -> Any:
        yield 0
        yield y

    begun = generator(labels)
    next(begun)
    for leak in (labels[:1], lambda: labels, [{"a": (labels.float(),)}], begun, run.validate, LABELS[0].tolist()):
        assert holders(leak, secrets), leak


class Spy:
    """Stands before a method's functions and walks over their arguments."""

    def __init__(self, run: TrialRun) -> None:
        self.method = run.parts.method
        self.secrets = hidden(run)
        self.calls: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.method, name)
        if name not in {"init", "round_start", "loss", "rejected", "draw"}:
            return value

        @functools.wraps(value)
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.calls.add(name)
            assert holders([args, kwargs], self.secrets) == [], name
            return value(*args, **kwargs)

        return watched


@pytest.mark.parametrize("method", METHODS)
def test_nothing_that_a_method_can_reach_holds_a_hidden_label(method: str) -> None:
    run = run_of(method, registry().build("strategy", "random"))
    spy = Spy(run)
    run.method = spy
    run.learner = run.new_learner(0)
    whole_round(run)
    assert spy.calls == {"init", "round_start", "loss", "rejected", "draw"}


def test_a_batch_has_bought_labels_alone() -> None:
    run = run_of("fixmatch", registry().build("strategy", "random"))
    batch: Batch = next(iter(run.batches(0)))
    bought = set(run.bought.pool.labeled.tolist())
    assert set(batch.index.tolist()).isdisjoint(bought)
    assert len(batch.y_lab.untyped_storage()) == 8 * run.trial.protocol.steps * run.trial.protocol.batch_size


def test_items_that_lie_beside_labels_are_copied_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features of a table whose last column are the labels, too large to be copied for safety alone."""
    monkeypatch.setattr("albench.data.items.COPIED_BYTES", 0)
    table = np.concatenate([SPLITS.train.x, LABELS[0][:, None].astype(np.float32)], axis=1)
    secrets = {"labels": LABELS[0, :RUN]}
    beside = Items(table[:, :-1], torch.device("cpu"))
    assert holders(beside, secrets) == []
    np.testing.assert_array_equal(beside.gather(torch.arange(5)), table[:5, :-1])
    backwards = Items(table[::-1, ::-1], torch.device("cpu"))
    np.testing.assert_array_equal(backwards.gather(torch.arange(5)), table[::-1, ::-1][:5])
    images = np.arange(2 * 3 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3, 3).transpose(0, 3, 1, 2)
    whole = Items(images, torch.device("cpu"))
    assert whole._tensor.data_ptr() == images.ctypes.data, "an array in another order stays where it is"

"""One trial being carried out: what its rounds begin with, and all that follows their training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from albench import item_predictions, seeds
from albench.api.executor import Note, Progress
from albench.api.method import RoundFacts
from albench.api.strategy import Strategy
from albench.augment import augmenter
from albench.data.pool import Pool, index_hash
from albench.errors import TrialError
from albench.metric_table import HEADLINE
from albench.suite.limits import TooLong, at_most
from albench.suite.trials import Trial
from albench.training.batches import Batches, Labeled
from albench.training.evaluate import evaluate, measure, predict, probabilities
from albench.training.learner import Learner
from albench.training.loop import Trained
from albench.trial.labels import Oracle
from albench.trial.numerics import Clock, peak_memory_mb
from albench.trial.parts import Parts
from albench.trial.view import PoolView, choose, cold_view


class Run:
    """One trial being carried out.

    Parameters
    ----------
    trial, parts
        What to do, and with what.
    emit
        Called with the trial's progress.
    """

    def __init__(self, trial: Trial, parts: Parts, emit: Callable[[Progress | Note], None]) -> None:
        splits, amounts = parts.splits, parts.amounts
        self.trial = trial
        self.parts = parts
        self.emit = emit
        self.train, self.val, self.test = parts.items
        self.augmenter = augmenter(
            parts.dataset,
            splits.task,
            splits.train.x,
            parts.device,
            seeds.torch_stream("augmentation bank", trial.seed),
            trial.shift,
        )
        self.oracle = Oracle(splits.train.y, splits.task.n_classes, amounts.labels[-1])
        self.pool = Pool(len(splits.train))
        self._labels = torch.full((len(splits.train),), -1)
        self.n_bought = 0
        self.buy(self._initial())
        self.initial_hash = index_hash(self.pool.labeled)
        self.n_bought = 0
        self.learner = self.new_learner(0)
        self.metric: tuple[str, float] | None = None

    def _initial(self) -> Tensor:
        """Pool ids to start with: drawn by the oracle, or chosen by the protocol's strategy from the bare items."""
        parts, trial = self.parts, self.trial
        if parts.initial is None:
            return self.oracle.draw_initial(parts.amounts.initial, trial.protocol.initial_draw, trial.seed)
        view = cold_view(self.train, parts.initial, parts.splits.task.n_classes, parts.amounts, trial.seed)
        name = trial.protocol.initial_strategy
        return self._choose(parts.initial, view, parts.amounts.initial, name).sort().values

    def _choose(self, strategy: Strategy, view: PoolView, budget: int, name: str) -> Tensor:
        """A strategy's picks, checked and in time."""
        limit = self.parts.query_time_limit
        try:
            with at_most(limit):
                return choose(strategy, view, budget, name)
        except TooLong:
            raise TrialError(f"strategy '{name}' had not chosen after {limit:g} s (--query-time-limit).") from None

    def new_learner(self, number: int) -> Learner:
        """Fresh weights; on a cold start other ones in each round, the same for every trial of the seed."""
        parts, protocol = self.parts, self.trial.protocol
        draw = number if protocol.start == "cold" else 0
        model = parts.backbone.build(parts.splits.task, seeds.torch_stream("weights", self.trial.seed, draw))
        return Learner(model, parts.method, parts.splits.task, protocol, parts.device)

    def buy(self, ids: Tensor) -> None:
        """Annotate pool ids."""
        self._labels[ids] = self.oracle.annotate(ids)
        self.pool.mark(ids)
        self.n_bought = len(ids)

    @property
    def labeled(self) -> Labeled:
        ids = self.pool.labeled
        return Labeled(ids, self._labels[ids])

    def replay(self, records: list[dict[str, Any]]) -> None:
        """Buy what earlier rounds bought."""
        for record in records:
            if record["queried"]:
                self.buy(torch.tensor(record["queried"]))

    def begin(self, number: int) -> None:
        """Make the learner ready for a round."""
        if number > 0 and self.trial.protocol.start == "cold":
            self.learner = self.new_learner(number)
        self._start_round(number)

    def finish(self, number: int, trained: Trained) -> dict[str, Any]:
        """What follows a round's training: evaluate, query, annotate; returns the round's record."""
        protocol, task = self.trial.protocol, self.parts.splits.task
        n_labeled = len(self.pool.labeled)
        clock = Clock(self.parts.device)
        best = trained.best
        val = evaluate(best, self.val, self.parts.splits.val.y, task)
        probs = probabilities(best, self.test)
        test = measure(probs, self.parts.splits.test.y, task)
        shown = test.get(HEADLINE)
        self.metric = (HEADLINE, shown) if shown is not None else None
        ids = self.pool.unlabeled
        predicted = predict(best, self.train, ids)
        pseudo_label = self._pseudo_labels(ids, predicted[0])
        clock.lap("evaluate")
        queried, query = self._query(best, ids, predicted, number) if number + 1 < protocol.rounds else ([], {})
        clock.lap("query")
        return {
            "round": number,
            "n_labeled": n_labeled,
            "queried": queried,
            "val": val,
            "test": test,
            item_predictions.KEY: item_predictions.record_of(probs),
            "pseudo_label": pseudo_label,
            "query": query,
            "training": {"best_step": trained.best_step, "weights": weights_hash(best), **trained.curves},
            "initial_hash": self.initial_hash,
            "seconds": {"train": round(trained.seconds, 4), **clock.seconds},
            "peak_memory_mb": peak_memory_mb(self.parts.device),
        }

    def _start_round(self, number: int) -> None:
        parts, protocol = self.parts, self.trial.protocol
        labeled = self.labeled
        counts = torch.bincount(labeled.y, minlength=parts.splits.task.n_classes).float()
        self.learner.start_round(
            RoundFacts(
                round=number,
                rounds=protocol.rounds,
                steps=protocol.steps,
                n_labeled=len(labeled.ids),
                pool_size=len(self.pool),
                n_bought=self.n_bought,
                query_size=parts.amounts.query_size,
                first_step=self.learner.first_step,
                labeled=self.pool.mask.to(parts.device),
                class_counts=counts.to(parts.device),
            )
        )

    def batches(self, number: int) -> Batches:
        """The batches of a round."""
        trial, parts, protocol = self.trial, self.parts, self.trial.protocol
        return Batches(
            dataset=parts.dataset,
            augmenter=self.augmenter,
            method=parts.method,
            items=self.train,
            labeled=self.labeled,
            unlabeled=self.pool.unlabeled,
            n_classes=parts.splits.task.n_classes,
            steps=protocol.steps,
            batch_size=protocol.batch_size,
            sampler=protocol.sampler,
            seed=trial.seed,
            round_number=number,
        )

    def validate(self, model: nn.Module) -> float:
        """The validation metric that chooses the weights."""
        name = self.trial.protocol.checkpoint_metric
        value = evaluate(model, self.val, self.parts.splits.val.y, self.parts.splits.task)[name]
        return -1.0 if value is None else value

    def progress(self, number: int, step: int) -> None:
        """Tell how far the round's training is."""
        protocol = self.trial.protocol
        self.emit(Progress(self.trial.key, number, protocol.rounds, step, protocol.steps, self.metric))

    def tell(self, text: str) -> None:
        """Tell the user one line about the trial."""
        self.emit(Note(self.trial.key, text))

    def _rejected(self) -> Callable[[Tensor], Tensor]:
        """The method's rule as it is now, with no way from it to anything else of the trial."""
        method, state = self.parts.method, self.learner.state
        return lambda probs: method.rejected(probs, state)

    def _pseudo_labels(self, ids: Tensor, logits: Tensor) -> dict[str, Any]:
        """Share and accuracy of the pseudo labels that the method would accept now, checked by the oracle."""
        if len(ids) == 0:
            return {"accepted": None, "accuracy": None, "rejected_per_class": None}
        probs = logits.softmax(dim=1)
        rejected = self._rejected()(probs).cpu()
        return {
            "accepted": float((~rejected).double().mean()),
            "accuracy": self.oracle.accuracy(ids[~rejected], probs.argmax(dim=1).cpu()[~rejected]),
            "rejected_per_class": self.oracle.class_counts(ids[rejected]),
        }

    def _query(
        self, model: nn.Module, ids: Tensor, predicted: tuple[Tensor, Tensor], number: int
    ) -> tuple[list[int], dict[str, Any]]:
        """Let the strategy choose, and buy what it chose."""
        budget, labeled = self.parts.amounts.query_size, self.labeled
        view = PoolView(
            needs=self.parts.strategy.needs,
            model=model,
            items=self.train,
            index=ids,
            predicted=predicted,
            labeled=labeled.ids,
            labeled_y=labeled.y.to(self.parts.device),
            rejected=self._rejected(),
            n_classes=self.parts.splits.task.n_classes,
            round_number=number,
            budget_left=self.oracle.budget_left,
            stream=(self.trial.seed, number),
            approximate=self.trial.protocol.neighbors == "approximate",
        )
        picks = self._choose(self.parts.strategy, view, budget, self.trial.strategy)
        queried = ids[picks]
        self.buy(queried)
        groups = {"all": picks, **view.groups}
        return queried.tolist(), {
            "per_class": {name: self.oracle.class_counts(ids[place]) for name, place in groups.items()},
            "minority_share": {name: self.oracle.minority_share(ids[place]) for name, place in groups.items()},
            "notes": view.notes,
        }


def weights_hash(model: nn.Module) -> str:
    """Sixteen hexadecimal digits that name a model's weights and buffers."""
    digest = hashlib.blake2b(digest_size=8)
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()

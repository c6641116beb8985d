"""One trial being carried out: what its rounds begin with, and all that follows their training."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from albench import item_predictions, seeds
from albench.api.executor import Note, Progress
from albench.api.method import RoundFacts
from albench.augment import Augmenter, augmenter
from albench.data.pool import Annotated, index_hash
from albench.errors import TrialError
from albench.metric_table import HEADLINE
from albench.suite.keys import digest
from albench.suite.trials import Trial
from albench.training.batches import Batches
from albench.training.estimators import WholeLearner, weights_hash
from albench.training.evaluate import Score, measure, predict, probabilities, score
from albench.training.heads import build_model
from albench.training.learner import Learner
from albench.training.loop import Trained, train_round
from albench.trial.bought import Bought
from albench.trial.labels import Oracle
from albench.trial.numerics import Clock, peak_memory_mb
from albench.trial.parts import Parts
from albench.trial.queries import Queries
from albench.trial.validation import Validation
from albench.trial.view import RoundOutputs


class TrialRun:
    """One trial being carried out.

    Parameters
    ----------
    trial, parts
        What to do, and with what.
    emit
        Called with the trial's progress.

    Attributes
    ----------
    protocol, method
        That train, with what was tuned in force.
    values
        What was tuned, by name; empty where nothing is.
    """

    def __init__(self, trial: Trial, parts: Parts, emit: Callable[[Progress | Note], None]) -> None:
        splits, amounts = parts.splits, parts.amounts
        self.trial = trial
        self.parts = parts
        self.protocol, self.method = trial.protocol, parts.method
        self.values: dict[str, str] = {}
        self.emit = emit
        self.train, val, self.test = parts.items
        self.validation = Validation(trial.protocol.validation, parts.splits.val, val, trial.seed)
        n_classes = splits.task.n_classes
        oracle = Oracle(splits.train.y, n_classes, amounts.labels[-1])
        self.bought = Bought(oracle, len(splits.train), n_classes, splits.n_unlabeled)
        self.queries = Queries(trial, parts, self.train, self.bought)
        self.bought.start_with(self.queries.first())
        self.initial_hash = index_hash(self.bought.pool.labeled)
        self.learner = self.new_learner(0)
        self.metric: tuple[str, float] | None = None

    def new_learner(self, number: int) -> Learner | WholeLearner:
        """Fresh weights; on a cold start other ones in each round, the same for every trial of the seed."""
        parts, protocol, task = self.parts, self.protocol, self.parts.task
        draw = number if protocol.start == "cold" else 0
        if parts.whole:
            return WholeLearner(parts.backbone, self.method, task, protocol, (self.trial.seed, draw))
        model = build_model(parts.backbone, self.method, task, self.trial.seed, draw)
        return Learner(model, self.method, task, protocol, parts.device, self.trial.seed)

    @functools.cached_property
    def augmenter(self) -> Augmenter:
        """Makes the views; nothing of it is made for an estimator, which reads items as they are."""
        parts, trial = self.parts, self.trial
        stream = seeds.torch_stream("augmentation bank", trial.seed)
        splits = parts.splits
        return augmenter(parts.dataset, splits.task, splits.train.x, parts.device, stream, trial.shift)

    @property
    def network(self) -> Learner:
        """The learner of a backbone that is trained by steps."""
        assert isinstance(self.learner, Learner)
        return self.learner

    def fit(self, number: int) -> Trained:
        """A round's training of an estimator."""
        assert isinstance(self.learner, WholeLearner)
        self.progress(number, 0)
        return Trained({}, 0, self.learner.fit(self.parts.trained_on, self.bought.trained_on))

    def use(self, values: Mapping[str, str]) -> None:
        """Train with what was tuned, from fresh weights on."""
        assert self.parts.tunings is not None
        self.protocol, self.method = self.parts.tunings.in_force(self.trial, values)
        self.values = dict(values)
        self.learner = self.new_learner(0)

    @property
    def start_hash(self) -> str:
        """Names what decides a first round beside its trial: the labels, and what was tuned on them."""
        return f"{self.initial_hash} {digest(self.values, 8)}" if self.values else self.initial_hash

    def begin(self, number: int) -> None:
        """Make the learner ready for a round."""
        if number > 0 and self.trial.protocol.start == "cold":
            self.learner = self.new_learner(number)
        if isinstance(self.learner, WholeLearner):
            self.learner.round = number  # all that it is told of a round
        else:
            self.learner.start_round(self.facts(number, self.learner.first_step))

    def facts(self, number: int, first_step: int, bought: Bought | None = None) -> RoundFacts:
        """What a method is told of a round.

        Parameters
        ----------
        first_step
            Steps that its learner has made before.
        bought
            What is labelled in it; by default what is now.
        """
        parts, protocol, bought = self.parts, self.trial.protocol, bought or self.bought
        pool = bought.annotated
        return RoundFacts(
            round=number,
            rounds=protocol.rounds,
            steps=protocol.steps_in(len(pool.labeled)),
            n_labeled=len(pool.labeled),
            pool_size=parts.task.pool_size,
            n_bought=bought.n_last,
            query_size=parts.amounts.query_size,
            first_step=first_step,
            labeled=bought.labeled_mask.to(parts.device),
            class_counts=pool.class_counts.to(parts.device),
        )

    def score_after(self, ids: Tensor) -> Score:
        """How well the next round would validate had these pool ids been bought, by the validation labels of this one.

        A learner apart is trained as the next round's will be: with its weights, its order of the data, its steps.
        """
        number, bought = self.learner.round + 1, copy.deepcopy(self.bought)
        bought.buy(ids)
        learner = self.new_learner(number)
        if isinstance(learner, WholeLearner):
            return self.validate(learner.fit(self.parts.trained_on, bought.trained_on))
        if self.trial.protocol.start == "warm":
            learner.restore(copy.deepcopy(self.network.checkpoint()))
        learner.start_round(self.facts(number, learner.first_step, bought))
        batches = self._batches(number, bought.trained_on)
        (trained,) = train_round(learner, [batches], [self.validate], lambda _: None)
        if isinstance(trained, TrialError):
            raise trained
        return self.validate(trained.best)

    def finish(self, number: int, trained: Trained) -> dict[str, Any]:
        """What follows a round's training: evaluate, query, annotate; returns the round's record."""
        protocol, task = self.trial.protocol, self.parts.splits.task
        pool = self.bought.annotated.shuffled(self.trial.seed, number)
        clock = Clock(self.parts.device)
        best = trained.best
        val = self._validated(best)
        probs = probabilities(best, self.test)
        test = measure(probs, self.parts.splits.test.y, task)
        shown = test.get(HEADLINE)
        self.metric = (HEADLINE, shown) if shown is not None else None
        outputs = self.outputs(number, best, predict(best, self.train, pool.unlabeled))
        pseudo_label = self._pseudo_labels(pool.unlabeled, outputs)
        clock.lap("evaluate")
        is_last = number + 1 >= protocol.rounds
        queried, query = ([], {}) if is_last else self.queries.ask(pool, outputs, self.score_after)
        clock.lap("query")
        return {
            "round": number,
            "n_labeled": len(pool.labeled),
            **self._paid(len(pool.labeled)),
            "queried": queried,
            "val": val,
            "test": test,
            item_predictions.KEY: item_predictions.record_of(probs),
            "pseudo_label": pseudo_label,
            "query": query,
            "training": {"best_step": trained.best_step, "weights": weights_hash(best, probs), **trained.curves},
            "initial_hash": self.initial_hash,
            "seconds": {"train": round(trained.seconds, 4), **clock.seconds},
            "peak_memory_mb": peak_memory_mb(self.parts.device),
        }

    def batches(self, number: int) -> Batches:
        """The batches of a round."""
        return self._batches(number, self.bought.trained_on)

    def _batches(self, number: int, pool: Annotated) -> Batches:
        return Batches(
            pool,
            self.parts.trained_on,
            method=self.method,
            augmenter=self.augmenter,
            protocol=self.protocol,
            seed=self.trial.seed,
            round_number=number,
        )

    def validate(self, model: nn.Module) -> Score:
        """What chooses the weights; the same for all where nothing is paid for."""
        items, y = self.validation.at(len(self.bought.pool.labeled))
        return score(model, items, y, self.parts.splits.task, self.trial.protocol.checkpoint_metric)

    def _validated(self, model: nn.Module) -> dict[str, float | None]:
        """Every metric of a model on the validation items that are paid for; none where there are none."""
        items, y = self.validation.at(len(self.bought.pool.labeled))
        return measure(probabilities(model, items), y, self.parts.splits.task) if len(y) else {}

    def _paid(self, n_labeled: int) -> dict[str, int]:
        """How many validation labels a round used, where that is not all that there are."""
        return {} if self.trial.protocol.validation == "all" else {"n_validation": self.validation.count(n_labeled)}

    def progress(self, number: int, step: int) -> None:
        """Tell how far the round's training is."""
        protocol = self.trial.protocol
        self.emit(Progress(self.trial.key, number, protocol.rounds, step, self.learner.steps, self.metric))

    def tell(self, text: str) -> None:
        """Tell the user one line about the trial."""
        self.emit(Note(self.trial.key, text))

    def outputs(self, number: int, model: nn.Module, predicted: tuple[Tensor, Tensor]) -> RoundOutputs:
        """What the strategy may see of a round's model, with the method's rule as it is now.

        There is no way from the rule to anything else of the trial.
        """
        method, state = self.method, self.learner.state
        return RoundOutputs(number, model, predicted, lambda probs: method.rejected(probs, state))

    def _pseudo_labels(self, ids: Tensor, outputs: RoundOutputs) -> dict[str, Any]:
        """Share and accuracy of the pseudo labels that the method would accept now, checked by the oracle."""
        if len(ids) == 0:
            return {"accepted": None, "accuracy": None, "rejected_per_class": None}
        probs = outputs.predicted[0].softmax(dim=1)
        rejected, oracle = outputs.rejected(probs).cpu(), self.bought.oracle
        return {
            "accepted": float((~rejected).double().mean()),
            "accuracy": oracle.accuracy(ids[~rejected], probs.argmax(dim=1).cpu()[~rejected]),
            "rejected_per_class": oracle.class_counts(ids[rejected]),
        }

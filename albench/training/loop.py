"""One round's training, of a learner alone or of several side by side."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol as Structure

from torch import Tensor, nn

from albench.api.method import Batch, State
from albench.errors import TrialError
from albench.suite.protocol import Protocol
from albench.training.batches import Batches
from albench.training.curves import Curves
from albench.training.evaluate import Score
from albench.training.schedule import check_steps


class Trainee(Structure):
    """What ``train_round`` trains: a ``Learner``, or several whose steps are one (``Stack``)."""

    @property
    def protocol(self) -> Protocol:
        """Of every lane."""
        ...

    @property
    def round(self) -> int:
        """Number of the round."""
        ...

    @property
    def steps(self) -> int:
        """Of the round."""
        ...

    @property
    def state(self) -> State:
        """The method's; with several lanes every tensor has them as its first dimension."""
        ...

    def step(self, number: int, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """Training step ``number`` of the round on each lane's batch: what it logs, () or (lanes,) by name."""
        ...

    def averaged(self, lane: int) -> nn.Module:
        """The moving average of a lane's weights, as it is now."""
        ...

    def state_of(self, lane: int) -> State:
        """The method's state of one lane."""
        ...

    def end_round(self) -> None:
        """The round's steps are over."""
        ...


@dataclass(frozen=True)
class Trained:
    """What a round's training gave.

    Attributes
    ----------
    curves
        Name -> at most ``CURVE_POINTS`` means of what the steps logged.
    best_step, best
        When the weights validated best, and a model that has them.
    seconds
        Of the training; where it was shared, or made in one step with others, what falls to this trial.
    """

    curves: dict[str, list[float]]
    best_step: int
    best: nn.Module
    seconds: float = 0.0


class Best:
    """The weights that validated best in a round; of equal ones the last, which trained for longest."""

    def __init__(self) -> None:
        self.step = 0
        self._score: Score = ()
        self._weights: dict[str, Tensor] | None = None

    def offer(self, score: Score, step: int, model: nn.Module) -> None:
        """Keep the model's weights where none before were better."""
        if score >= self._score:
            self._score, self.step = score, step
            self._weights = {name: value.clone() for name, value in model.state_dict().items()}

    def model(self, like: nn.Module) -> nn.Module:
        """A copy of a model, with the best weights."""
        made = copy.deepcopy(like)
        made.load_state_dict(self._weights or {})
        return made


def train_round(
    trainee: Trainee,
    batches: Sequence[Iterable[Batch]],
    validate: Sequence[Callable[[nn.Module], Score]],
    progress: Callable[[int], None],
) -> list[Trained | TrialError]:
    """Train for the round's steps; keep the weights of each lane that validate best.

    Parameters
    ----------
    batches
        Of each lane: one batch a step.
    validate
        Of each lane: model -> what chooses the weights; higher is better.
    progress
        Called with the number of finished steps now and then.

    Returns
    -------
    For each lane what its training gave, or why it cannot go on; the others are not touched by that, and the round ends
    early where none is left.
    """
    steps, lanes = trainee.steps, range(len(batches))
    checks = check_steps(trainee.protocol, steps)
    curves, best = Curves(steps), [Best() for _ in lanes]
    failed: dict[int, TrialError] = {}
    adopting = {step for each in batches if isinstance(each, Batches) for step in each.adoption_steps}
    for number, lane_batches in enumerate(zip(*batches, strict=True)):
        curves.add(number, trainee.step(number, lane_batches))
        done = number + 1
        if done in checks:
            for lane in (lane for lane in lanes if lane not in failed):
                try:
                    curves.check_finite(trainee.round, trainee.state, lane)
                except TrialError as error:
                    failed[lane] = error
                    continue
                model = trainee.averaged(lane)
                best[lane].offer(validate[lane](model), done, model)
            if len(failed) == len(lanes):
                return [failed[lane] for lane in lanes]
            curves.forget()
        if done in adopting:
            for lane, each in enumerate(batches):
                if isinstance(each, Batches) and lane not in failed:
                    each.adopt(done, trainee.averaged(lane), trainee.state_of(lane))
        if done % 10 == 0 or done == steps:
            progress(done)
    trainee.end_round()
    return [
        failed.get(lane) or Trained(curves.means(lane), best[lane].step, best[lane].model(trainee.averaged(lane)))
        for lane in lanes
    ]

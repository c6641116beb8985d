"""One round's training: the model, its moving average, the optimizer and the method's memory."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from albench.api.method import Batch, Method, RoundFacts, State
from albench.api.task import Task
from albench.errors import ContractError, TrialError
from albench.suite.plan import Protocol
from albench.training.optimizer import SGD

CURVE_POINTS = 20
"""Points kept of each training curve in a round's record."""


def cosine(step: int, steps: int) -> float:
    """Learning-rate factor cos(7 pi k / 16 K) of FixMatch (Sohn et al., NeurIPS 2020, section 2.4)."""
    return math.cos(7 * math.pi * step / (16 * steps))


def ema_decay(step: int, decay: float) -> float:
    """Decay at 0-based ``step``: short memory at first, so that the random initial weights are soon forgotten.

    A constant 0.999 would leave 82 % of them after 200 steps.
    """
    return min(decay, (1 + step) / (10 + step))


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 for a step on CUDA, float32 elsewhere.

    Up to torch 2.10 autocast kept the weights that a pass without gradient had cast, and the pass with gradient that
    followed trained nothing; ``prepare.resolve_device`` refuses those versions.
    """
    return torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda")


class ModelForward:
    """The model inside a loss (see ``albench.api.Forward``)."""

    def __init__(self, student: nn.Module, average: nn.Module) -> None:
        self._student = student
        self._average = average
        self._normalizers = [m for m in student.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]

    def __call__(self, x: Tensor) -> Tensor:
        return outputs(self._student(x))[0]

    def embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return outputs(self._student(x))

    def frozen(self, x: Tensor) -> Tensor:
        # Pseudo labels use the batch's own statistics, as training does, and leave the running ones alone.
        return self.frozen_embed(x)[0]

    def frozen_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad(), _statistics_untouched(self._normalizers):
            return outputs(self._student(x))

    def probe(self, x: Tensor) -> Tensor:
        with _statistics_untouched(self._normalizers):
            return outputs(self._student(x))[0]

    def ema(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            return outputs(self._average(x))[0]


def outputs(found: object) -> tuple[Tensor, Tensor]:
    """What a backbone's model gave, as logits and embeddings.

    Raises
    ------
    ContractError
        Where it is not a pair of tensors. A lone tensor would be taken apart along its items.
    """
    if isinstance(found, tuple) and len(found) == 2 and all(isinstance(part, Tensor) for part in found):
        return found
    raise ContractError(f"the backbone's model must return (logits, embedding), not {_described(found)}")


def step_results(found: object) -> tuple[Tensor, State, dict[str, Tensor]]:
    """What a method's ``loss`` returned, as the loss, the new state and what it logs.

    Raises
    ------
    ContractError
        Where it is something else.
    """
    if not (isinstance(found, tuple) and len(found) == 3 and isinstance(found[1], dict) and isinstance(found[2], dict)):
        raise ContractError(f"the method's loss must return (loss, state, logs), not {_described(found)}")
    loss, _, logs = found
    for name, value in (("loss", loss), *logs.items()):
        if not isinstance(value, Tensor) or value.ndim:
            raise ContractError(f"the method's '{name}' must be a tensor of shape (), not {_described(value)}")
    return found


def _described(value: object) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, tuple | list):
        return f"{type(value).__name__} of {', '.join(type(part).__name__ for part in value) or 'nothing'}"
    return "None: does it end in a return?" if value is None else type(value).__name__


def sgd(matrices: Sequence[Tensor], others: Sequence[Tensor], protocol: Protocol) -> SGD:
    """The protocol's optimizer; weight decay is for matrices alone."""
    return SGD([(matrices, protocol.weight_decay), (others, 0.0)], protocol.lr, protocol.momentum)


def check_steps(protocol: Protocol) -> set[int]:
    """Numbers of finished steps after which a round validates; its last step is one."""
    steps, count = protocol.steps, protocol.evaluations
    return {round(steps * (at + 1) / count) for at in range(count)} | {steps}


class Best:
    """The weights that validated best in a round; of equal ones the first."""

    def __init__(self) -> None:
        self.step = 0
        self._score = -math.inf
        self._weights: dict[str, Tensor] | None = None

    def offer(self, score: float, step: int, model: nn.Module) -> None:
        """Keep the model's weights where they are better."""
        if score > self._score or self._weights is None:
            self._score, self.step = score, step
            self._weights = {name: value.clone() for name, value in model.state_dict().items()}

    def model(self, like: nn.Module) -> nn.Module:
        """A copy of a model, with the best weights."""
        made = copy.deepcopy(like)
        made.load_state_dict(self._weights or {})
        return made


@contextlib.contextmanager
def _statistics_untouched(normalizers: list[Any]) -> Iterator[None]:
    for module in normalizers:
        module.track_running_stats = False
    try:
        yield
    finally:
        for module in normalizers:
            module.track_running_stats = True


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


class Learner:
    """Everything that training changes, from round to round.

    Parameters
    ----------
    model
        Freshly built, on the CPU.
    """

    def __init__(self, model: nn.Module, method: Method, task: Task, protocol: Protocol, device: torch.device) -> None:
        # channels-last pays on tensor cores only
        self._format = torch.channels_last if device.type == "cuda" and task.modality == "image" else None
        self.model = self._place(model, device)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.method = method
        self.protocol = protocol
        self.device = device
        size = getattr(getattr(model, "head", None), "in_features", 0)
        self.state: State = method.init(dataclasses.replace(task, embedding_size=size), device)
        self.first_step = 0
        self.round = 0
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim <= 1]
        self.optimizer = sgd(matrices, others, protocol)
        self._forward = ModelForward(self.model, self.average)
        self._average_params = list(self.average.parameters())
        self._params = [p.detach() for p in self.model.parameters()]
        self._average_buffers = [b for b in self.average.buffers() if b.is_floating_point()]
        self._buffers = [b for b in self.model.buffers() if b.is_floating_point()]

    def _place(self, model: nn.Module, device: torch.device) -> nn.Module:
        model = model.to(device)
        if self._format:
            for parameter in model.parameters():
                if parameter.ndim == 4:
                    parameter.data = parameter.data.contiguous(memory_format=self._format)
        return model

    def start_round(self, facts: RoundFacts) -> None:
        """Tell the method what the last query bought."""
        self.round = facts.round
        self.state = self._checked(self.method.round_start(self.state, facts))

    def train_round(
        self, batches: Iterable[Batch], validate: Callable[[nn.Module], float], progress: Callable[[int], None]
    ) -> Trained:
        """Train for the protocol's steps; keep the weights that validate best.

        Parameters
        ----------
        batches
            One batch a step.
        validate
            Model -> the metric that chooses the weights; higher is better.
        progress
            Called with the number of finished steps now and then.
        """
        steps = self.protocol.steps
        checks = check_steps(self.protocol)
        curves, best = Curves(steps), Best()
        self.model.train()
        for step, batch in enumerate(batches):
            curves.add(step, self._step(step, batch))
            done = step + 1
            if done in checks:
                curves.check_finite(self.round, self.state)
                curves.forget()
                best.offer(validate(self.average), done, self.average)
            if done % 10 == 0 or done == steps:
                progress(done)
        self.first_step += steps
        return Trained(curves.means(), best.step, best.model(self.average))

    def _step(self, step: int, batch: Batch) -> dict[str, Tensor]:
        if self._format:
            formed = {name: view.contiguous(memory_format=self._format) for name, view in batch.views.items()}
            x_lab = batch.x_lab.contiguous(memory_format=self._format)
            batch = dataclasses.replace(batch, x_lab=x_lab, views=formed)
        total = self.first_step + step
        self.optimizer.lr = self.protocol.lr * cosine(step, self.protocol.steps)
        counter = torch.full((), total, dtype=torch.int64, device=self.device)
        with mixed_precision(self.device):
            loss, state, logs = step_results(self.method.loss(self._forward, batch, self.state, counter))
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.state = self._checked({name: value.detach() for name, value in state.items()})
        decay = ema_decay(total, self.protocol.ema)
        average = get_ema_multi_avg_fn(decay)
        with torch.no_grad():
            average(self._average_params, self._params, total)
            if self._buffers:
                average(self._average_buffers, self._buffers, total)
        return {"loss": loss.detach(), **{name: value.detach() for name, value in logs.items()}}

    def _checked(self, state: State) -> State:
        for name, old in self.state.items():
            new = state.get(name)
            if new is None or new.shape != old.shape or new.dtype != old.dtype:
                raise ContractError(f"the method's state '{name}' changed its shape or type, or went missing")
        if len(state) != len(self.state):
            raise ContractError(f"the method's state gained {sorted(set(state) - set(self.state))}")
        return state

    def checkpoint(self) -> dict[str, Any]:
        """All that the next round needs, as tensors and plain values."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "state": self.state,
            "first_step": self.first_step,
        }

    def left(self, trained: Trained) -> dict[str, Any]:
        """All that another trial needs to go on as this one after a round, as tensors and plain values."""
        whole = self.checkpoint() if self.protocol.start == "warm" else {"state": self.state}
        return {
            "checkpoint": whole,
            "best": trained.best.state_dict(),
            "best_step": trained.best_step,
            "curves": trained.curves,
            "seconds": trained.seconds,
        }

    def adopt(self, left: dict[str, Any]) -> Trained:
        """Go on as the learner that left this after a round."""
        if "model" in left["checkpoint"]:
            self.restore(left["checkpoint"])
        else:
            self.state = {name: value.to(self.device) for name, value in left["checkpoint"]["state"].items()}
        best = copy.deepcopy(self.average)
        best.load_state_dict(left["best"])
        return Trained(left["curves"], left["best_step"], best, left["seconds"])

    def restore(self, content: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.model.load_state_dict(content["model"])
        self.average.load_state_dict(content["average"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.state = {name: value.to(self.device) for name, value in content["state"].items()}
        self.first_step = content["first_step"]


class Curves:
    """Means of what each step logs, over at most ``CURVE_POINTS`` stretches of a round, summed on the device.

    Logs are scalars, or (L,) where several lanes train together; ``lane`` then says whose curves are meant.
    """

    def __init__(self, steps: int) -> None:
        self._points = min(CURVE_POINTS, steps)
        self._steps = steps
        self._sums: list[dict[str, Tensor]] = [{} for _ in range(self._points)]
        self._counts = [0] * self._points
        self._losses: list[Tensor] = []
        self._first = 0

    @property
    def _wide(self) -> bool:
        return bool(self._losses) and self._losses[0].ndim > 0

    def add(self, step: int, logs: dict[str, Tensor]) -> None:
        place = step * self._points // self._steps
        sums = self._sums[place]
        self._counts[place] += 1
        self._losses.append(logs["loss"])
        for name, value in logs.items():
            sums[name] = value.float() + sums[name] if name in sums else value.float()

    def check_finite(self, number: int, state: State, lane: int = 0) -> None:
        """Stop the trial where the loss, or what the method remembers, is no number any more.

        Parameters
        ----------
        number
            The round, for the message.
        state
            The method's; with lanes every tensor has them as its first dimension.
        """
        losses = _numbers(self._losses, lane)
        bad = next((at for at, value in enumerate(losses) if not math.isfinite(value)), None)
        if bad is not None:
            last = ", ".join(f"{value:.4g}" for value in losses[max(0, bad - 3) : bad])
            raise TrialError(
                f"the loss became {losses[bad]} in round {number}, step {self._first + bad}; the steps before had "
                f"{last or 'none'}: lower lr or check the data"
            )
        for name, value in state.items():
            if value.is_floating_point() and bool(value[lane if self._wide else ...].isnan().any()):
                raise TrialError(
                    f"the method's state '{name}' became NaN in round {number}, by step {self._first + len(losses) - 1}"
                )

    def forget(self) -> None:
        """Keep no single losses of the steps so far, which have been checked."""
        self._first += len(self._losses)
        self._losses.clear()

    def means(self, lane: int = 0) -> dict[str, list[float]]:
        """name -> the mean of each stretch."""
        names = sorted({name for sums in self._sums for name in sums})
        found: dict[str, list[float]] = {}
        for name in names:
            parts = [(sums[name], count) for sums, count in zip(self._sums, self._counts, strict=True) if name in sums]
            values = _numbers([total for total, _ in parts], lane)
            found[name] = [float(f"{value / count:.6g}") for value, (_, count) in zip(values, parts, strict=True)]
        return found


def _numbers(sums: list[Tensor], lane: int) -> list[float]:
    """A lane's values, read from the device at once."""
    found: list[float] = torch.stack([value.view(-1)[lane] for value in sums]).tolist()
    return found

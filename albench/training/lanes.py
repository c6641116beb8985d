"""Several learners that differ by seed alone, trained in one vectorised step."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from albench.api.method import Batch, Method, State
from albench.training.dropout import Dropout, rate_of
from albench.training.forward import ModelForward, step_results
from albench.training.heads import ATTRIBUTE
from albench.training.learner import Learner
from albench.training.optimizer import optimizer
from albench.training.precision import EXACT, Precision
from albench.training.timed import Marks, Rates, Stepwise, move_averages

Weights = dict[str, Tensor]
VECTOR = 64
"""Numbers that fill whole vectors of any processor, and whole lines of its cache."""


class Bound(nn.Module):
    """A model with other weights, which may be those of several lanes at once."""

    def __init__(self, model: nn.Module, weights: Weights) -> None:
        super().__init__()
        self._call = lambda x: torch.func.functional_call(model, weights, (x,))
        self._part = lambda path, z: torch.func.functional_call(model.get_submodule(path), _of(path, weights), (z,))
        heads = {name: partial(self._part, f"{ATTRIBUTE}.{name}") for name in getattr(model, ATTRIBUTE, ())}
        setattr(self, ATTRIBUTE, heads)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and embeddings."""
        outputs: tuple[Tensor, Tensor] = self._call(x)
        return outputs

    def head(self, z: Tensor) -> Tensor:
        """Logits of embeddings."""
        logits: Tensor = self._part("head", z)
        return logits


def functional(method: Method, model: nn.Module, precision: Precision = EXACT) -> Any:
    """The gradient and the value of a step as a function of tensors alone, for ``torch.func.vmap``.

    Called with weights, their averages, the model's buffers, the fields of a batch (see ``fields``), state, counter and
    the number of the step's dropout masks, None without dropout, it gives ``gradients, (loss, (state, logs))``.
    """
    rate = rate_of(model)

    def loss(
        weights: Weights,
        averages: Weights,
        buffers: Weights,
        batch: Any,
        state: State,
        counter: Tensor,
        mask_number: Tensor | None = None,
    ) -> tuple[Tensor, Any]:
        dropout = None if mask_number is None else Dropout(rate, mask_number)
        student, average = Bound(model, weights | buffers), Bound(model, averages | buffers)
        forward = ModelForward(student, average, dropout, precision=precision)
        value, new_state, logs = step_results(method.loss(forward, Batch(**batch), state, counter))
        return value, (new_state, logs)

    return torch.func.grad_and_value(loss, has_aux=True)


def takes_lanes(method: Method, model: nn.Module) -> bool:
    """Whether a step of several lanes needs no ``vmap``: both work on tensors with the lanes as first dimension."""
    plain = method.labeled_loss_name == "cross-entropy" and not hasattr(model, ATTRIBUTE)
    return plain and method.takes_lanes and getattr(model, "takes_lanes", False)


def direct(method: Method, model: nn.Module, weights: Weights, averages: Weights, precision: Precision = EXACT) -> Any:
    """What ``functional`` under ``vmap`` gives, for a method and a model that take lanes as they are.

    Parameters
    ----------
    weights, averages
        (L, ...) by name; the memory of the ones that the step is called with, so that these are left out there.
    """
    student, average = with_weights(model, weights), with_weights(model, averages).requires_grad_(False).eval()
    forward, rate = ModelForward(student, average, precision=precision), rate_of(model)
    parameters = dict(student.named_parameters())
    lanes = next(iter(weights.values())).shape[:1]
    ones = torch.ones(lanes, device=next(iter(weights.values())).device)

    def step(batch: Any, state: State, counter: Tensor, mask_numbers: Tensor | None = None) -> tuple[Weights, Any]:
        forward.dropout = None if mask_numbers is None else Dropout(rate, mask_numbers)
        loss, new_state, logs = step_results(method.loss(forward, Batch(**batch), state, counter), tuple(lanes))
        # No lane's loss reads another's weights: the gradient of their sum is that of each.
        gradients = torch.autograd.grad(loss, list(parameters.values()), ones, materialize_grads=True)
        return dict(zip(parameters, gradients, strict=True)), (loss, (new_state, logs))

    return step


def with_weights(model: nn.Module, weights: Weights) -> nn.Module:
    """The model with other weights, of several lanes at once, in the memory that they have."""
    made = copy.deepcopy(model)
    for name, value in weights.items():
        path, _, last = name.rpartition(".")
        setattr(made.get_submodule(path), last, nn.Parameter(value))
    return made


def pieces(stacked: Tensor) -> list[Tensor]:
    """Parts of (L, ...) numbers that an operation may go through without a lane's neighbours telling in its rounding.

    Numbers that do not fill a vector instruction are rounded in another way, so that lanes go each by itself where they
    do not fill all of theirs.
    """
    return [stacked] if stacked.shape[1:].numel() % VECTOR == 0 else list(stacked.unbind())


def fields(batch: Batch) -> dict[str, Any]:
    """A batch as nested plain containers, by the names of its fields."""
    return {name: dict(value) if isinstance(value, dict) else value for name, value in vars(batch).items()}


def stack(lanes: Sequence[Any]) -> Any:
    """Nested containers of tensors, one of each lane, as one whose tensors have the lanes as first dimension."""
    first = lanes[0]
    if isinstance(first, Tensor):
        return torch.stack(list(lanes))
    if isinstance(first, dict):
        return {name: stack([one[name] for one in lanes]) for name in first}
    return tuple(stack([one[place] for one in lanes]) for place in range(len(first)))


class Stack(Stepwise):
    """Learners side by side: every tensor has the lanes as its first dimension.

    Weights, moving averages, what the optimizer keeps and the method's memory are copied in, and back by ``end_round``.
    The method and the backbone are to be ``vmap_safe``.

    Parameters
    ----------
    learners
        Of one method, backbone, task and protocol, after as many steps. A lone one is given a twin: some operations are
        carried out in another way where there is one lane only, and a lane is to come out the same in any company.
    """

    def __init__(self, learners: Sequence[Learner]) -> None:
        first = learners[0]
        if len(learners) == 1:
            learners = [first, first]
        self.learners = learners
        self.protocol = first.protocol
        self.device = first.device
        self.round, self.steps, self.first_step = first.round, first.steps, first.first_step
        self.state: State = stack([learner.state for learner in learners])
        self._weights: Weights = stack([_parameters(learner.model) for learner in learners])
        self._buffers: Weights = stack([dict(learner.model.named_buffers()) for learner in learners])
        # A vmap-safe model changes no buffer, so that its average has the same ones.
        self._averages: Weights = stack([_parameters(learner.average) for learner in learners])
        self._pieces = {name: pieces(value) for name, value in self._weights.items()}
        small = [name for name, value in first.model.named_parameters() if value.ndim <= 1]
        self.optimizer = optimizer(
            [piece for name, each in self._pieces.items() for piece in each if name not in small],
            [piece for name, each in self._pieces.items() for piece in each if name in small],
            self.protocol,
        )
        self._every_weight = [piece for each in self._pieces.values() for piece in each]
        self._averaged = [piece for value in self._averages.values() for piece in pieces(value)]
        self._load_kept()
        self._lane_gradients = self._gradients_of(first)

    def _gradients_of(self, first: Learner) -> Any:
        """The function of batch, state, counter and mask numbers that gives the gradients of a step, and its value."""
        if takes_lanes(first.method, first.model):
            return direct(first.method, first.model, self._weights, self._averages, first.precision)
        in_dims = (0, 0, 0, 0, 0, None, 0 if first.dropout_rate else None)
        vectorised = torch.func.vmap(functional(first.method, first.model, first.precision), in_dims=in_dims)
        return partial(vectorised, self._weights, self._averages, self._buffers)

    def marks(self, number: int) -> Marks:
        """Which step one of the round is."""
        counter = torch.full((), self.first_step + number, dtype=torch.int64, device=self.device)
        return Marks(counter, self._mask_numbers(number))

    def make(self, batches: Sequence[Batch], rates: Rates, marks: Marks) -> dict[str, Tensor]:
        """A step of these rates and marks: all that it reads by number are tensors where these are."""
        self.optimizer.lr = rates.lr
        batch = stack([fields(one) for one in (batches if len(batches) > 1 else [*batches, *batches])])
        with self.learners[0].precision.step():
            gradients, (loss, (state, logs)) = self._lane_gradients(batch, self.state, marks.counter, marks.masks)
        if self.protocol.clip:
            self._clip(gradients)
        for name, own in self._pieces.items():
            for piece, its in zip(own, pieces(gradients[name]), strict=True):
                # The optimizer's kernel reads both in the order of memory.
                piece.grad = its if its.stride() == piece.stride() else torch.empty_like(piece).copy_(its)
        self.optimizer.step()
        self.state = {name: value.detach() for name, value in state.items()}
        move_averages(self._averaged, self._every_weight, rates.moved)
        return {"loss": loss.detach(), **{name: value.detach() for name, value in logs.items()}}

    def _clip(self, gradients: Weights) -> None:
        """Shorten the gradient of each lane that is longer than the protocol allows, where it lies."""
        for lane in range(len(self.learners)):
            slices = [value[lane] for value in self._weights.values()]
            for weight, name in zip(slices, self._weights, strict=True):
                weight.grad = gradients[name][lane]
            clip_grad_norm_(slices, self.protocol.clip)

    def written(self) -> list[Tensor]:
        """All that a step writes to in place."""
        return [*self._weights.values(), *self._averages.values(), *self.optimizer.memory()]

    def _mask_numbers(self, number: int) -> Tensor | None:
        """(L,) numbers of a step's dropout masks; None without dropout."""
        numbers = [one.mask_numbers[number] for one in self.learners if one.mask_numbers is not None]
        return torch.stack(numbers) if numbers else None

    def averaged(self, lane: int) -> nn.Module:
        """A lane's moving average: its learner's own model, brought up to date."""
        model = self.learners[lane].average
        with torch.no_grad():
            for name, value in model.named_parameters():
                value.copy_(self._averages[name][lane])
        return model

    def state_of(self, lane: int) -> State:
        """A lane's state of the method."""
        return {name: value[lane] for name, value in self.state.items()}

    def end_round(self) -> None:
        """Give the learners what the lanes have become."""
        for lane, learner in enumerate(self.learners):
            self.averaged(lane)
            with torch.no_grad():
                for name, value in learner.model.named_parameters():
                    value.copy_(self._weights[name][lane])
                    own = self._pieces[name]
                    if kept := self.optimizer.kept(own[lane if len(own) > 1 else 0]):
                        its = {each: one[lane] if one.ndim > value.ndim else one for each, one in kept.items()}
                        learner.optimizer.keep(value, {each: one.clone() for each, one in its.items()})
            learner.state = {name: value[lane].clone() for name, value in self.state.items()}
            learner.first_step = self.first_step + self.steps

    def _load_kept(self) -> None:
        for name, own in self._pieces.items():
            kept = [learner.optimizer.kept(learner.model.get_parameter(name)) for learner in self.learners]
            if len(own) > 1:
                for piece, one in zip(own, kept, strict=True):
                    if one:
                        self.optimizer.keep(piece, {each: there.clone() for each, there in one.items()})
            elif kept[0]:  # as many steps behind them all, so that what counts them is one number
                joined = {each: torch.stack([one[each] for one in kept]) for each in kept[0]}
                self.optimizer.keep(own[0], {each: one if one.ndim > 1 else one[0] for each, one in joined.items()})


def _of(path: str, weights: Weights) -> Weights:
    """The weights of a part of the model, by their names in it."""
    prefix = f"{path}."
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def _parameters(model: nn.Module) -> Weights:
    return {name: value.detach() for name, value in model.named_parameters()}

"""Several learners that differ by seed alone, trained in one vectorised step."""

from __future__ import annotations

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
from albench.training.schedule import ema_decay, lr_factor

Weights = dict[str, Tensor]


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


class Stack:
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
        self.first_step = first.first_step
        self.state: State = stack([learner.state for learner in learners])
        self._weights: Weights = stack([_parameters(learner.model) for learner in learners])
        self._buffers: Weights = stack([dict(learner.model.named_buffers()) for learner in learners])
        # A vmap-safe model changes no buffer, so that its average has the same ones.
        self._averages: Weights = stack([_parameters(learner.average) for learner in learners])
        # The optimizer and the average work on each lane's own slice: over one flat tensor, which numbers a vector
        # instruction takes together would depend on the lanes beside, and with it their rounding.
        small = [name for name, value in first.model.named_parameters() if value.ndim <= 1]
        self._slices = [{name: value[lane] for name, value in self._weights.items()} for lane in range(len(learners))]
        self._optimizer = optimizer(
            [weights[name] for weights in self._slices for name in weights if name not in small],
            [weights[name] for weights in self._slices for name in small],
            self.protocol,
        )
        self._every_weight = [weight for weights in self._slices for weight in weights.values()]
        self._averaged = [value[lane] for lane in range(len(learners)) for value in self._averages.values()]
        self._load_kept()
        in_dims = (0, 0, 0, 0, 0, None, 0 if first.dropout_rate else None)
        self._lane_gradients = torch.func.vmap(functional(first.method, first.model, first.precision), in_dims=in_dims)

    @property
    def round(self) -> int:
        """The learners'."""
        return self.learners[0].round

    @property
    def steps(self) -> int:
        """The learners', of the round."""
        return self.learners[0].steps

    def step(self, number: int, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """One training step of all lanes; returns what each logged, (L,) by name."""
        total = self.first_step + number
        self._optimizer.lr = self.protocol.lr * lr_factor(self.protocol, number, self.steps)
        counter = torch.full((), total, dtype=torch.int64, device=self.device)
        batch = stack([fields(one) for one in (batches if len(batches) > 1 else [*batches, *batches])])
        with self.learners[0].precision.step():
            gradients, (loss, (state, logs)) = self._lane_gradients(
                self._weights, self._averages, self._buffers, batch, self.state, counter, self._mask_numbers(number)
            )
        for lane, weights in enumerate(self._slices):
            for name, weight in weights.items():
                weight.grad = gradients[name][lane]
            if self.protocol.clip:
                clip_grad_norm_(weights.values(), self.protocol.clip)
        self._optimizer.step()
        self.state = {name: value.detach() for name, value in state.items()}
        torch._foreach_lerp_(self._averaged, self._every_weight, 1 - ema_decay(total, self.protocol.ema))
        return {"loss": loss.detach(), **{name: value.detach() for name, value in logs.items()}}

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
                    weight = self._slices[lane][name]
                    value.copy_(weight)
                    if kept := self._optimizer.kept(weight):
                        learner.optimizer.keep(value, kept)
            learner.state = {name: value[lane].clone() for name, value in self.state.items()}
            learner.first_step = self.first_step + self.steps

    def _load_kept(self) -> None:
        for lane, learner in enumerate(self.learners):
            for name, value in learner.model.named_parameters():
                if kept := learner.optimizer.kept(value):
                    copied = {each: tensor.clone() for each, tensor in kept.items()}
                    self._optimizer.keep(self._slices[lane][name], copied)


def _of(path: str, weights: Weights) -> Weights:
    """The weights of a part of the model, by their names in it."""
    prefix = f"{path}."
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def _parameters(model: nn.Module) -> Weights:
    return {name: value.detach() for name, value in model.named_parameters()}

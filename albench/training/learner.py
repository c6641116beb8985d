"""Everything that training changes: the model, its moving average, the optimizer and the method's memory."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from albench.api.method import Batch, Method, RoundFacts, State
from albench.api.task import Task
from albench.devices import can
from albench.errors import ContractError
from albench.suite.protocol import Protocol
from albench.training.dropout import Dropout, rate_of, step_numbers
from albench.training.forward import ModelForward, step_results
from albench.training.heads import sized
from albench.training.optimizer import optimizer
from albench.training.precision import precision_of
from albench.training.timed import Marks, Rates, Stepwise, move_averages


class Learner(Stepwise):
    """Everything that training changes, from round to round.

    Parameters
    ----------
    model
        Freshly built, on the CPU, with the method's own heads (see ``albench.training.heads``).
    seed
        The trial's, of which dropout masks come.
    """

    def __init__(
        self, model: nn.Module, method: Method, task: Task, protocol: Protocol, device: torch.device, seed: int = 0
    ) -> None:
        # channels-last pays on tensor cores only
        self._format = torch.channels_last if can(device).channels_last and task.modality == "image" else None
        self.model = self._place(model, device)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.method = method
        self.protocol = protocol
        self.device = device
        self.state: State = method.init(sized(task, model), device)
        self.first_step = 0
        self.round = 0
        self.steps = 0
        self.dropout_rate = rate_of(model)
        self.mask_numbers: Tensor | None = None
        self._seed = seed
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim <= 1]
        self.optimizer = optimizer(matrices, others, protocol)
        self.precision = precision_of(protocol, device, full=method.full_precision)
        self._forward = ModelForward(self.model, self.average, precision=self.precision)
        self._average_params: list[Tensor] = list(self.average.parameters())
        self._counters = torch.arange(0, device=device)
        self._params = [p.detach() for p in self.model.parameters()]
        self._average_buffers = [b for b in self.average.buffers() if b.is_floating_point()]
        self._buffers = [b for b in self.model.buffers() if b.is_floating_point()]

    def _place(self, model: nn.Module, device: torch.device) -> nn.Module:
        model = placed(model, device)
        if self._format:
            for parameter in model.parameters():
                if parameter.ndim == 4:
                    parameter.data = parameter.data.contiguous(memory_format=self._format)
        return model

    def start_round(self, facts: RoundFacts) -> None:
        """Tell the method what the last query bought, and be ready for the round's steps."""
        self.round, self.steps = facts.round, facts.steps
        self.state = self._checked(self.method.round_start(self.state, facts))
        self.model.train()
        self._counters = torch.arange(self.first_step, self.first_step + facts.steps, device=self.device)
        if self.dropout_rate:
            self.mask_numbers = step_numbers(self._seed, facts.round, facts.steps, self.device)

    def marks(self, number: int) -> Marks:
        """Which step one of the round is."""
        return Marks(self._counters[number], None if self.mask_numbers is None else self.mask_numbers[number])

    def make(self, batches: Sequence[Batch], rates: Rates, marks: Marks) -> dict[str, Tensor]:
        """A step of these rates and marks: all that it reads by number are tensors where these are."""
        (batch,) = batches
        if self._format:
            formed = {name: view.contiguous(memory_format=self._format) for name, view in batch.views.items()}
            x_lab = batch.x_lab.contiguous(memory_format=self._format)
            batch = dataclasses.replace(batch, x_lab=x_lab, views=formed)
        self.optimizer.lr = rates.lr
        if marks.masks is not None:
            self._forward.dropout = Dropout(self.dropout_rate, marks.masks)
        with self.precision.step():
            loss, state, logs = step_results(self.method.loss(self._forward, batch, self.state, marks.counter))
            loss.backward()
        if self.protocol.clip:
            clip_grad_norm_(self.model.parameters(), self.protocol.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.state = self._checked({name: value.detach() for name, value in state.items()})
        move_averages(self._average_params, self._params, rates.moved)
        if self._buffers:
            move_averages(self._average_buffers, self._buffers, rates.moved)
        return {"loss": loss.detach(), **{name: value.detach() for name, value in logs.items()}}

    def written(self) -> list[Tensor]:
        """All that a step writes to in place."""
        return [
            *(*self._params, *self._average_params, *self.model.buffers(), *self._average_buffers),
            *self.optimizer.memory(),
        ]

    def averaged(self, lane: int = 0) -> nn.Module:
        """The moving average of the weights; a learner has one lane."""
        return self.average

    def state_of(self, lane: int = 0) -> State:
        """The method's state; a learner has one lane."""
        return self.state

    def end_round(self) -> None:
        """Count the round's steps."""
        self.first_step += self.steps

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

    def restore(self, content: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.model.load_state_dict(content["model"])
        self.average.load_state_dict(content["average"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.state = {name: value.to(self.device) for name, value in content["state"].items()}
        self.first_step = content["first_step"]


def placed(model: nn.Module, device: torch.device) -> nn.Module:
    """A model on a device, sent in one copy for each type: the host waits for each."""
    if device.type == "cpu":
        return model.to(device)
    found = [each for each in (*model.parameters(), *model.buffers()) if each.device != device]
    kinds: dict[torch.dtype, list[Tensor]] = {}
    for each in found:
        kinds.setdefault(each.dtype, []).append(each.detach())
    there: dict[int, Tensor] = {}
    for given in kinds.values():
        whole = torch.cat([each.reshape(-1) for each in given]).to(device)
        parts = whole.split([each.numel() for each in given])
        same = [each for each in found if each.dtype == whole.dtype]
        # Memory of its own for each, as kernels that read vectors want it.
        there |= {id(each): part.view(each.shape).clone() for each, part in zip(same, parts, strict=True)}
    return model._apply(lambda each: there.get(id(each), each))

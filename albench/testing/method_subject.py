"""A method under test: steps are made with it, whose loss, gradients and state are checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from albench.api.method import Method, State
from albench.testing.report import Fault, NotApplicable, Subject, quoted
from albench.testing.steps import FEATURES, IMAGES, Step, StepCase, prepare


class MethodSubject(Subject):
    """A method under test."""

    def __init__(self, build: Callable[[], Any]) -> None:
        super().__init__(build)
        method = build()
        if not isinstance(method, Method):
            raise Fault(f"{type(method).__name__} is no method: subclass albench.api.Method")
        if "steps" not in method.training:
            raise NotApplicable("it trains nothing by steps: it fits estimators whole")
        reasons = {task: method.skip(task) for task in (FEATURES, IMAGES)}
        runs = [task for task, reason in reasons.items() if not reason]
        if not runs:
            raise NotApplicable(f"it does not run on the kit's tasks: {reasons[FEATURES]}")
        self.task = runs[0]

    def prepare(self, method: Method | None = None, *, dtype: torch.dtype = torch.float32, **case: Any) -> Step:
        """The inputs of a step; keywords are those of ``StepCase``."""
        given = StepCase(**{"task": self.task, **case})
        self.case = str(given)
        return prepare(method or self.build(), given, dtype=dtype)

    def step(self, method: Method | None = None, *, dtype: torch.dtype = torch.float32, **case: Any) -> Step:
        """A step made, with a finite scalar loss."""
        method = method or self.build()
        step = self.prepare(method, dtype=dtype, **case).make(method)
        finite_scalar(step.loss)
        return step


def finite_scalar(loss: Any) -> None:
    """Check a loss.

    Raises
    ------
    Fault
        It is no finite scalar that can be differentiated.
    """
    if not isinstance(loss, Tensor) or loss.shape != () or not loss.is_floating_point():
        kind = f"a tensor of shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else f"a {type(loss).__name__}"
        raise Fault(f"the loss is {kind}, not a floating-point tensor of shape ()")
    if not bool(torch.isfinite(loss)):
        raise Fault(f"the loss is {float(loss)}")
    if not loss.requires_grad:
        raise Fault("the loss has no gradient")


def finite_gradients(step: Step) -> dict[str, Tensor]:
    """The gradients by name.

    Raises
    ------
    Fault
        A weight has none, or one that is not finite.
    """
    found: dict[str, Tensor] = {}
    for name, gradient in step.gradients().items():
        if gradient is None:
            raise Fault(f"no gradient reaches the model's {name}")
        if not bool(torch.isfinite(gradient).all()):
            raise Fault(f"the gradient of the model's {name} is not finite")
        found[name] = gradient
    return found


def state_like(state: Any, first: State, where: str) -> None:
    """Check that a state has the keys, shapes, types and devices of the first one."""
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise Fault(f"{where} gives no dict of tensors")
    if state.keys() != first.keys():
        changed = sorted(state.keys() ^ first.keys())
        raise Fault(f"{where} adds or drops the state {quoted(changed)}")
    for name, value in state.items():
        old = first[name]
        if value.shape != old.shape or value.dtype != old.dtype:
            was, now = f"{tuple(old.shape)} {old.dtype}", f"{tuple(value.shape)} {value.dtype}"
            raise Fault(f"{where} turns the state '{name}' from {was} into {now}")
        if value.device != old.device:
            raise Fault(f"{where} moves the state '{name}' from {old.device} to {value.device}")

"""How a method's step has to behave in a CUDA graph, in which each of Python's numbers stays as it was."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from albench.devices import SideStream, there
from albench.testing.method_losses import NO_FIXED_ORDER
from albench.testing.method_subject import MethodSubject
from albench.testing.on_device import a_device
from albench.testing.report import Fault, NotApplicable
from albench.testing.steps import Step, StepCase, flat, prepare
from albench.trial.numerics import numerics

CLOSE = {"rtol": 1e-5, "atol": 1e-7}
"""As of lanes; on a pretended device equal steps are equal to the bit."""


def graph_agrees(subject: MethodSubject) -> None:
    """A step captured as a CUDA graph, or on a pretended device, gives on another batch what the loss gives there."""
    method, device = subject.build(), torch.device("cuda", 0)
    if not method.vmap_safe:
        raise NotApplicable("it says that its loss does not keep the rules (vmap_safe)")
    real = bool(there("cuda"))
    with a_device("cuda"), numerics(torch.get_num_threads(), device), warnings.catch_warnings():
        if not real:
            warnings.filterwarnings("ignore", NO_FIXED_ORDER)
        cases = [StepCase(what="a graph", task=subject.task, seed=seed, step=seed) for seed in (0, 1, 2)]
        subject.case = f"{cases[1]}, replayed with {cases[2]}"
        warm, first, other = (prepare(method, case, device=device) for case in cases)
        stream = SideStream(device)
        with stream.launching():
            _made(warm.make(method))
        try:
            results, replay = stream.captured(lambda: _made(first.make(method)))
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            raise Fault(
                f"its step cannot be captured ({reason}): wait for no value, and send nothing from the host"
            ) from None
        with torch.no_grad():
            for into, value in zip(first.inputs.values(), other.inputs.values(), strict=True):
                into.copy_(value)
            first.counter.copy_(other.counter)
        replay()
        for name, value in _made(other.make(method)).items():
            if not torch.allclose(results[name].double(), value.double(), equal_nan=True, **CLOSE):
                raise Fault(
                    f"in a graph {name} is another on the next batch: a number of Python changes from step to step; "
                    "take it from the step, the state or draw"
                )


def _made(step: Step) -> dict[str, Tensor]:
    """All that a step gives, by name."""
    gradients = {name: value for name, value in step.gradients().items() if value is not None}
    parts = {"loss": step.loss, "state": step.new_state, "log": step.logs, "gradient": gradients}
    return {name: value.detach() for name, value in flat(parts).items()}

"""The model as a method's loss calls it, and what comes back from both, checked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from albench.api.method import State
from albench.errors import ContractError
from albench.training.dropout import Dropout
from albench.training.heads import ATTRIBUTE
from albench.training.precision import EXACT, Precision, widened


class ModelForward:
    """The model inside a loss (see ``albench.api.Forward``).

    Attributes
    ----------
    dropout
        The step's masks on the embedding, for the passes that training goes through; passes without gradient and probes
        are of the whole network.

    Parameters
    ----------
    precision
        What the network multiplies in. What a pass gives is float32 in any.
    """

    def __init__(
        self, student: nn.Module, average: nn.Module, dropout: Dropout | None = None, *, precision: Precision = EXACT
    ) -> None:
        self._student = student
        self._average = average
        self.dropout = dropout
        self._precision = precision
        self._normalizers = [m for m in student.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]

    def __call__(self, x: Tensor) -> Tensor:
        return widened(self._learning(x)[0])

    def embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return _both_widened(self._learning(x))

    def frozen(self, x: Tensor) -> Tensor:
        # Pseudo labels use the batch's own statistics, as training does, and leave the running ones alone.
        return widened(self._frozen(x)[0])

    def frozen_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return _both_widened(self._frozen(x))

    def head(self, z: Tensor, name: str = "") -> Tensor:
        with self._precision.network():
            return widened(self._head(name)(z if self.dropout is None else self.dropout(z)))

    def frozen_head(self, z: Tensor, name: str = "") -> Tensor:
        with torch.no_grad(), self._precision.network():
            return widened(self._head(name)(z))

    def _learning(self, x: Tensor) -> tuple[Tensor, Tensor]:
        with self._precision.network():
            logits, embeddings = outputs(self._student(x))
            if self.dropout is None:
                return logits, embeddings
            return self._head("")(self.dropout(embeddings)), embeddings

    def _frozen(self, x: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad(), self._precision.network(), _statistics_untouched(self._normalizers):
            return outputs(self._student(x))

    def _averaged(self, x: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad(), self._precision.network():
            return outputs(self._average(x))

    def _head(self, name: str) -> Callable[[Tensor], Tensor]:
        """The student's head, or the method's own one of that name."""
        student: Any = self._student
        own = getattr(student, ATTRIBUTE, {})
        if name and name not in own:
            raise ContractError(f"the method asks for the head '{name}', which its heads do not name")
        found: Callable[[Tensor], Tensor] = own[name] if name else student.head
        return found

    def probe(self, x: Tensor) -> Tensor:
        with self._precision.network(), _statistics_untouched(self._normalizers):
            return widened(outputs(self._student(x))[0])

    def ema(self, x: Tensor) -> Tensor:
        return widened(self._averaged(x)[0])

    def ema_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return _both_widened(self._averaged(x))


@contextlib.contextmanager
def _statistics_untouched(normalizers: list[Any]) -> Iterator[None]:
    for module in normalizers:
        module.track_running_stats = False
    try:
        yield
    finally:
        for module in normalizers:
            module.track_running_stats = True


def _both_widened(both: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return widened(both[0]), widened(both[1])


def outputs(returned: object) -> tuple[Tensor, Tensor]:
    """What a backbone's model gave, as logits and embeddings.

    Raises
    ------
    ContractError
        Where it is not a pair of tensors. A lone tensor would be taken apart along its items.
    """
    if isinstance(returned, tuple) and len(returned) == 2 and all(isinstance(each, Tensor) for each in returned):
        return returned
    raise ContractError(f"the backbone's model must return (logits, embedding), not {_described(returned)}")


def step_results(given: object, lanes: tuple[int, ...] = ()) -> tuple[Tensor, State, dict[str, Tensor]]:
    """What a method's ``loss`` returned, as the loss, the new state and what it logs.

    Parameters
    ----------
    lanes
        What the loss and each log is to be shaped like.

    Raises
    ------
    ContractError
        Where it is something else.
    """
    if not (isinstance(given, tuple) and len(given) == 3 and isinstance(given[1], dict) and isinstance(given[2], dict)):
        raise ContractError(f"the method's loss must return (loss, state, logs), not {_described(given)}")
    loss, _, logs = given
    for name, value in (("loss", loss), *logs.items()):
        if not isinstance(value, Tensor) or value.shape != lanes:
            raise ContractError(f"the method's '{name}' must be a tensor of shape {lanes}, not {_described(value)}")
    return given


def _described(value: object) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, tuple | list):
        return f"{type(value).__name__} of {', '.join(type(each).__name__ for each in value) or 'nothing'}"
    return "None: does it end in a return?" if value is None else type(value).__name__

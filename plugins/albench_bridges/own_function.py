"""A function in a Python file as a strategy: its arguments say what it reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable as Function
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from albench.api import Strategy, UserError, View, import_file, option
from albench.kernels import require_finite

ARGUMENTS: dict[str, tuple[str, str]] = {
    "probs": ("probs", "(N, C) class probabilities of the unlabelled items"),
    "logits": ("logits", "(N, C) what a softmax makes them of"),
    "embeddings": ("embeddings", "(N, E) what the last layer reads"),
    "x": ("", "(N, ...) the unlabelled items"),
    "labeled_x": ("", "(L, ...) the labelled items"),
    "labeled_y": ("", "(L,) their labels"),
    "labeled_probs": ("probs", "(L, C) their class probabilities"),
    "labeled_embeddings": ("embeddings", "(L, E) their embeddings"),
    "n": ("", "how many to choose"),
    "n_classes": ("", "C"),
    "round": ("", "which query this is, from 0"),
    "rng": ("", "a numpy.random.Generator, the only source of chance"),
}
"""Name of an argument -> what a strategy has to need for it, and what it is."""
_COLD = {"embeddings", "n", "n_classes", "round", "rng"}
"""What there is without a model and a label."""


@dataclass(frozen=True)
class Callable(Strategy):
    """Choose what a function of your own chooses: ``callable[path=mine.py:pick]``.

    ``pick`` is called once a round, with arrays of NumPy, of what its arguments name::

        def pick(probs, embeddings, n):
            return (1 - probs.max(axis=1)).argsort()[-n:]

    The arguments that it may have are ``probs``, ``logits`` (N, C), ``embeddings`` (N, E) and ``x`` of the N unlabelled
    items, ``labeled_probs``, ``labeled_embeddings``, ``labeled_x`` and ``labeled_y`` of the labelled ones, ``n``,
    ``n_classes``, ``round`` and ``rng`` (a ``numpy.random.Generator``); one of another name needs a default. It returns
    n positions among the unlabelled items, or with ``returns=scores`` a number for each: the largest are taken.

    Notes
    -----
    A change of the file, and of modules beside it that it imports, is a change of the strategy: what it chose before is
    not mixed with what it chooses now. For options of its own and more than this, write a strategy (docs/plugins).
    """

    _function: ClassVar[Function[..., Any]]

    path: str = option(help="FILE.py:FUNCTION")
    returns: Literal["positions", "scores"] = option("positions", "what the function returns: n positions, or N scores")

    def __post_init__(self) -> None:
        file, _, name = self.path.rpartition(":")
        if not file or not name:
            raise UserError(f"callable[path={self.path}]: write callable[path=FILE.py:FUNCTION].")
        function = _function(Path(file).expanduser(), name, f"callable[path={self.path}]")
        object.__setattr__(self, "_function", function)  # each build imports the file as it is then

    @property
    def _arguments(self) -> tuple[str, ...]:
        return tuple(name for name in inspect.signature(self._function).parameters if name in ARGUMENTS)

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]  # the function's arguments say it
        """What the function's arguments name."""
        return frozenset(need for name in self._arguments if (need := ARGUMENTS[name][0]))

    @property
    def cold_start(self) -> bool:  # type: ignore[override]  # as above
        """Whether the function does with embeddings alone."""
        return set(self._arguments) <= _COLD

    def scores(self, view: View) -> Tensor:
        """(N,) what the function returns."""
        return torch.as_tensor(np.asarray(self._call(view, len(view))), device=view.device)

    def select(self, view: View, budget: int) -> Tensor:
        """The positions that the function returns, or those of the largest of its scores."""
        if self.returns == "scores":
            return super().select(view, budget)
        positions: Tensor = self._call(view, budget)  # whatever it is: what is wrong with it is said of all strategies
        return positions

    def _call(self, view: View, n: int) -> Any:
        given: dict[str, Any] = {name: n if name == "n" else getattr(view, name) for name in self._arguments}
        require_finite(**{name: values for name, values in given.items() if ARGUMENTS[name][0]})
        return self._function(
            **{name: value.cpu().numpy() if isinstance(value, Tensor) else value for name, value in given.items()}
        )


def _function(file: Path, name: str, where: str) -> Function[..., Any]:
    """A function of a file, if its arguments are known."""
    try:
        module = import_file(file)
    except OSError as error:
        raise UserError(f"{where}: {file} cannot be read ({error.strerror}).") from error
    except Exception as error:
        raise UserError(f"{where}: {file.name} cannot be imported: {type(error).__name__}: {error}") from error
    functions = [key for key, value in vars(module).items() if inspect.isfunction(value) and not key.startswith("_")]
    function: Function[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        raise UserError(f"{where}: {file.name} has no function {name}: it has {', '.join(functions) or 'none'}.")
    for key, one in inspect.signature(function).parameters.items():
        named = one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        optional = one.default is not one.empty or one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
        if not optional and not (named and key in ARGUMENTS):
            raise UserError(
                f"{where}: {name} has an argument '{key}': name it as one of {', '.join(ARGUMENTS)}, or give a default."
            )
    return function

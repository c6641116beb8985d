"""What strategies answer: scores and positions, taken in each form that numbers come in, and checked."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from albench.api.strategy import Strategy, View
from albench.errors import ContractError
from albench.kernels import NonFiniteScores


def choose(strategy: Strategy, view: View, budget: int, name: str) -> Tensor:
    """A strategy's picks, checked.

    Raises
    ------
    ContractError
        Naming the strategy, where its scores are not finite or its answer is not what was asked for.
    """
    try:
        picks = strategy.select(view, budget)
    except (NonFiniteScores, ContractError) as error:
        raise ContractError(f"strategy '{name}': {error}") from error
    return checked_picks(picks, view, budget, name)


def checked_picks(picks: object, view: View, budget: int, strategy: str) -> Tensor:
    """A strategy's answer as (budget,) int64 positions on the CPU; a NumPy array or a list of whole numbers is taken.

    Raises
    ------
    ContractError
        Saying what is wrong with it: its type, count, range or a duplicate.
    """
    given = as_tensor(picks)
    if given is None or given.ndim != 1 or given.is_floating_point() or given.dtype == torch.bool:
        hint = ": does select end in a return?" if picks is None else ""
        raise ContractError(
            f"strategy '{strategy}' must return a 1-d tensor of whole numbers, not {_kind(picks)}{hint}"
        )
    if len(given) != budget:
        raise ContractError(f"strategy '{strategy}' returned {len(given)} positions, {budget} were asked for")
    positions = given.detach().to("cpu", torch.int64)
    if bool(((positions < 0) | (positions >= len(view))).any()):
        raise ContractError(
            f"strategy '{strategy}' returned a position outside 0 .. {len(view) - 1}: "
            "positions in the view are asked for, not pool ids"
        )
    if len(positions.unique()) != budget:
        raise ContractError(f"strategy '{strategy}' returned {budget - len(positions.unique())} positions twice")
    return positions


def checked_scores(scores: object, device: torch.device) -> Tensor:
    """Scores as (N,) numbers on a device; a NumPy array is taken as a tensor.

    Raises
    ------
    ContractError
        Saying what they are instead.
    """
    given = as_tensor(scores) if isinstance(scores, np.ndarray) else scores
    if not isinstance(given, Tensor) or given.ndim != 1 or given.is_complex() or given.dtype == torch.bool:
        hint = ": does it end in a return?" if scores is None else ""
        raise ContractError(f"its scores must be a 1-d tensor of numbers, one an item, not {_kind(scores)}{hint}")
    return given.to(device)


def as_tensor(values: object) -> Tensor | None:
    """Numbers in one of the forms that they come in; None for anything else."""
    if isinstance(values, list | tuple) and values:
        values = np.asarray(values)
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        return torch.from_numpy(values.astype(np.float64 if values.dtype.kind == "f" else np.int64))
    return values if isinstance(values, Tensor) else None


def _kind(value: object) -> str:
    if isinstance(value, Tensor):
        return f"a {value.ndim}-d tensor of {value.dtype}"
    if isinstance(value, np.ndarray):
        return f"a {value.ndim}-d array of {value.dtype}"
    return type(value).__name__

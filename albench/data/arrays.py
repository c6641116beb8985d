"""Arrays of whatever library as tensors on a device, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albench.data.items import Items
from albench.errors import UserError

Array = Any
"""A NumPy array, a torch tensor, or what ``numpy.asarray`` reads."""
SUM = 1e-3
"""How far from 1 the probabilities of an item may sum."""


def numbers(value: Array, name: str, kinds: str) -> np.ndarray:
    """An array of one of NumPy's kinds of numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in kinds:
        raise UserError(f"{name}: it holds {array.dtype}; numbers are read.")
    return array


def _tensor(value: Array, name: str) -> Tensor:
    """A tensor, over the same memory where that may be written to."""
    if isinstance(value, Tensor):
        return value.detach()
    array = numbers(value, name, "fiub")
    return torch.as_tensor(array if array.flags.writeable else array.copy())


class Reader:
    """Reads arrays of whatever library onto a device, and refuses in one line what is not what it should be."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def common(self, given: dict[str, Any], which: str) -> int | None:
        """How many items all of some arrays are of; None where there is none."""
        sizes = {name: np.shape(each)[1] if name == "mc_probs" else len(each) for name, each in given.items()}
        if len(set(sizes.values())) > 1:
            told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
            raise UserError(f"select: not of the same {which} items: {told}.")
        return next(iter(sizes.values()), None)

    def array(self, value: Array, name: str, ndim: int) -> Tensor:
        """A finite float32 tensor of so many dimensions."""
        tensor = _tensor(value, name)
        if tensor.ndim != ndim:
            raise UserError(f"{name}: its shape is {tuple(tensor.shape)}; {ndim} dimensions are read.")
        tensor = tensor.to(self.device, torch.float32)
        if not bool(torch.isfinite(tensor).all()):
            rows = (~torch.isfinite(tensor)).flatten(1).any(dim=1).nonzero()
            raise UserError(f"{name}: row {int(rows[0])} holds a value that is not finite.")
        return tensor

    def matrix(self, value: Array | None, name: str) -> Tensor | None:
        """(n, d), or None where nothing is given."""
        return None if value is None else self.array(value, name, 2)

    def logits(self, logits: Array | None, probs: Array | None, of: str) -> Tensor | None:
        """(n, C) from either."""
        if logits is not None or probs is None:
            return self.matrix(logits, f"{of}logits")
        found = self.array(probs, f"{of}probs", 2)
        wrong = ((found < 0).any(dim=1) | ((found.sum(dim=1) - 1).abs() > SUM)).nonzero()
        if len(wrong):
            row = int(wrong[0])
            raise UserError(
                f"{of}probs: row {row} is no distribution, it sums to {float(found[row].sum()):.3g}: "
                "give probabilities, or logits=."
            )
        return found.clamp_min(torch.finfo(torch.float32).tiny).log()

    def labels(self, value: Array | None) -> Tensor | None:
        """(L,) int64."""
        if value is None:
            return None
        tensor = _tensor(value, "labeled_y").to(self.device)
        if tensor.ndim != 1 or tensor.is_floating_point() or tensor.dtype == torch.bool or bool((tensor < 0).any()):
            raise UserError("labeled_y: give whole numbers from 0 on, one for each labelled item.")
        return tensor.long()

    def items(self, value: Array, name: str) -> Items:
        """Items as data sets hold them."""
        x = numbers(value.detach().cpu() if isinstance(value, Tensor) else value, name, "fiu")
        return Items(x if x.dtype == np.uint8 else x.astype(np.float32, copy=False), self.device)

    def head(self, given: Any) -> nn.Module:
        """The last layer from a module, or from its weight and bias."""
        if isinstance(given, nn.Module):
            return given.to(self.device)
        if isinstance(given, str):
            raise UserError(f"head '{given}' is the name of a layer: of which model? Give model= and pool= too.")
        weight = self.array(given[0], "head's weight", 2)
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight, layer.bias = nn.Parameter(weight), nn.Parameter(self.array(given[1], "head's bias", 1))
        return layer

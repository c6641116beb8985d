"""What is labelled, the items themselves, and the checks that loaded data must pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from albench.api.dataset import Split, Splits
from albench.errors import ContractError, DataError

RESIDENT_BYTES = 6 * 2**30
"""Arrays up to this size are held on the training device; larger ones stay where they are and are read in blocks."""


class Items:
    """The items of one split, gathered by index onto the training device.

    Parameters
    ----------
    x
        (N, ...) float32 or uint8 array or memory map.
    device
        Where gathered items go.
    """

    def __init__(self, x: np.ndarray, device: torch.device) -> None:
        self.device = device
        self._array = x
        resident = x.nbytes <= RESIDENT_BYTES
        self._tensor = torch.from_numpy(np.array(x, copy=True)).to(device) if resident else None

    def __len__(self) -> int:
        return len(self._array)

    @property
    def is_image(self) -> bool:
        """True for (N, C, H, W) items."""
        return self._array.ndim == 4

    def gather(self, index: Tensor) -> Tensor:
        """(n, ...) copies of the items at ``index`` (n,) int64."""
        if self._tensor is not None:
            return self._tensor.index_select(0, index.to(self.device))
        rows = index.cpu().numpy()
        order = np.argsort(rows, kind="stable")  # a memory map is read front to back
        block = np.empty((len(rows), *self._array.shape[1:]), self._array.dtype)
        block[order] = self._array[rows[order]]
        return torch.from_numpy(block).to(self.device)

    def blocks(self, index: Tensor, size: int) -> Iterator[Tensor]:
        """The items at ``index``, ``size`` at a time."""
        for start in range(0, len(index), size):
            yield self.gather(index[start : start + size])


def as_input(x: Tensor) -> Tensor:
    """Items as a model reads them: float32, images in 0 .. 1."""
    return x.float().div_(255) if x.dtype == torch.uint8 else x


class Pool:
    """The training split: each index is labelled or unlabelled.

    Parameters
    ----------
    size
        Number of items.
    """

    def __init__(self, size: int) -> None:
        self._labeled = torch.zeros(size, dtype=torch.bool)

    def __len__(self) -> int:
        return len(self._labeled)

    @property
    def mask(self) -> Tensor:
        """(size,) bool, a copy."""
        return self._labeled.clone()

    @property
    def labeled(self) -> Tensor:
        """(L,) int64 ids, ascending."""
        return self._labeled.nonzero().squeeze(1)

    @property
    def unlabeled(self) -> Tensor:
        """(N,) int64 ids, ascending."""
        return (~self._labeled).nonzero().squeeze(1)

    def mark(self, ids: Tensor) -> None:
        """Note that items are labelled now."""
        if bool(self._labeled[ids].any()) or len(ids.unique()) != len(ids):
            raise ContractError("an item was to be labelled twice")
        self._labeled[ids] = True


def check_splits(splits: Splits, name: str) -> None:
    """Refuse data that no run can use, whoever loaded it.

    Raises
    ------
    DataError
        Naming the split, the row and the value.
    """
    task = splits.task
    for part in ("train", "val", "test"):
        split: Split = getattr(splits, part)
        where = f"{name}, {part} split"
        if len(split.x) != len(split.y):
            raise DataError(f"{where}: {len(split.x)} items but {len(split.y)} labels.")
        if len(split.y) == 0:
            raise DataError(f"{where}: it is empty.")
        if tuple(split.x.shape[1:]) != task.shape:
            raise DataError(f"{where}: items have shape {tuple(split.x.shape[1:])}, the task says {task.shape}.")
        if not np.issubdtype(split.y.dtype, np.integer):
            raise DataError(f"{where}: labels are {split.y.dtype}, not whole numbers.")
        outside = np.flatnonzero((split.y < 0) | (split.y >= task.n_classes))
        if len(outside):
            row = int(outside[0])
            raise DataError(f"{where}, row {row}: label {split.y[row]} is outside 0 .. {task.n_classes - 1}.")
        _check_finite(split.x, where)
    missing = sorted(set(range(task.n_classes)) - set(np.unique(splits.train.y).tolist()))
    if missing:
        names = ", ".join(task.class_names[c] for c in missing)
        raise DataError(f"{name}, train split: no item of class {names}; each class needs at least one.")
    if task.pool_size != len(splits.train):
        raise DataError(
            f"{name}: the task says a pool of {task.pool_size}, the training split has {len(splits.train)}."
        )


def _check_finite(x: np.ndarray, where: str, block: int = 4096) -> None:
    if not np.issubdtype(x.dtype, np.floating):
        return
    for start in range(0, len(x), block):
        part = x[start : start + block].reshape(len(x[start : start + block]), -1)
        # A row's sum is finite only if all of it is; the rare overflow of finite values is looked at again below.
        with np.errstate(over="ignore", invalid="ignore"):
            suspects = np.flatnonzero(~np.isfinite(part.sum(axis=1)))
        for row in suspects:
            bad = part[row][~np.isfinite(part[row])]
            if len(bad):
                raise DataError(f"{where}, row {start + row}: a feature is {bad[0]}; features must be finite.")


def data_hash(splits: Splits) -> str:
    """Sixteen hexadecimal digits that name the items and labels of all three splits."""
    digest = hashlib.blake2b(digest_size=8)
    for split in (splits.train, splits.val, splits.test):
        digest.update(f"{split.x.shape}{split.x.dtype.str}".encode())
        for start in range(0, len(split.x), 8192):
            digest.update(np.ascontiguousarray(split.x[start : start + 8192]).data)
        digest.update(np.ascontiguousarray(split.y, dtype=np.int64).data)
    return digest.hexdigest()


def index_hash(ids: Tensor) -> str:
    """Sixteen hexadecimal digits that name a set of pool ids."""
    text = ",".join(map(str, sorted(ids.tolist())))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

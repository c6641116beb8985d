"""What is labelled, the items themselves, and the checks that loaded data must pass."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from albench.api.dataset import Split, Splits
from albench.errors import ContractError, DataError
from albench.metrics import FEW_ITEMS, FEW_OF_CLASS
from albench.wording import counted

COPIED_BYTES = 256 * 2**20
"""Arrays up to this size are copied; a larger one is read where it lies, so that a memory map stays one."""
RESIDENT_BYTES = 6 * 2**30
"""Arrays up to this size are held on an accelerator; larger ones stay on its host and are sent block by block."""
BLOCK_BYTES = 32 * 2**20
"""Bytes of one block where all items are gone through."""
SHOWN = 5
"""Classes named in a line."""
ITEM_DIGEST = 16
"""Bytes of an item's digest: of 2 ** 32 different items two have one digest with a chance of 3e-20."""


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
        # Part of a wider table is copied whatever its size: what lies beside it may be labels.
        copied = x.nbytes <= COPIED_BYTES or _has_gaps(x)
        self._tensor = _over(np.array(x, copy=True, order="C") if copied else x)
        if x.nbytes <= RESIDENT_BYTES:
            self._tensor = self._tensor.to(device)

    def __len__(self) -> int:
        return len(self._tensor)

    @property
    def is_image(self) -> bool:
        """True for (N, C, H, W) items."""
        return self._tensor.ndim == 4

    @property
    def block_size(self) -> int:
        """Items in one block of all: 64 to 4096."""
        one = self._tensor[:1]
        return max(64, min(4096, BLOCK_BYTES // max(1, one.numel() * 4)))

    def gather(self, index: Tensor) -> Tensor:
        """(n, ...) copies of the items at ``index`` (n,) int64."""
        return self._tensor.index_select(0, index.to(self._tensor.device)).to(self.device)

    def blocks(self, index: Tensor, size: int) -> Iterator[Tensor]:
        """The items at ``index``, ``size`` at a time."""
        for start in range(0, len(index), size):
            yield self.gather(index[start : start + size])


def _has_gaps(x: np.ndarray) -> bool:
    """Whether other values lie between those of an array, or it goes backwards."""
    extent = sum((size - 1) * step for size, step in zip(x.shape, x.strides, strict=True)) + x.itemsize
    return extent != x.nbytes


def _over(x: np.ndarray) -> Tensor:
    """A tensor over the memory of an array."""
    with warnings.catch_warnings():
        # A map that cannot be written to: nothing writes to it, since only copies are handed out.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(x)


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
            raise DataError(f"{where}: {counted(len(split.x), 'item')} but {counted(len(split.y), 'label')}.")
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


def absent_classes(splits: Splits) -> tuple[str, ...]:
    """One line for each of the validation and test splits that lacks a class."""
    told = []
    for part in ("val", "test"):
        present = set(np.unique(getattr(splits, part).y).tolist())
        names = [name for label, name in enumerate(splits.task.class_names) if label not in present]
        if names:
            told.append(
                f"the {part} split has no item of class {', '.join(names)}: recall of it is undefined there, and means "
                "over classes are of the others (docs/formats.md#metrics)"
            )
    return tuple(told)


def small_splits(splits: Splits) -> tuple[str, ...]:
    """One line for each of the validation and test splits whose size alone hides differences, whatever is trained.

    Counts are beside it: the lines that say what a data set holds are shown before it.
    """
    told = []
    for part in ("val", "test"):
        y = getattr(splits, part).y
        counts = np.bincount(y, minlength=splits.task.n_classes)
        rare = [label for label in np.flatnonzero(counts) if counts[label] < FEW_OF_CLASS]
        if len(y) >= FEW_ITEMS and not rare:
            continue
        limits = []
        if len(y) < FEW_ITEMS:
            error = 100 * 1.96 * np.sqrt(0.9 * 0.1 / len(y))
            limits.append(f"an accuracy of 0.9 is known to ± {error:.0f} points at best")
        if rare:
            fewest = min(counts[label] for label in rare)
            names = [splits.task.class_names[label] for label in rare]
            shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
            points = f"{100 / fewest:.0f} points"
            if len(rare) == 1:
                limits.append(f"class {shown} has so few items that one of them moves its recall by {points}")
            else:
                few = f"classes {shown} have so few items that one of them moves their recall by up to {points}"
                limits.append(few)
        told.append(f"the {part} split is small: {'; '.join(limits)}; more seeds change nothing about that")
    return tuple(told)


def _check_finite(x: np.ndarray, where: str) -> None:
    if not np.issubdtype(x.dtype, np.floating):
        return
    for start, rows in blocks(x):
        part = rows.reshape(len(rows), -1)
        # A row's sum is finite only if all of it is; the rare overflow of finite values is looked at again below.
        with np.errstate(over="ignore", invalid="ignore"):
            suspects = np.flatnonzero(~np.isfinite(part.sum(axis=1)))
        for row in suspects:
            bad = part[row][~np.isfinite(part[row])]
            if len(bad):
                raise DataError(f"{where}, row {start + row}: a feature is {bad[0]}; features must be finite.")


def blocks(x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """First row and rows of one block of items after another."""
    size = max(1, BLOCK_BYTES // max(1, x[:1].nbytes))
    for start in range(0, len(x), size):
        yield start, x[start : start + size]


def data_hash(splits: Splits) -> str:
    """Sixteen hexadecimal digits that name the items and labels of all three splits."""
    return hashes(splits)[0]


def hashes(splits: Splits) -> tuple[str, dict[str, np.ndarray]]:
    """The data hash, and split -> (N,) digests of its items of 16 bytes each; every item is read once."""
    whole = hashlib.blake2b(digest_size=8)
    digests: dict[str, np.ndarray] = {}
    for name in ("train", "val", "test"):
        split: Split = getattr(splits, name)
        whole.update(f"{split.x.shape}{split.x.dtype.str}".encode())
        items = bytearray()
        for _, rows in blocks(split.x):
            values = np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data
            whole.update(values)
            size = len(values) // len(rows)
            for first in range(0, len(values), size):
                items += hashlib.blake2b(values[first : first + size], digest_size=ITEM_DIGEST).digest()
        whole.update(np.ascontiguousarray(split.y, dtype=np.int64).data)
        digests[name] = np.frombuffer(bytes(items), f"V{ITEM_DIGEST}")
    return whole.hexdigest(), digests


def index_hash(ids: Tensor) -> str:
    """Sixteen hexadecimal digits that name a set of pool ids."""
    text = ",".join(map(str, sorted(ids.tolist())))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

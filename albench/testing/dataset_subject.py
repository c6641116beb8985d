"""A data set under test: found and loaded once for all checks, and items of it turned into views."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from albench import seeds
from albench.api.dataset import Dataset, Split, Splits
from albench.api.encoder import EncodedDataset
from albench.api.task import Task
from albench.augment import Augmenter, augmenter
from albench.components.fields import canonical, name_of
from albench.data.encoding import encoded
from albench.errors import DataError
from albench.suite.limits import TooLong
from albench.testing.report import LIMIT, Fault, NotApplicable, Subject, described, first_line

SPLITS = ("train", "val", "test")
View = Literal["weak", "strong"]
VIEWS: tuple[View, ...] = ("weak", "strong")
BLOCK_BYTES = 16 << 20
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Loaded:
    """What came of loading: the splits, or why there are none.

    Attributes
    ----------
    splits
        As ``load`` returned them.
    absent
        Why the data are not there, where ``find`` is False.
    broken
        What went wrong.
    """

    splits: Splits | None = None
    absent: str = ""
    broken: str = ""


@functools.lru_cache(maxsize=1)
def load(build: Callable[[], Any], root: Path | None) -> Loaded:
    """Find and load the data; kept for the checks that follow, until ``load.cache_clear()``."""
    dataset = build()
    try:
        found = dataset.find(root)
        if not isinstance(found, bool):
            return Loaded(broken=f"find returned a {type(found).__name__}, not True or False")
        if not found:
            return _absent(dataset, root)
        return _typed(as_run(dataset, dataset.load(root)))
    except Exception as error:
        return Loaded(broken=described(error))
    except TooLong:
        return Loaded(broken=f"loading had not ended after {LIMIT:g} s of computing: give fewer items by an option")


def as_run(dataset: Dataset, splits: Any) -> Any:
    """What a run takes of what was loaded: where items are encoded, their vectors."""
    if not isinstance(dataset, EncodedDataset) or not isinstance(splits, Splits):
        return splits
    return encoded(dataset, splits, canonical(name_of(dataset), dataset), "cpu", near=False)[0]


def _absent(dataset: Dataset, root: Path | None) -> Loaded:
    """Why ``find`` is False, in the words of ``load``."""
    try:
        dataset.load(root)
    except DataError as error:
        return Loaded(absent=first_line(error))
    return Loaded(broken="find is False, yet load works")


def _typed(splits: Any) -> Loaded:
    if not isinstance(splits, Splits):
        return Loaded(broken=f"load returned a {type(splits).__name__}, not albench.api.Splits")
    for name in SPLITS:
        part = getattr(splits, name)
        if not isinstance(part, Split):
            return Loaded(broken=f"{name} is a {type(part).__name__}, not albench.api.Split")
    if not isinstance(splits.task, Task):
        return Loaded(broken=f"the task is a {type(splits.task).__name__}, not albench.api.Task")
    return Loaded(splits)


class DatasetSubject(Subject):
    """A data set under test.

    Parameters
    ----------
    build
        Returns a fresh data set.
    root
        The data folder that the user named.
    """

    def __init__(self, build: Callable[[], Any], root: Path | None = None) -> None:
        super().__init__(build)
        self.root = root
        dataset = build()
        if not isinstance(dataset, Dataset):
            raise Fault(f"{type(dataset).__name__} is no data set: subclass FeatureDataset or ImageDataset")
        self.dataset = dataset
        self._augmenter: Augmenter | None = None

    @property
    def splits(self) -> Splits:
        """The data, loaded once for all checks."""
        loaded = load(self.build, self.root)
        if loaded.absent:
            raise NotApplicable("its data are not there: see the check 'loads'")
        if loaded.splits is None:
            raise NotApplicable("it cannot be loaded: see the check 'loads'")
        return loaded.splits

    @property
    def parts(self) -> dict[str, Split]:
        """The splits by name."""
        return {name: getattr(self.splits, name) for name in SPLITS}

    def items(self, count: int) -> Tensor:
        """Copies of up to ``count`` training items, evenly spaced."""
        if self.splits.task.modality == "text":
            raise NotApplicable("its items are texts, which have no views")
        x = self.splits.train.x
        rows = np.unique(np.linspace(0, len(x) - 1, count).astype(np.int64))
        self.case = f"{len(rows)} training items"
        return torch.from_numpy(np.array(x[rows], copy=True))

    def noise(self, count: int, seed: int = 0) -> Tensor:
        """(count, noise_size) uniform in [0, 1)."""
        generator = seeds.torch_stream("conformance", "noise", seed)
        return torch.rand(count, self.dataset.noise_size, generator=generator)

    def view(self, name: View, x: Tensor, noise: Tensor, dataset: Dataset | None = None) -> Any:
        """A view as it comes: the data set's own, or the built-in one where it has none."""
        dataset = dataset or self.dataset
        self.case = f"the {name} view of {len(x)} items"
        with torch.no_grad():
            own = getattr(dataset, name)(x, noise)
        return getattr(self._builtin(x.device), name)(x, noise) if own is None else own

    def _builtin(self, device: torch.device) -> Augmenter:
        if self._augmenter is None or device != CPU:
            task, generator = self.splits.task, seeds.torch_stream("conformance", "banks")
            made = augmenter(self.dataset, task, self.splits.train.x, device, generator)
            if device != CPU:
                return made
            self._augmenter = made
        return self._augmenter


def blocks(x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """First row and rows (n, values) of one block of items after another, so that a memory map stays one."""
    size = max(1, BLOCK_BYTES // max(1, x[:1].nbytes))
    for start in range(0, len(x), size):
        rows = x[start : start + size]
        yield start, rows.reshape(len(rows), -1)


def items_digest(array: np.ndarray) -> str:
    """Names what an array holds."""
    digest = hashlib.blake2b(f"{array.shape}{array.dtype.str}".encode(), digest_size=16)
    for _, rows in blocks(array):
        digest.update(repr(rows.tolist()).encode() if rows.dtype == object else np.ascontiguousarray(rows).data)
    return digest.hexdigest()


def digests(splits: Splits) -> Iterator[tuple[str, str]]:
    """What is loaded by name, as digests."""
    for name in SPLITS:
        part = getattr(splits, name)
        for what, array in (("x", part.x), ("y", part.y)):
            yield f"{name}.{what}", items_digest(array)
    if splits.unlabeled is not None:
        yield "unlabeled", items_digest(splits.unlabeled)
    for name, each in splits.groups.items():
        yield f"groups[{name}]", repr(np.asarray(each).tolist())
    yield "task", repr(splits.task)

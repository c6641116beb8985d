"""Data sets, read from their files and checked; what a process has read already counts only while it is the same."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench.api.dataset import Dataset, Splits
from albench.api.encoder import EncodedDataset
from albench.components.registry import Registry
from albench.components.side_effects import printed_aside
from albench.errors import StoreError

KEPT = 4
"""Data sets that a process keeps for the trials that follow."""
State = tuple[int, ...]


@dataclass(frozen=True)
class Data:
    """A loaded data set.

    Attributes
    ----------
    hash
        Names its items and labels.
    mapped
        File that is read while trials run -> what it was when the hash was taken.
    """

    dataset: Dataset
    splits: Splits
    hash: str
    mapped: dict[Path, State] = dataclasses.field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether a mapped file is not what it was, so that the hash may name other items than it holds now."""
        return any(_state(path) != state for path, state in self.mapped.items())

    def require_unchanged(self, spec: str) -> None:
        """Raise ``StoreError`` where a mapped file changed while trials read it."""
        if self.changed:
            raise changed_meanwhile(spec)


def changed_meanwhile(what: str) -> StoreError:
    """The error of a run under which something changed that decides its numbers."""
    return StoreError(f"{what} changed while the suite was running: start the run again.")


_kept: OrderedDict[tuple[str, str | None], tuple[Registry, Data]] = OrderedDict()


def load_data(spec: str, data_dir: str | None, plugins: Registry, known_hash: str = "", device: str = "cpu") -> Data:
    """Load and check a data set.

    Parameters
    ----------
    plugins
        What offers it.
    known_hash
        Names the data that are wanted: where this process has read them already they are not read again. Without it
        the files are always read, as nothing but their content says whether they are the same.
    device
        Where an encoder computes, should items have to be encoded.
    """
    name = spec, data_dir
    by, data = _kept.pop(name, (None, None))
    if data is None or by is not plugins or data.hash != known_hash or data.changed:
        data = None  # let go before others take its place in memory
        data = _read(spec, data_dir, plugins, device, near=not known_hash)
    _kept[name] = plugins, data
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return data


@printed_aside()
def _read(spec: str, data_dir: str | None, plugins: Registry, device: str, near: bool) -> Data:
    from albench.data.checks import absent_classes, small_splits
    from albench.data.equal_items import usable

    dataset: Dataset = plugins.build("dataset", spec)
    read = dataset.load(Path(data_dir) if data_dir else None)
    mapped = {path: _state(path) for path in _mapped_files(read)}  # before the hash: a change meanwhile is noticed
    if isinstance(dataset, EncodedDataset):
        from albench.data.encoding import encoded

        splits, data_hash = encoded(dataset, read, spec, device, near)
        mapped |= {path: _state(path) for path in _mapped_files(splits)}
    else:
        splits, data_hash = usable(dataset, read, spec)
    splits = dataclasses.replace(splits, notices=(*splits.notices, *absent_classes(splits), *small_splits(splits)))
    return Data(dataset, splits, data_hash, mapped)


def _mapped_files(splits: Splits) -> Iterator[Path]:
    """The files of arrays that are read where they lie."""
    import numpy as np

    array: Any
    for array in (splits.unlabeled, *(each for s in (splits.train, splits.val, splits.test) for each in (s.x, s.y))):
        while isinstance(array, np.ndarray):
            if isinstance(array, np.memmap) and array.filename:
                yield Path(array.filename)
                break
            array = array.base


def _state(path: Path) -> State:
    """What changes whenever a file is written to or another takes its place."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns

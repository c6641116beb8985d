"""A folder of .npy files or one .npz file, read the same way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from albench.api import DataError
from albench_datasets.array_names import CLASSES, Names, find_names, split_of_name
from albench_datasets.checks import Raw
from albench_datasets.group_names import looks_like_groups, not_read, plain_groups, suggestion
from albench_datasets.npyfiles import Header, open_npy, read_header
from albench_datasets.npzfiles import npz_header, npz_names, read_npz
from albench_datasets.textfiles import called_in, opened

SHOWN = 12
"""Names of arrays in a message."""
MAX_TEXT = 1 << 20
"""Bytes of the largest list of class names that is read."""


class Arrays:
    """The arrays of a folder, mapped, or of a .npz file, read into memory.

    Parameters
    ----------
    path
        The folder or file.

    Raises
    ------
    DataError
        Where it is neither, or no .npz file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir() and not path.is_file():  # a pipe or a device would be waited for, or read without an end
            raise DataError(f"{path}: neither a file nor a folder; save one with numpy.savez_compressed")
        self.mapped = path.is_dir()
        self.suffix = ".npy" if self.mapped else ""
        self._called = called_in(path)
        if self.mapped:
            self.names = sorted(each.stem for each in path.iterdir() if each.suffix == ".npy" and each.is_file())
        else:
            self.names = npz_names(path)

    @property
    def how(self) -> str:
        """How to add an array, and which there are."""
        shown = ", ".join(f"{name}{self.suffix}" for name in self.names[:SHOWN]) or "no array"
        more = f" and {len(self.names) - SHOWN:,} more" if len(self.names) > SHOWN else ""
        return f"save each array with numpy.save (it has {shown}{more})" if self.mapped else f"it has {shown}{more}"

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Arrays by name."""
        if not self.mapped:
            return read_npz(self.path, tuple(names))
        return {name: open_npy(self.path / f"{name}.npy") for name in names}

    def raw(self, by_split: Mapping[str, Names]) -> dict[str, Raw]:
        """Split -> its arrays, labels as they are stored."""
        wanted = [name for each in by_split.values() for name in (each.items, each.labels, each.groups) if name]
        arrays = self.read(wanted)
        raw = {}
        for split, each in by_split.items():
            if each.items is None or each.labels is None:
                continue
            groups = None
            if each.groups is not None:
                groups = plain_groups(np.asarray(arrays[each.groups]), self.where(each.groups))
            raw[split] = Raw(
                arrays[each.items],
                arrays[each.labels],
                self.where(each.items),
                self.where(each.labels),
                groups,
                self.where(each.groups or ""),
            )
        return raw

    def header(self, name: str) -> Header:
        """What an array claims to be."""
        if not self.mapped:
            return npz_header(self.path, name)
        with (self.path / f"{name}.npy").open("rb") as file:
            return read_header(file, name)

    def unread(self, by_split: Mapping[str, Names]) -> list[str]:
        """Arrays that are not read."""
        used = {name for each in by_split.values() for name in (each.items, each.labels, each.groups)}
        return [name for name in self.names if name not in used and name not in CLASSES]

    def unread_notice(self, by_split: Mapping[str, Names], besides: Collection[str] = ()) -> tuple[str, ...]:
        """Which arrays are not read, in a line, or none; of some it is told elsewhere."""
        unread = [name for name in self.unread(by_split) if name not in besides]
        shown = [*unread[:SHOWN], f"and {len(unread) - SHOWN:,} more"] if len(unread) > SHOWN else unread
        return (not_read(shown, "array"),) if unread else ()

    def suggested(self, by_split: Mapping[str, Names], raw: Mapping[str, Raw]) -> tuple[str, ...]:
        """A line for each array that is not read, has a value for each item, and looks like groups."""
        lines = []
        for name in self.unread(by_split) if not any(each.groups for each in by_split.values()) else ():
            split, rest = split_of_name(name) if "" not in raw else ("", name)
            if split in raw:
                values = self._column(name, len(raw[split].y))
                n_classes = len(np.unique(raw[split].y)) if raw[split].y.ndim == 1 else raw[split].y.shape[-1]
                if values is not None and looks_like_groups(values, n_classes):
                    lines.append(suggestion(rest, values, "array", str(self.path)))
        return tuple(dict.fromkeys(lines))

    def _column(self, name: str, n_rows: int) -> np.ndarray | None:
        """(N,) values of an array with one for each row; None for another, which is not read."""
        try:
            if self.header(name).shape not in ((n_rows,), (n_rows, 1)):
                return None
            return np.asarray(self.read([name])[name]).reshape(-1)
        except (DataError, OSError):  # nobody asked for it
            return None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes that are stored beside the arrays: text, in an array or one a line."""
        for name in CLASSES:
            file = self.path / f"{name}.txt"
            if self.mapped and file.is_file() and file.stat().st_size <= MAX_TEXT:
                with opened(file) as lines:
                    return tuple(line.strip() for line in lines.read().splitlines() if line.strip())
            if name in self.names:
                array = self.read([name])[name]
                if array.dtype.kind == "U" and array.ndim == 1:
                    return tuple(str(each).strip() for each in array)
        return ()

    def where(self, name: str) -> str:
        """What to call an array in an error."""
        if (file := f"{name}.npy") in self._called:
            return f"arrays: {self._called[file]}"
        return str(self.path / f"{name}.npy") if self.mapped else f"{self.path}: {name}"


def reads(path: Path, items: str) -> bool:
    """Whether a file or folder has arrays of ``"features"`` or of ``"images"``, by their names and axes."""
    try:
        if path.is_file() and path.suffix.lower() != ".npz":
            return False
        source = Arrays(path)
        by_split = [each for each in find_names(source.names, items, "").values() if each.items and each.labels]
        axes = (2,) if items == "features" else (3, 4)
        return bool(by_split) and all(len(source.header(each.items or "").shape) in axes for each in by_split)
    except (DataError, OSError, KeyError):
        return False

"""Vectors from .npy files in a folder, memory-mapped: a pool of any size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from albench.api import DataError, FeatureDataset, Splits, option
from albench_datasets.array_names import find_names
from albench_datasets.array_source import Arrays, reads
from albench_datasets.arrays import About, ArrayOptions, require_splits, splits_of
from albench_datasets.beyond import BeyondThePool, names_beyond
from albench_datasets.roots import named_path
from albench_datasets.tables.files import SUFFIXES

STAND_IN_FILE = "STAND-IN.txt"
"""Marks a folder whose items are simulated, and says what they stand in for."""
TABLES = (".txt", ".xlsx", ".feather")
SAVE = 'save its items and labels with numpy.savez("pool.npz", features=x, labels=y), and give path=pool.npz'


@dataclass(frozen=True, kw_only=True)
class Features(BeyondThePool, ArrayOptions, FeatureDataset):
    """``train-features.npy`` (N, D) and ``train-labels.npy`` (N,), likewise ``val-``, ``test-``; or a .npz of such.

    ``features.npy`` and ``labels.npy`` alone are split by ``val_share`` and ``test_share``. Groups (patients) may be in
    ``train-groups.npy`` and so on. Labels are codes, text or one-hot rows; ``classes.txt`` may name the classes, one a
    line; ``unlabeled-features.npy`` holds items without labels. This is the layout of ``albench data extract``, whose
    labels are called targets; an underscore is as good as the hyphen, and ``x_train`` and ``y_train`` are known.
    Features of float32 in a folder stay on disk and are read in blocks; other types are converted in memory.
    """

    scale: Literal["auto", "pool", "none"] = option(
        "auto", "standardise by the pool's means and spreads: where it is needed, always or never", later=True
    )
    path: str = option(help="the folder of .npy files, or a .npz file; relative to the data folder or working folder")

    def load(self, root: Path | None) -> Splits:
        """Memory-map and check the files.

        Raises
        ------
        DataError
            Where the folder or a file is missing, damaged, or not in the layout.
        """
        what = f"features[path={self.path}]"
        path = named_path(self.path, root)
        if path is None:
            raise DataError(f"{what}: no such file or folder; give its full path or where it lies with --data-dir DIR")
        if path.is_file() and path.suffix.lower() in SUFFIXES:
            raise DataError(f"{path}: it is a table: write table[path={self.path},target=COLUMN]")
        if path.is_file() and path.suffix.lower() != ".npz":
            raise DataError(f"{path}: {_looks_like(path)}; {SAVE}")
        source = Arrays(path)
        by_split = find_names(source.names, "features", str(path), source.suffix, self.group_by)
        if not source.names and path.is_dir() and (there := sorted(each.name for each in path.iterdir())):
            raise DataError(f"{path}: no .npy file, but {', '.join(there[:5])}{' ...' if there[5:] else ''}; {SAVE}")
        if reads(path, "images") and not reads(path, "features"):
            raise DataError(f"{path}: it holds images: write npz[path={self.path}]")
        require_splits(by_split, self, str(path), f"{{}}-features{source.suffix}", source.how)
        raw, beyond = source.raw(by_split), self.beyond(source, "features")
        every = [*raw.values(), *([] if beyond is None else [beyond])]
        converted = (f"{each.x_from}: {each.x.dtype}" for each in every if source.mapped and each.x.dtype != np.float32)
        about = About(
            what=what,
            class_names=source.class_names,
            notices=(
                *(f"{told} is converted in memory; float32 would stay on disk" for told in converted),
                *self.suggested(source, by_split, raw),
            ),
            how_read=(
                *source.unread_notice(by_split, names_beyond(source, "features")),
                *self.unread_beyond(source, "features"),
            ),
            stand_in=_stand_in(path) if source.mapped else "",
        )
        return splits_of(raw, self, about, modality="features", scale=self.scale, beyond=beyond)

    @classmethod
    def reads(cls, path: Path) -> bool:
        """True for a .npz file or a folder of .npy files with vectors."""
        return reads(path, "features")

    def find(self, root: Path | None) -> bool:
        """True where the folder or file is there."""
        return named_path(self.path, root) is not None


def _looks_like(path: Path) -> str:
    """What a file that is no archive of arrays is."""
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return "a table, which is read as .csv, .tsv, .arff or .parquet"
    if suffix == ".npy":
        return "one array, without labels"
    return "a file, not a folder of .npy files"


def _stand_in(folder: Path) -> str:
    """What simulated items stand in for; empty where the folder is not marked."""
    mark = folder / STAND_IN_FILE
    if not mark.is_file():
        return ""
    told = re.search(r"stand-in for (.+?)(:|$)", mark.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return told[1] if told else "other data"

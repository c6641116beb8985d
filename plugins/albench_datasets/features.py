"""Vectors from .npy files in a folder, memory-mapped: a pool of any size."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from albench.api import DataError, FeatureDataset, Splits, option
from albench_datasets.checks import Raw, checked_splits, numbered_classes, single_labels
from albench_datasets.npyfiles import open_npy
from albench_datasets.published import SPLITS
from albench_datasets.roots import named_path

STAND_IN_FILE = "STAND-IN.txt"
"""Marks a folder whose items are simulated, and says what they stand in for."""
_FILES = {
    "features": r"{split}[-_]features",
    "labels": r"{split}[-_](two[-_]|six[-_])?(targets|labels)",
    "groups": r"{split}[-_](groups|patients)",
}


@dataclass(frozen=True, kw_only=True)
class Features(FeatureDataset):
    """``train-features.npy`` (N, D) and ``train-labels.npy`` (N,), likewise ``val-`` and ``test-``.

    Groups (patients) may be in ``train-groups.npy`` and so on. This is the layout of ``albench data extract``, whose
    labels are called targets; an underscore is as good as the hyphen. Features of float32 stay on disk and are read
    in blocks; other types are converted in memory.
    """

    path: str = option(help="the folder of .npy files; relative to the data folder or the working folder")

    def load(self, root: Path | None) -> Splits:
        """Memory-map and check the files.

        Raises
        ------
        DataError
            Where the folder or a file is missing, damaged, or not in the layout.
        """
        folder = named_path(self.path, root)
        if folder is None or not folder.is_dir():
            raise DataError(
                f"features[path={self.path}]: no such folder; give its full path or where it lies with --data-dir DIR"
            )
        raw = {split: _read(folder, split) for split in SPLITS}
        converted = [f"{each.x_from}: {each.x.dtype}" for each in raw.values() if each.x.dtype != np.float32]
        return checked_splits(
            raw,
            modality="features",
            class_names=numbered_classes(raw),
            notices=tuple(f"{what} is converted in memory; float32 would stay on disk" for what in converted),
            stand_in=_stand_in(folder),
        )

    def find(self, root: Path | None) -> bool:
        """True where the folder is there."""
        folder = named_path(self.path, root)
        return folder is not None and folder.is_dir()


def _read(folder: Path, split: str) -> Raw:
    """One split's arrays."""
    x, y, groups = _file(folder, split, "features"), _file(folder, split, "labels"), _file(folder, split, "groups")
    if x is None or y is None:
        raise DataError(f"{folder}: no {split}-{'labels' if x else 'features'}.npy; save each array with numpy.save")
    raw = Raw(open_npy(x), single_labels(open_npy(y), str(y)), str(x), str(y))
    return raw if groups is None else replace(raw, groups=np.asarray(open_npy(groups)), groups_from=str(groups))


def _file(folder: Path, split: str, what: str) -> Path | None:
    """The file of one role; None where there is none, a ``DataError`` where there are two."""
    wanted = re.compile(_FILES[what].format(split=split) + r"\.npy")
    found = sorted(path for path in folder.iterdir() if wanted.fullmatch(path.name) and path.is_file())
    if len(found) > 1:
        raise DataError(f"{found[0]} and {found[1].name}: both are the {split} split's {what}; move one away")
    return found[0] if found else None


def _stand_in(folder: Path) -> str:
    """What simulated items stand in for; empty where the folder is not marked."""
    mark = folder / STAND_IN_FILE
    if not mark.is_file():
        return ""
    told = re.search(r"stand-in for (.+?)(:|$)", mark.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return told[1] if told else "other data"

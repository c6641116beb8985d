"""Images in folders, one folder a class: the layout in which most sets of images come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from albench.api import DataError, ImageDataset, Splits, option
from albench_datasets.checks import Raw, checked_splits
from albench_datasets.imagefolder_files import list_images, read_groups
from albench_datasets.imagefolder_pixels import FULL_RANGE, decode
from albench_datasets.imagefolder_split import split_images
from albench_datasets.published import SPLITS
from albench_datasets.roots import default_roots

SHOWN = 10
DARK = FULL_RANGE // 8
"""12-bit values in a 16-bit file stay below this: the images come out nearly black."""


@dataclass(frozen=True, kw_only=True)
class ImageFolder(ImageDataset):
    """PNG and JPEG files in ``train/CLASS``, ``val/CLASS`` and ``test/CLASS``, or in ``CLASS``, which is then split."""

    path: str = option(help="the folder; relative to the data folder or the working folder")
    groups: str | None = option(None, "CSV file with the header file,group (e.g. patients); never split across")
    mode: Literal["grey", "rgb"] = option("grey", "one channel or three; other images are converted")
    size: int = option(64, "each image is resized to a square of so many pixels a side", ge=8, le=1024)
    on_error: Literal["stop", "skip"] = option("stop", "what to do where images cannot be read")
    val_share: float = option(0.15, "without train, val, test folders: share for validation", gt=0, lt=1)
    test_share: float = option(0.2, "without train, val, test folders: share for the test", gt=0, lt=1)
    split_seed: int = option(0, "without train, val, test folders: seed of the split", ge=0)

    def load(self, root: Path | None) -> Splits:
        """List the images, split them where they are not, and read them.

        Raises
        ------
        DataError
            Where the folder, a class or Pillow is missing, the groups do not fit, or images cannot be read and
            ``on_error`` is ``stop``.
        """
        what = f"imagefolder[path={self.path}]"
        folder = self._folder(root)
        if folder is None:
            raise DataError(f"{what}: no such folder; give its full path or the folder it is in with --data-dir DIR")
        listing = list_images(folder, what)
        parts = listing.images
        groups = None
        if self.groups is not None:
            groups = read_groups(self._groups_file(folder), [name for part in parts.values() for name in part])
        if "" in parts:
            parts = split_images(
                parts[""],
                groups,
                shares=self._shares(what),
                seed=self.split_seed,
                class_names=listing.class_names,
                what=what,
            )
        raw: dict[str, Raw] = {}
        bad: list[str] = []
        deepest = -1
        for split in SPLITS:
            names = list(parts[split])
            read = decode(folder, names, mode=self.mode, size=self.size)
            bad += read.bad
            deepest = max(deepest, read.deepest)
            y = np.array(list(parts[split].values()), np.int64)[read.kept]
            mine = None if groups is None else np.array([groups[names[row]] for row in read.kept], np.str_)
            raw[split] = Raw(read.x, y, f"{what} {split}", f"{what} {split}", mine, f"{what} groups")
        notices = [*listing.notices]
        if bad:
            n_images = sum(map(len, parts.values()))
            said = f"{len(bad):,} of {n_images:,} images cannot be read: {_first(bad)}"
            if self.on_error == "stop":
                raise DataError(f"{what}: {said}; mend or remove them, or write on_error=skip")
            for split, each in raw.items():
                empty = np.flatnonzero(np.bincount(each.y, minlength=len(listing.class_names)) == 0)
                if len(empty):
                    name = listing.class_names[empty[0]]
                    raise DataError(f"{what}: no image of class {name} in {split} can be read; {said}")
            notices.append(f"skipped, {said}")
        if 0 <= deepest < DARK:
            notices.append(
                f"the 16-bit images reach {deepest:,} of {FULL_RANGE:,} and come out dark; scale them to the full range"
            )
        return checked_splits(raw, modality="image", class_names=listing.class_names, notices=tuple(notices))

    def find(self, root: Path | None) -> bool:
        """True where the folder is there."""
        return self._folder(root) is not None

    def _folder(self, root: Path | None) -> Path | None:
        """The folder under the user's data folder, the working folder or the default ones, whichever has it first."""
        bases = [*([root.expanduser()] if root is not None else []), Path(), *default_roots()]
        paths = (base / Path(self.path).expanduser() for base in bases)
        return next((path for path in paths if path.is_dir()), None)

    def _groups_file(self, folder: Path) -> Path:
        """The CSV file in the image folder, else in the working folder."""
        named = Path(self.groups or "").expanduser()
        found = next((path for path in (folder / named, named) if path.is_file()), None)
        if found is None:
            raise DataError(f"imagefolder[groups={self.groups}]: no such file in {folder} or the working folder")
        return found

    def _shares(self, what: str) -> dict[str, float]:
        train = 1 - self.val_share - self.test_share
        if train <= 1e-9:
            raise DataError(
                f"{what}: val_share={self.val_share:g} and test_share={self.test_share:g} leave nothing to train on; "
                f"their sum has to be below 1"
            )
        return {"train": train, "val": self.val_share, "test": self.test_share}


def _first(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")

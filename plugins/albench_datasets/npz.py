"""Images from a .npz file or a folder of .npy files, as in MedMNIST (Yang et al., 2023, Scientific Data 10:41)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from albench.api import DataError, ImageDataset, Splits, option
from albench_datasets.array_names import find_names
from albench_datasets.array_source import Arrays, reads
from albench_datasets.arrays import About, ArrayOptions, require_splits, splits_of
from albench_datasets.beyond import BeyondThePool, names_beyond
from albench_datasets.roots import named_path

CHANNELS = (1, 3)


@dataclass(frozen=True, kw_only=True)
class Npz(BeyondThePool, ArrayOptions, ImageDataset):
    """``train_images``, ``train_labels`` and likewise ``val_`` and ``test_``: uint8 (N, H, W) or (N, H, W, C).

    ``images`` and ``labels`` alone are split by ``val_share`` and ``test_share``; patients may be in ``train_groups``.
    Labels are codes, text or one-hot rows; ``class_names`` may name the classes. Arrays of a folder,
    ``train_images.npy`` and so on, are memory-mapped; those of a .npz file are read into memory. ``unlabeled_images``
    are items without labels.
    """

    path: str = option(help="the .npz file, or a folder of .npy files; relative to the data folder or working folder")

    def load(self, root: Path | None) -> Splits:
        """Read the file.

        Raises
        ------
        DataError
            Where the file is missing, no .npz, forged, or not in the layout.
        """
        path = self._file(root)
        if path is None:
            raise DataError(
                f"npz[path={self.path}]: no such file or folder; give its full path or its folder with --data-dir DIR"
            )
        source = Arrays(path)
        by_split = find_names(source.names, "images", str(path), source.suffix, self.group_by)
        if reads(path, "features") and not reads(path, "images"):
            raise DataError(f"{path}: it holds vectors: write features[path={self.path}]")
        require_splits(by_split, self, str(path), f"{{}}_images{source.suffix}", source.how)
        raw = source.raw(by_split)
        raw = {split: replace(each, x=channels_first(each.x, each.x_from)) for split, each in raw.items()}
        beyond = self.beyond(source, "images")
        if beyond is not None:
            beyond = replace(beyond, x=channels_first(beyond.x, beyond.x_from))
        about = About(
            what=f"npz[path={self.path}]",
            class_names=source.class_names,
            notices=self.suggested(source, by_split, raw),
            how_read=(
                *source.unread_notice(by_split, names_beyond(source, "images")),
                *self.unread_beyond(source, "images"),
            ),
        )
        return splits_of(raw, self, about, modality="image", beyond=beyond)

    @classmethod
    def reads(cls, path: Path) -> bool:
        """True for a .npz file or a folder of .npy files with images."""
        return reads(path, "images")

    def find(self, root: Path | None) -> bool:
        """True where the file is there."""
        return self._file(root) is not None

    def _file(self, root: Path | None) -> Path | None:
        """The file or folder under the user's folder, the working folder or the data folders: the first there is."""
        return named_path(self.path, root)


def channels_first(images: np.ndarray, where: str) -> np.ndarray:
    """(N, C, H, W) uint8 from (N, H, W) or (N, H, W, C).

    Raises
    ------
    DataError
        For another type, number of axes or number of channels.
    """
    if images.dtype != np.uint8:
        raise DataError(f"{where}: pixels of type {images.dtype}; uint8 (0 .. 255) is needed")
    if images.ndim == 3:
        return images[:, None]
    if images.ndim == 4 and images.shape[3] in CHANNELS:
        # of a map only a view is made: its items are put in order when they are read
        moved = images.transpose(0, 3, 1, 2)
        return moved if isinstance(images, np.memmap) else np.ascontiguousarray(moved)
    raise DataError(f"{where}: an array of shape {images.shape}; (N, H, W) or (N, H, W, 1 or 3) is needed")

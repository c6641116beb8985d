"""Images from a .npz file or a folder of .npy files, as in MedMNIST (Yang et al., 2023, Scientific Data 10:41)."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from albench.api import DataError, ImageDataset, Splits, option
from albench_datasets.checks import Raw, checked_splits, numbered_classes, single_labels
from albench_datasets.npyfiles import open_npy, read_header
from albench_datasets.published import SPLITS
from albench_datasets.roots import named_path

CHANNELS = (1, 3)
MAX_RATIO = 1100
"""Deflate cannot shrink by more than 1032: a member that claims more is forged."""


@dataclass(frozen=True, kw_only=True)
class Npz(ImageDataset):
    """``train_images``, ``train_labels`` and likewise ``val_`` and ``test_``: uint8 (N, H, W) or (N, H, W, C).

    Arrays of a folder, ``train_images.npy`` and so on, are memory-mapped; those of a .npz file are read into memory.
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
        arrays = _read(path)
        raw = {}
        for split in SPLITS:
            x_from, y_from = f"{path}: {split}_images", f"{path}: {split}_labels"
            labels = single_labels(arrays[f"{split}_labels"], y_from)
            raw[split] = Raw(channels_first(arrays[f"{split}_images"], x_from), labels, x_from, y_from)
        return checked_splits(raw, modality="image", class_names=numbered_classes(raw))

    def find(self, root: Path | None) -> bool:
        """True where the file is there."""
        return self._file(root) is not None

    def _file(self, root: Path | None) -> Path | None:
        """The file or folder under the user's folder, the working folder or the data folders: the first there is."""
        return named_path(self.path, root)


def _read(path: Path) -> dict[str, np.ndarray]:
    """The six arrays, mapped where they are files of a folder."""
    names = tuple(f"{split}_{what}" for split in SPLITS for what in ("images", "labels"))
    if path.is_file():
        return read_npz(path, names)
    if not path.is_dir():  # a pipe or a device would be waited for, or read without an end
        raise DataError(f"{path}: neither a file nor a folder; save one with numpy.savez_compressed")
    missing = [f"{name}.npy" for name in names if not (path / f"{name}.npy").is_file()]
    if missing:
        raise DataError(f"{path}: no {', '.join(missing)}; save each array with numpy.save")
    return {name: open_npy(path / f"{name}.npy") for name in names}


def read_npz(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Arrays of a .npz file; each header is compared with the member's size before anything is allocated.

    Raises
    ------
    DataError
        Where it is no .npz file, an array is missing, or a member is damaged, forged or pickled.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            there = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            missing = [name for name in names if name not in there]
            if missing:
                raise DataError(f"{path}: no {', '.join(missing)}; it has {', '.join(there) or 'no array'}")
            return {name: _member(archive, there[name], f"{path}: {name}") for name in names}
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: not a readable .npz file ({error}); save one with numpy.savez_compressed") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


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


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> np.ndarray:
    damaged = f"{where}: damaged"
    try:
        with archive.open(info) as file:
            header = read_header(file, where)
        claimed = header.size + header.n_bytes
        if claimed != info.file_size or info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise DataError(
                f"{damaged}: its header claims {header.shape} {header.dtype}, {claimed:,} bytes, but the archive holds "
                f"{info.file_size:,} (packed {info.compress_size:,}); get the file again"
            )
        with archive.open(info) as file:
            array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    except (zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{damaged} ({error}); get the file again") from error
    return array

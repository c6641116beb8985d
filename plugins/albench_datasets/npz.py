"""Images from a .npz file in the layout of MedMNIST (Yang et al., 2023, Scientific Data 10:41)."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from albench.api import DataError, ImageDataset, Splits, option
from albench_datasets.checks import Raw, checked_splits, whole_labels
from albench_datasets.npyfiles import read_header
from albench_datasets.published import SPLITS
from albench_datasets.roots import candidate_roots

CHANNELS = (1, 3)
MAX_RATIO = 1100
"""Deflate cannot shrink by more than 1032: a member that claims more is forged."""


@dataclass(frozen=True, kw_only=True)
class Npz(ImageDataset):
    """``train_images``, ``train_labels`` and likewise ``val_`` and ``test_``: uint8 (N, H, W) or (N, H, W, C)."""

    path: str = option(help="the .npz file; relative to the data folder or the working folder")

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
                f"npz[path={self.path}]: no such file; give its full path or its folder with --data-dir DIR"
            )
        arrays = read_npz(path, tuple(f"{split}_{what}" for split in SPLITS for what in ("images", "labels")))
        raw = {}
        for split in SPLITS:
            x_from, y_from = f"{path}: {split}_images", f"{path}: {split}_labels"
            labels = single_labels(arrays[f"{split}_labels"], y_from)
            raw[split] = Raw(channels_first(arrays[f"{split}_images"], x_from), labels, x_from, y_from)
        # Codes too high for the count are refused before names are made of them: a stray 10**12 is no class.
        n_classes = 1 + max((int(each.y.max()) for each in raw.values() if len(each.y)), default=0)
        if n_classes > sum(len(each.y) for each in raw.values()):
            worst = max((each for each in raw.values() if len(each.y)), key=lambda each: int(each.y.max()))
            row = int(worst.y.argmax())
            raise DataError(f"{worst.y_from}: row {row} has the label {worst.y[row]}, more than there are items")
        return checked_splits(raw, modality="image", class_names=tuple(str(label) for label in range(n_classes)))

    def find(self, root: Path | None) -> bool:
        """True where the file is there."""
        return self._file(root) is not None

    def _file(self, root: Path | None) -> Path | None:
        """The file under the user's folder, the working folder or the data folders, whichever has it first."""
        bases = [*(candidate_roots(root) if root is not None else []), Path(), *candidate_roots(None)]
        paths = (base / Path(self.path).expanduser() for base in bases)
        return next((path for path in paths if path.is_file()), None)


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
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    raise DataError(f"{where}: an array of shape {images.shape}; (N, H, W) or (N, H, W, 1 or 3) is needed")


def single_labels(labels: np.ndarray, where: str) -> np.ndarray:
    """(N,) int64 from (N,) or (N, 1); several labels an item are refused, and so is one below 0."""
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise DataError(f"{where}: {labels.shape[1]} labels an item; only sets with one label an item can be used")
    whole = whole_labels(labels, where)
    negative = np.flatnonzero(whole < 0)
    if len(negative):
        raise DataError(f"{where}: row {negative[0]} has the label {whole[negative[0]]}; labels start at 0")
    return whole


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

"""SVHN (Netzer et al., 2011): cropped digits of house numbers, from the MATLAB files of format 2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from albench.api import DataError, Published, option
from albench_datasets.checks import Raw
from albench_datasets.facts_images import SVHN
from albench_datasets.published_images import PublishedImages

FILES = {"train": "train_32x32.mat", "test": "test_32x32.mat"}
SIDE = 32
ZERO = 10
"""The label that the files give the digit 0."""


@dataclass(frozen=True, kw_only=True)
class Svhn(PublishedImages):
    """House-number digits, 32 x 32 colour: 73,257 to train on, of which a tenth validates, and 26,032 to test on.

    The 531,131 extra images, which are easier, are not read.
    """

    # a mirrored digit is another sign
    flip: bool = option(False, "weak view: flip left-right half of the time")

    def read(self, files: Mapping[str, Path]) -> dict[str, Raw]:
        """Images (N, 3, 32, 32) uint8 and labels (N,) of 0 .. 9."""
        return {split: _read(files[name]) for split, name in FILES.items()}

    @property
    def class_names(self) -> tuple[str, ...]:
        """The digits."""
        return tuple(str(digit) for digit in range(10))

    @property
    def facts(self) -> Published:
        """Of its makers."""
        return SVHN


def _read(path: Path) -> Raw:
    arrays = _arrays(path)
    x, y = arrays["X"], arrays["y"].reshape(-1)
    if x.dtype != np.uint8 or x.ndim != 4 or x.shape[:3] != (SIDE, SIDE, 3):
        raise DataError(f"{path}: X is {x.dtype} of shape {x.shape}; uint8 of shape (32, 32, 3, N) is needed")
    if y.dtype.kind not in "iuf" or not ((y >= 1) & (y <= ZERO)).all():
        raise DataError(f"{path}: y holds labels other than 1 .. 10, where 10 is the digit 0; get the file again")
    return Raw(np.ascontiguousarray(x.transpose(3, 2, 0, 1)), y.astype(np.int64) % ZERO, f"{path}: X", f"{path}: y")


def _arrays(path: Path) -> dict[str, Any]:
    """``X`` and ``y`` of a MATLAB file, by SciPy: no code in it is run."""
    from scipy.io import loadmat

    try:
        held: dict[str, Any] = loadmat(path, variable_names=("X", "y"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); get the file again") from error
    except Exception as error:  # what a damaged file brings forth in SciPy is of a dozen kinds
        raise DataError(f"{path}: not a readable MATLAB file ({_line(error)}); get the file again") from error
    if lacking := [name for name in ("X", "y") if name not in held]:
        raise DataError(f"{path}: no {', '.join(lacking)}; get the file again")
    return held


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__

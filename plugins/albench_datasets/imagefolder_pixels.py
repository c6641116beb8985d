"""PNG and JPEG files as arrays of one size."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from albench.api import DataError
from albench_datasets.imagefolder_files import printable

if TYPE_CHECKING:
    from PIL import Image

Mode = Literal["grey", "rgb"]

DAMAGED = (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, OverflowError, struct.error, zlib.error)
"""What Pillow's readers raise for bytes that are no image, or half of one."""
FULL_RANGE = 65535


@dataclass(frozen=True)
class Decoded:
    """Images of one size.

    Attributes
    ----------
    x
        (N, C, size, size) uint8, of the images that can be read.
    kept
        (N,) their positions in the list.
    bad
        Those that cannot be read, each with the reason.
    deepest
        The highest value in a 16-bit image, or -1 where there is none.
    """

    x: np.ndarray
    kept: np.ndarray
    bad: tuple[str, ...]
    deepest: int


def decode(folder: Path, names: Sequence[str], *, mode: Mode, size: int) -> Decoded:
    """Read images one after the other into one array, which is all the memory that is needed.

    The orientation in the EXIF data is applied; transparent pixels are laid over black; 16-bit grey is divided by 257,
    so that the full range stays the full range; grey is the luma of ITU-R BT.601. Each image is then resized to a
    square, whatever its shape, bilinearly with antialiasing.

    Raises
    ------
    DataError
        Where Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise DataError("imagefolder needs Pillow to read images: pip install 'albench[images]'") from error
    x = np.empty((len(names), 3 if mode == "rgb" else 1, size, size), np.uint8)
    kept: list[int] = []
    bad: list[str] = []
    deepest = -1
    with warnings.catch_warnings():
        # Pillow also warns of odd metadata, which does not touch the pixels.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for position, name in enumerate(names):
            try:
                image = _open(folder / name)
            except (Image.DecompressionBombError, Image.DecompressionBombWarning):
                bad.append(f"{printable(name)} (far too many pixels: a decompression bomb?)")
            except DAMAGED as error:
                bad.append(f"{printable(name)} ({_reason(error)})")
            else:
                if image.mode.startswith("I"):
                    deep = np.asarray(image).astype(np.float32)
                    deepest = max(deepest, int(deep.max()))
                    x[len(kept)] = _from_deep(deep, size)
                else:
                    x[len(kept)] = _from_bytes(image, mode, size)
                kept.append(position)
    return Decoded(x[: len(kept)], np.array(kept, np.int64), tuple(bad), deepest)


def _open(path: Path) -> Image.Image:
    """The image with all its pixels read, upright."""
    from PIL import Image, ImageOps

    if not path.is_file():
        raise OSError("a broken link" if path.is_symlink() else "not a file")
    if path.stat().st_size == 0:
        raise OSError("zero bytes")
    with Image.open(path, formats=("PNG", "JPEG")) as image:
        if image.format == "PNG":
            # Reading the pixels does not compare their checksum; this does, and leaves the file used up.
            with Image.open(path, formats=("PNG",)) as again:
                again.verify()
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return image


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "not a PNG or JPEG image"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return printable(text)


def _from_bytes(image: Image.Image, mode: Mode, size: int) -> np.ndarray:
    """(C, size, size) uint8 from an image with at most eight bits a channel."""
    from PIL import Image

    target = "RGB" if mode == "rgb" else "L"
    if image.has_transparency_data:
        front = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", front.size, (0, 0, 0, 255)), front)
    if image.mode != target:
        image = image.convert(target)
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return pixels.transpose(2, 0, 1) if mode == "rgb" else pixels[None]


def _from_deep(deep: np.ndarray, size: int) -> np.ndarray:
    """(1, size, size) uint8 from (H, W) float32 in 0 .. 65535; rounded once, after the resize."""
    from PIL import Image

    image = Image.fromarray(deep)
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR)
    return np.rint(np.asarray(image) * (255 / FULL_RANGE)).clip(0, 255).astype(np.uint8)[None]

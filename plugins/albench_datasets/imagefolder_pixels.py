"""Files of images as arrays of one size; whatever is lost on the way is counted in ``Losses``."""

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
from albench_datasets.imagefolder_colour import Colours, Profile, as_srgb, colours_of, grey_as_srgb
from albench_datasets.imagefolder_depth import Bits, png_header, scaled
from albench_datasets.imagefolder_fit import Fit, fitted
from albench_datasets.imagefolder_losses import Losses, is_negative, looked_at
from albench_datasets.imagefolder_names import printable

if TYPE_CHECKING:
    from PIL import Image

Mode = Literal["grey", "rgb"]
Ground = Literal["black", "white"]
Photometric = Literal["ignore", "apply"]

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
DAMAGED = (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, OverflowError, struct.error, zlib.error)
"""What Pillow's readers raise for bytes that are no image, or half of one."""
ORIENTATION = 0x0112
"""EXIF's tag; 1 is upright, 2 to 8 are not."""
COLOUR_PARTS, COLOUR_SPREAD = 32, 8
"""An image is in colour where the channels of one of 32 x 32 parts differ by more than 8 of 255: JPEG noise is less."""
DARK_COLOUR_BITS = 13
"""Of colours with 16 bits Pillow keeps the upper eight: up to so many bits in use, next to nothing is left of them."""


@dataclass(frozen=True)
class Target:
    """What all images are made into: the options of ``imagefolder`` of the same names."""

    mode: Mode
    size: int
    ground: Ground = "black"
    fit: Fit = "stretch"
    profile: Profile = "ignore"
    photometric: Photometric = "ignore"

    @property
    def shade(self) -> int:
        """The ground as a value, 0 or 255."""
        return 255 if self.ground == "white" else 0


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
    deep
        Rows of ``x`` that wait for the depth of the set, with their file and bits.
    """

    x: np.ndarray
    kept: np.ndarray
    bad: tuple[str, ...]
    deep: tuple[tuple[int, str, Bits], ...]


def decode(folder: Path, names: Sequence[str], losses: Losses, target: Target) -> Decoded:
    """Read images one after the other into one array, which is all the memory that is needed.

    The orientation in the EXIF data is applied, and the colour profile where that is asked for; transparent pixels are
    laid over the ground; grey is the luma of ITU-R BT.601. Each image is then made a square as ``fitted`` says. Rows of
    16-bit grey images are left for ``fill_deep``, once the whole set is known.

    Raises
    ------
    DataError
        Where Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise DataError("imagefolder needs Pillow to read images: pip install 'albench[images]'") from error
    x = np.empty((len(names), 3 if target.mode == "rgb" else 1, target.size, target.size), np.uint8)
    kept: list[int] = []
    bad: list[str] = []
    deep: list[tuple[int, str, Bits]] = []
    with warnings.catch_warnings():
        # Pillow also warns of odd metadata, which does not touch the pixels.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for position, name in enumerate(names):
            try:
                image, declared = _open(folder / name, losses)
                pixels = _whole(image) if image.mode.startswith(("I", "F")) else None
            except (Image.DecompressionBombError, Image.DecompressionBombWarning):
                bad.append(f"{printable(name)} (far too many pixels: a decompression bomb?)")
                continue
            except DAMAGED as error:
                bad.append(f"{printable(name)} ({_reason(error)})")
                continue
            losses.sizes.append(image.size)
            colours = looked_at(image, losses)
            if pixels is None:
                x[len(kept)] = _from_bytes(image, colours, target, losses)
            else:
                losses.keyed += "transparency" in image.info
                losses.depth.add(pixels, declared)
                deep.append((len(kept), name, losses.depth.images[-1]))
            kept.append(position)
    return Decoded(x[: len(kept)], np.array(kept, np.int64), tuple(bad), tuple(deep))


def fill_deep(folder: Path, read: Decoded, losses: Losses, target: Target) -> None:
    """Read the 16-bit images again and write their rows, scaled by the depth that is known by now."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row, name, bits in read.deep:
            image, _ = _open(folder / name, Losses(losses.depth))  # counted when it was read first
            values = scaled(_whole(image), losses.depth.bits(bits))
            if target.photometric == "apply" and is_negative(image):
                values = 255 - values
            colours = colours_of(image)
            if target.profile == "srgb" and colours is not None and not colours.unfit:
                values = grey_as_srgb(values, colours)
            square = fitted(Image.fromarray(values), target.size, target.fit, target.shade)
            read.x[row] = np.rint(np.asarray(square)).clip(0, 255).astype(np.uint8)


def _open(path: Path, losses: Losses) -> tuple[Image.Image, int]:
    """The image with all its pixels read, upright; and the bits that its file declares, or 0."""
    from PIL import Image, ImageOps

    if not path.is_file():
        raise OSError("a broken link" if path.is_symlink() else "not a file")
    if path.stat().st_size == 0:
        raise OSError("zero bytes")
    with Image.open(path, formats=FORMATS) as image:
        sample_bits, declared = 0, 0
        if image.format == "PNG":
            # Reading the pixels does not compare their checksum; this does, and leaves the file used up.
            with Image.open(path, formats=("PNG",)) as again:
                again.verify()
            sample_bits, _, declared = png_header(path)
        elif image.format == "TIFF":
            tags = image.tag_v2  # type: ignore[attr-defined]  # an image of that format has them
            sample_bits = max(np.atleast_1d(tags.get(258, 8)))  # BitsPerSample
            declared = int(max(np.atleast_1d(tags.get(281, 0)))).bit_length()  # MaxSampleValue
        # a camera's MPO holds a small preview beside the picture; any other second frame is a picture too
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise OSError(f"{getattr(image, 'n_frames', 1)} pages or frames; save one picture a file")
        image.load()
        losses.turned += image.getexif().get(ORIENTATION, 1) in range(2, 9)
        ImageOps.exif_transpose(image, in_place=True)
        if sample_bits > 8 and not image.mode.startswith(("I", "F")):
            above = [int(np.count_nonzero(np.asarray(image) >> bits)) for bits in range(9)]
            hot = image.width * image.height // 1000
            losses.deep_colour.append(8 + next(bits for bits, count in enumerate(above) if count <= hot))
        return image, declared if declared >= 8 else 0


def _whole(image: Image.Image) -> np.ndarray:
    """(H, W) whole numbers in 0 .. 65535 of an image with more than eight bits a pixel."""
    pixels = np.asarray(image)
    if image.mode.startswith("F"):
        raise OSError("pixels of floating point; save it as 8-bit or 16-bit whole numbers")
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or high > 65535:
        raise OSError(f"values from {low:,} to {high:,}; shift and scale them into 0 .. 65,535")
    return pixels.astype(np.uint16)


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "not a PNG, JPEG, TIFF, BMP or WebP image"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return printable(text)


def _from_bytes(image: Image.Image, colours: Colours | None, target: Target, losses: Losses) -> np.ndarray:
    """(C, size, size) uint8 from an image with at most eight bits a channel."""
    from PIL import Image

    if image.mode == "LAB":
        image = image.convert("RGB")  # which Pillow cannot make grey at once
    if target.profile == "srgb" and colours is not None and not colours.unfit:
        image = as_srgb(image, colours)
    if image.has_transparency_data:
        front = image.convert("RGBA")
        least, most = front.getchannel("A").getextrema()
        image = Image.alpha_composite(Image.new("RGBA", front.size, (*[target.shade] * 3, 255)), front)
        losses.clear += least != 255
        losses.covered += least != most and not np.ptp(np.asarray(image)[..., :3], axis=(0, 1)).any()
    if target.mode == "grey" and image.mode not in ("L", "1", "LA"):
        losses.coloured += _in_colour(image)
    image = image.convert("RGB" if target.mode == "rgb" else "L")
    pixels = np.asarray(fitted(image, target.size, target.fit, target.shade))
    return pixels.transpose(2, 0, 1) if target.mode == "rgb" else pixels[None]


def _in_colour(image: Image.Image) -> bool:
    from PIL import Image

    parts = image.convert("RGB").resize((COLOUR_PARTS, COLOUR_PARTS), Image.Resampling.BOX)
    channels = np.asarray(parts).astype(np.int16)
    return int((channels.max(axis=2) - channels.min(axis=2)).max()) > COLOUR_SPREAD

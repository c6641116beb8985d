"""What images were as stored, and how many lost something when they were made alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from albench_datasets.imagefolder_colour import Colours, colours_of, has_own_primaries
from albench_datasets.imagefolder_depth import Depth

if TYPE_CHECKING:
    from PIL import Image

SQUARE = 1.01
"""Pixels whose sides differ by less are square: resolutions are rounded."""


@dataclass
class Losses:
    """What the images were, and how many lost something when they were made alike.

    Attributes
    ----------
    sizes
        Widths and heights as stored.
    coloured
        In colour, and read as grey.
    clear, covered
        With transparent parts; of these, nothing is left to be seen but the ground.
    turned
        Stored lying or mirrored, and turned upright.
    several
        Cameras' files of several pictures (MPO), of which the first is read.
    oblong
        Files that say that their pixels are not square.
    negatives
        16-bit TIFF files that say that zero is white.
    keyed
        16-bit PNG files in which one grey stands for transparent.
    profiles
        Name of a colour profile that is not sRGB -> images that carry it and that it can be applied to.
    unfit
        Why a profile cannot be applied -> images that carry such a one.
    primaries
        PNG files whose red, green and blue are not those of sRGB, and that have no profile.
    inks
        In CMYK without a profile.
    deep_colour
        Colours of 16 bits, of which the upper eight are read: bits in use.
    depth
        Depth of grey images of 16 bits.
    """

    depth: Depth
    sizes: list[tuple[int, int]] = field(default_factory=list)
    coloured: int = 0
    clear: int = 0
    covered: int = 0
    turned: int = 0
    several: int = 0
    oblong: int = 0
    negatives: int = 0
    keyed: int = 0
    profiles: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    primaries: int = 0
    inks: int = 0
    deep_colour: list[int] = field(default_factory=list)


def looked_at(image: Image.Image, losses: Losses) -> Colours | None:
    """Count what the file says of the image beside its pixels; what it says of its colours."""
    losses.several += image.format == "MPO" and getattr(image, "n_frames", 1) > 1
    losses.oblong += _is_oblong(image)
    losses.negatives += is_negative(image)
    losses.primaries += has_own_primaries(image)
    colours = colours_of(image)
    if colours is None:
        losses.inks += image.mode == "CMYK"
    elif colours.unfit:
        losses.unfit[colours.unfit] += 1
    else:
        losses.profiles[colours.name] += 1
    return colours


def _is_oblong(image: Image.Image) -> bool:
    """True where the file says that the pixels are wider than high, or the other way."""
    info = image.info
    pair = info.get("dpi") or info.get("aspect") or info.get("resolution") or info.get("jfif_density") or (1, 1)
    across, down = (float(each) for each in pair)
    return across > 0 and down > 0 and max(across, down) / min(across, down) > SQUARE


def is_negative(image: Image.Image) -> bool:
    """True for a TIFF file whose zero is white where Pillow does not turn the values over: it does up to 8 bits."""
    tags = image.tag_v2 if image.format == "TIFF" else {}  # type: ignore[attr-defined]  # as above
    return image.mode.startswith("I") and tags.get(262) == 0  # PhotometricInterpretation: WhiteIsZero

"""How many bits the pixels of 16-bit images use: 12-bit cameras and scanners write into 16-bit files."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from albench_datasets.imagefolder_names import number

LEAST, MOST = 8, 16
HOT_SHARE = 1e-3
HOT_PIXELS = 4
"""Up to so large a share of an image's pixels, or so many, may lie above its depth: hot pixels, burnt-in marks."""


@dataclass(frozen=True)
class Bits:
    """One 16-bit image.

    Attributes
    ----------
    above
        Pixels above ``2**bits - 1``, for bits from 8 to 16.
    n_pixels
        All of its pixels.
    declared
        What its file declares (sBIT of PNG, MaxSampleValue of TIFF), or 0.
    """

    above: tuple[int, ...]
    n_pixels: int
    declared: int = 0

    @property
    def used(self) -> int:
        """Bits that hold all of its pixels but hot ones."""
        hot = max(HOT_PIXELS, HOT_SHARE * self.n_pixels)
        return next(bits for bits, above in zip(range(LEAST, MOST + 1), self.above, strict=True) if above <= hot)

    @property
    def own(self) -> int:
        """The declared bits where the pixels keep to them, else those that are used."""
        return max(self.declared, self.used)


@dataclass
class Depth:
    """Depth of the 16-bit images of a set, found while they are read for the first time.

    Parameters
    ----------
    option
        ``auto``: one depth for the set; ``image``: each image has its own; or a number of bits.
    """

    option: str
    images: list[Bits] = field(default_factory=list)

    def add(self, pixels: np.ndarray, declared: int) -> None:
        """Note one image: (H, W) whole numbers in 0 .. 65535."""
        above = (int(np.count_nonzero(pixels >> bits)) for bits in range(LEAST, MOST + 1))
        self.images.append(Bits(tuple(above), pixels.size, declared))

    def bits(self, image: Bits | None = None) -> int:
        """The depth of the set, or of one image where each has its own."""
        if self.option == "image" and image is not None:
            return image.own
        if self.option not in ("auto", "image"):
            return int(self.option)
        return max((each.own for each in self.images), default=MOST)

    def how_read(self) -> str:
        """What the depth is and why, in one line; ``""`` where no image has 16 bits."""
        if not self.images:
            return ""
        head = f"pixels: {number(len(self.images), 'image')} of 16 bits"
        if self.option == "image":
            own = [each.own for each in self.images]
            return f"{head}, each scaled by its own depth, {min(own)} to {max(own)} bits (depth=image)"
        bits = self.bits()
        if self.option == "auto":
            declared = {each.declared for each in self.images}
            source = "their files declare it" if declared == {bits} else "their values need no more"
        else:
            source = f"depth={self.option}"
        levels = f", of which {2 ** (bits - LEAST):,} in turn become one of 256 levels" if bits > LEAST else ""
        return f"{head} are read as {bits}-bit, 0 .. {2**bits - 1:,} ({source}){levels}"

    def notice(self) -> str:
        """Pixels above the depth, which come out white; ``""`` where there are none."""
        depths = [self.bits(each) for each in self.images]
        clipped = [each.above[bits - LEAST] for each, bits in zip(self.images, depths, strict=True)]
        touched = sum(count > 0 for count in clipped)
        if not touched:
            return ""
        limit = "their own depth" if self.option == "image" else f"{2 ** self.bits() - 1:,}"
        pixels = number(sum(clipped), "pixel")
        return (
            f"{pixels} in {touched:,} of {len(self.images):,} 16-bit images lie above {limit} and are "
            f"read as white (hot pixels?); where they are signal, depth=16 keeps them"
        )


def scaled(pixels: np.ndarray, bits: int) -> np.ndarray:
    """(H, W) float32 in 0 .. 255 from whole numbers of so many bits; what lies above is 255."""
    top = 2**bits - 1
    return np.minimum(pixels, top).astype(np.float32) * np.float32(255 / top)


def png_header(path: Path) -> tuple[int, int, int]:
    """Bits a sample, colour type, and the most significant bits that sBIT declares (0 where it is not there)."""
    with path.open("rb") as file:
        head = file.read(33)
        depth, colour = head[24], head[25]
        for _ in range(64):  # sBIT stands before the pixels
            start = file.read(8)
            if len(start) < 8:
                break
            length, name = struct.unpack(">I4s", start)
            if name == b"sBIT" and 0 < length <= 4:
                return depth, colour, max(file.read(length))
            if name in (b"IDAT", b"PLTE"):
                break
            file.seek(length + 4, 1)
    return depth, colour, 0

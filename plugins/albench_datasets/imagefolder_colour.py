"""Colour profiles: what a file says its values stand for, where that is not sRGB, and the way from there to sRGB."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from albench_datasets.imagefolder_names import printable

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageCms import ImageCmsTransform

Profile = Literal["ignore", "srgb"]

SEEN = 8
"""A profile is told where it moves some value by more than 8 of 255: variants of sRGB do not."""
GAMMA = 0.45455
"""What PNG's gAMA chunk says of values made for a usual display; 1 is light as it was measured."""
PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
"""Places of sRGB's white, red, green and blue in the CIE's x and y, as PNG's cHRM chunk has them."""
LONGEST = 40
"""Letters of a profile's name."""


@dataclass(frozen=True)
class Colours:
    """What the values of an image stand for.

    Attributes
    ----------
    name
        Of its profile.
    base
        Mode of the values that it is for: ``L``, ``RGB`` or ``CMYK``.
    icc
        The embedded ICC profile; ``b""`` where there is a gamma alone.
    gamma
        Of PNG's gAMA chunk, where there is no profile.
    unfit
        Why the profile cannot be applied; ``""`` where it can.
    """

    name: str
    base: str
    icc: bytes = b""
    gamma: float = GAMMA
    unfit: str = ""


def colours_of(image: Image.Image) -> Colours | None:
    """What the file of an opened image says of its values; None where that is nothing, or next to sRGB.

    ``LAB`` needs no profile. An ICC profile goes before PNG's sRGB chunk, and that before its gAMA chunk.
    """
    icc = image.info.get("icc_profile")
    if image.mode == "LAB":
        return None
    if icc:
        return _icc_colours(bytes(icc), _base(image.mode))
    gamma = image.info.get("gamma")
    if image.format != "PNG" or not gamma or gamma < 0 or "srgb" in image.info:
        return None
    moved = np.abs(_gamma_curve(np.arange(256.0), gamma) - np.arange(256)).max()
    return Colours(f"gamma {gamma:.2g}", _base(image.mode), gamma=gamma) if moved > SEEN else None


def has_own_primaries(image: Image.Image) -> bool:
    """True for a PNG file in colour whose cHRM chunk names other primaries than sRGB's, and that has no profile."""
    places = image.info.get("chromaticity")
    if image.format != "PNG" or not places or "srgb" in image.info or image.info.get("icc_profile"):
        return False
    return _base(image.mode) == "RGB" and not np.allclose(places, PRIMARIES, atol=0.01)


def as_srgb(image: Image.Image, colours: Colours) -> Image.Image:
    """An image of at most 8 bits a channel in sRGB: ``RGB``, or ``RGBA`` where it has transparency."""
    from PIL import Image

    base = colours.base
    if image.has_transparency_data:
        image = image.convert("LA" if base == "L" else "RGBA")
        alpha = image.getchannel("A")
        flat = image.getchannel("L") if base == "L" else image.convert("RGB")
    else:
        alpha, flat = None, image.convert(base)
    if colours.icc:
        done = _transform(colours.icc, base).apply(flat)
    else:
        table = _gamma_curve(np.arange(256.0), colours.gamma).round().astype(int).tolist()
        done = flat.convert("RGB").point(table * 3)
    if alpha is not None:
        done = Image.merge("RGBA", (*done.split(), alpha))
    return done


def grey_as_srgb(values: np.ndarray, colours: Colours) -> np.ndarray:
    """Grey values (H, W) float32 in 0 .. 255, finer than whole numbers, in sRGB."""
    from PIL import Image

    if not colours.icc:
        return _gamma_curve(values, colours.gamma).astype(np.float32)
    levels = np.arange(256, dtype=np.uint8)
    table = np.asarray(as_srgb(Image.fromarray(levels[None]), colours).convert("L"))[0]
    return np.interp(values, levels, table).astype(np.float32)


def _base(mode: str) -> str:
    """The mode of the values that a profile is for, without palette and transparency."""
    if mode == "CMYK":
        return mode
    return "L" if mode in ("1", "L", "LA", "La") or mode.startswith(("I", "F")) else "RGB"


def _gamma_curve(values: np.ndarray, gamma: float) -> np.ndarray:
    return 255 * (values / 255) ** (GAMMA / gamma)


@functools.lru_cache(maxsize=64)
def _icc_colours(icc: bytes, base: str) -> Colours | None:
    from PIL import Image, ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        name = ImageCms.getProfileDescription(profile)
        if base == "L" and profile.profile.xcolor_space.strip() == "RGB":
            base = "RGB"  # what was made grey and kept the profile that it had in colour
        transform = _transform(icc, base)
    except ImportError:
        return Colours("", base, icc, unfit="Pillow was built without LittleCMS")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return Colours("", base, icc, unfit="damaged, or made for other channels")
    name = printable(" ".join(name.split()))[:LONGEST] or "without a name"
    if base == "CMYK":
        return Colours(name, base, icc)
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(*[steps[::3]] * 3), axis=-1).reshape(1, -1, 3)
    probe = Image.fromarray(steps[None] if base == "L" else cube)
    after, before = (np.asarray(each).astype(int) for each in (transform.apply(probe), probe.convert("RGB")))
    return Colours(name, base, icc) if np.abs(after - before).max() > SEEN else None


@functools.lru_cache(maxsize=64)
def _transform(icc: bytes, base: str) -> ImageCmsTransform:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), base, "RGB")

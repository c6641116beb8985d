"""Images of any shape as squares: stretched, padded or cropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL import Image

Fit = Literal["stretch", "pad", "crop"]


def fitted(image: Image.Image, size: int, fit: Fit, shade: int) -> Image.Image:
    """The image as ``size`` x ``size`` pixels, bilinearly with antialiasing; one that is such already is left as it is.

    Parameters
    ----------
    image
        Of mode ``L``, ``RGB`` or ``F``.
    fit
        ``stretch``: both sides are scaled to ``size``, and the shape is lost. ``pad``: the longer side is, and the rest
        is filled. ``crop``: the shorter side is, and the centre of the longer one is kept.
    shade
        What ``pad`` fills with, 0 .. 255.
    """
    from PIL import Image

    width, height = image.size
    if width == height or fit == "stretch":
        return _resized(image, (size, size))
    if fit == "crop":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        return _resized(image.crop((left, top, left + side, top + side)), (size, size))
    scale = size / max(width, height)
    inner = _resized(image, (max(1, round(width * scale)), max(1, round(height * scale))))
    square = Image.new(image.mode, (size, size), (shade,) * 3 if image.mode == "RGB" else shade)
    square.paste(inner, ((size - inner.width) // 2, (size - inner.height) // 2))
    return square


def scaled_side(pair: tuple[int, int], fit: Fit) -> int:
    """The side of a width and height that becomes ``size``; of both, where they are stretched, the longer."""
    return min(pair) if fit == "crop" else max(pair)


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    from PIL import Image

    return image if image.size == size else image.resize(size, Image.Resampling.BILINEAR)

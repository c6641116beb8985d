"""Contact sheets: a grid of pictures with captions, as one image."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from albench.disk.files import write_atomic, writing
from albench.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

SIDE = 96
"""Pixels of a cell's picture."""
GAP = 8
TEXT = 12
"""Pixels between cells, and of a letter's height."""
LINE = TEXT + 4
PAPER, INK = (255, 255, 255), (0, 0, 0)


def sheet(
    rows: Sequence[Sequence[np.ndarray]],
    captions: Sequence[Sequence[str]] = (),
    *,
    titles: Sequence[str] = (),
    heads: Sequence[str] = (),
    side: int = SIDE,
) -> Image:
    """A grid of pictures.

    Pictures keep their shape: small ones are enlarged by a whole factor, pixel by pixel, large ones are made smaller.

    Parameters
    ----------
    rows
        Pictures of each row, (H, W), (1, H, W) or (3, H, W); uint8, or floating point in 0 .. 1. Rows may differ in
        length.
    captions
        A text below each picture, in the shape of ``rows``; several lines are parted by a line break. What is wider
        than its cell is cut in its middle.
    titles
        A line above each row.
    heads
        A line above each column.
    side
        Largest width and height of a picture, in pixels.

    Raises
    ------
    UserError
        Where Pillow is missing, or a picture has neither 1 nor 3 channels.
    """
    font = _font()
    from PIL import Image, ImageDraw

    n_columns = max((len(row) for row in rows), default=0)
    below_each = [[caption.splitlines() for caption in row] for row in captions]
    below = max((len(lines) for row in below_each for lines in row), default=0) * LINE
    above = LINE if any(titles) else 0
    top = GAP + (LINE if any(heads) else 0)
    width = max(GAP + n_columns * (side + GAP), *(GAP + _width(font, title) + GAP for title in (*titles, "")))
    height = top + len(rows) * (above + side + below + GAP)
    canvas = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(canvas)
    for column, head in enumerate(heads):
        draw.text((GAP + column * (side + GAP), GAP), _cut(font, head, side), fill=INK, font=font)
    for number, row in enumerate(rows):
        y = top + number * (above + side + below + GAP)
        if number < len(titles):
            draw.text((GAP, y), _printable(titles[number]), fill=INK, font=font)
        for column, pixels in enumerate(row):
            x = GAP + column * (side + GAP)
            shown = _fitted(picture(pixels), side)
            canvas.paste(shown, (x + (side - shown.width) // 2, y + above + (side - shown.height) // 2))
            lines = below_each[number][column] if number < len(below_each) and column < len(below_each[number]) else []
            for place, line in enumerate(lines):
                at = (x, y + above + side + 2 + place * LINE)
                draw.text(at, _cut(font, line, side), fill=INK, font=font)
    return canvas


def picture(pixels: np.ndarray) -> Image:
    """An RGB image of (H, W), (1, H, W) or (3, H, W) pixels, uint8 or floating point in 0 .. 1."""
    from PIL import Image

    shape = pixels.shape
    channels = pixels[None] if pixels.ndim == 2 else pixels
    if channels.ndim != 3 or channels.shape[0] not in (1, 3) or 0 in shape:
        raise UserError(f"an item of shape {shape} is no picture: 1 or 3 channels are shown, (C, H, W).")
    if channels.dtype != np.uint8:
        channels = np.rint(np.clip(channels, 0, 1) * 255).astype(np.uint8)
    colours = np.broadcast_to(channels, (3, *channels.shape[1:]))
    return Image.fromarray(np.ascontiguousarray(colours.transpose(1, 2, 0)))


def save_sheet(image: Image, path: Path) -> None:
    """Write an image as PNG: the whole file or nothing.

    Raises
    ------
    FolderError
        Where the folder cannot be written.
    """
    content = io.BytesIO()
    image.save(content, "PNG")
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content.getvalue())


def _font() -> FreeTypeFont:
    try:
        from PIL import ImageFont
    except ImportError:
        raise UserError("pictures need Pillow: pip install 'albench[images]'") from None
    font = ImageFont.load_default(TEXT)
    assert isinstance(font, ImageFont.FreeTypeFont)  # with a size given, no other kind is loaded
    return font


def _fitted(image: Image, side: int) -> Image:
    """Enlarged by a whole factor, or made smaller, to fit a square of that side."""
    from PIL import Image

    longest = max(image.size)
    if longest <= side:
        times = side // longest
        return image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
    size = (max(1, round(image.width * side / longest)), max(1, round(image.height * side / longest)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _width(font: FreeTypeFont, text: str) -> int:
    return int(font.getlength(_printable(text))) + 1


def _cut(font: FreeTypeFont, text: str, width: int) -> str:
    """The text, its middle left out where it is wider."""
    text = _printable(text)
    if font.getlength(text) <= width:
        return text
    for kept in range(len(text) - 1, 0, -1):
        head, tail = text[: kept - kept // 2], text[len(text) - kept // 2 :]
        if font.getlength(f"{head}...{tail}") <= width:
            return f"{head}...{tail}"
    return text[:1]

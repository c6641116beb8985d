"""Contact sheets show every picture in its place, whole and in its shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from albench.errors import UserError
from albench.render.sheet import GAP, SIDE, picture, save_sheet, sheet

RED = np.stack([np.full((8, 8), level, np.uint8) for level in (255, 0, 0)])


def at(image: Image.Image, row: int, column: int, height: int) -> tuple[int, ...]:
    """The pixel in the middle of a cell, of a sheet whose rows are of that height."""
    pixel = image.getpixel((GAP + column * (SIDE + GAP) + SIDE // 2, GAP + row * height + SIDE // 2))
    assert isinstance(pixel, tuple)
    return pixel


def test_every_picture_is_in_its_cell() -> None:
    grey = np.full((8, 8), 0.5, np.float32)
    drawn = sheet([[RED, grey], [grey[None]]])
    assert drawn.size == (GAP + 2 * (SIDE + GAP), GAP + 2 * (SIDE + GAP))
    pixels = [at(drawn, row, column, SIDE + GAP) for row in (0, 1) for column in (0, 1)]
    assert pixels == [(255, 0, 0), (128, 128, 128), (128, 128, 128), (255, 255, 255)]


def test_pictures_keep_their_shape() -> None:
    tall = np.zeros((200, 50), np.uint8)
    drawn = np.asarray(sheet([[tall]]))[GAP : GAP + SIDE, GAP : GAP + SIDE, 0]
    columns = np.flatnonzero((drawn < 128).any(axis=0))
    assert (drawn < 128).any(axis=1).all()
    assert len(columns) == round(SIDE / 4)


def test_captions_stay_in_their_cells() -> None:
    """A long name neither runs into the next cell nor changes the sheet's size."""
    short = sheet([[RED, RED]], [["a", "b"]])
    drawn = sheet([[RED, RED]], [["a-very-long-name-of-a-file-" * 5 + ".png", ""]])
    assert drawn.size == short.size
    beside = np.asarray(drawn)[GAP + SIDE :, GAP + SIDE + GAP :]
    assert (beside == 255).all()
    assert (np.asarray(drawn)[GAP + SIDE :, : GAP + SIDE] < 128).any()


def test_titles_and_heads_are_drawn() -> None:
    plain = sheet([[RED]])
    drawn = sheet([[RED]], titles=["a title that is wider than its only picture"], heads=["weak"])
    assert drawn.height > plain.height
    assert drawn.width > plain.width


@pytest.mark.parametrize("shape", [(2, 8, 8), (8,), (3, 0, 8)], ids=str)
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="no picture"):
        picture(np.zeros(shape, np.uint8))


def test_a_sheet_is_written_whole(tmp_path: Path) -> None:
    save_sheet(sheet([[RED]]), tmp_path / "new" / "sheet.png")
    with Image.open(tmp_path / "new" / "sheet.png") as image:
        assert image.format == "PNG"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["sheet.png"]

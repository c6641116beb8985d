"""What a file says of its image beside the pixels, counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from albench_datasets.imagefolder_depth import Depth
from albench_datasets.imagefolder_losses import Losses, is_negative, looked_at

GREY = np.arange(16, dtype=np.uint8).reshape(4, 4)


def stored(path: Path, image: Image.Image, **settings: Any) -> Image.Image:
    image.save(path, **settings)
    with Image.open(path) as opened:
        opened.load()
        return opened


def counted(image: Image.Image) -> Losses:
    losses = Losses(Depth("auto"))
    looked_at(image, losses)
    return losses


def test_an_ordinary_image_loses_nothing(tmp_path: Path) -> None:
    assert counted(stored(tmp_path / "a.png", Image.fromarray(GREY))) == Losses(Depth("auto"))


@pytest.mark.parametrize(("dpi", "oblong"), [((72, 72), 0), ((72, 72.5), 0), ((72, 144), 1), ((0, 72), 0)])
def test_pixels_that_are_not_square_are_counted(dpi: tuple[float, float], oblong: int) -> None:
    image = Image.fromarray(GREY)
    image.info["dpi"] = dpi
    assert counted(image).oblong == oblong


def test_inks_without_a_profile_are_counted(tmp_path: Path) -> None:
    assert counted(stored(tmp_path / "a.jpg", Image.new("CMYK", (4, 4)))).inks == 1


@pytest.mark.parametrize(("bits", "white_is_zero", "negative"), [(16, 1, False), (16, 0, True), (8, 0, False)])
def test_only_deep_files_whose_zero_is_white_are_negatives(
    tmp_path: Path, bits: int, white_is_zero: int, negative: bool
) -> None:
    pixels = GREY.astype(np.uint16) * 1000 if bits == 16 else GREY
    image = stored(tmp_path / "a.tif", Image.fromarray(pixels), tiffinfo={262: white_is_zero})
    image.format = "TIFF"
    assert is_negative(image) is negative
    assert counted(image).negatives == negative

"""Images that are not square: stretched, padded or cropped, and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_folders import load
from PIL import Image

from albench.components.fields import canonical
from albench_datasets.imagefolder import ImageFolder

SPLITS = ("train", "val", "test")


def three(folder: Path, image: Image.Image, suffix: str = ".png") -> Path:
    """One picture in each class of each split."""
    for split in SPLITS:
        for name in ("ill", "well"):
            (folder / split / name).mkdir(parents=True)
            image.save(folder / split / name / f"0{suffix}")
    return folder


def stripes(kind: type[np.generic] = np.uint8, times: int = 1) -> Image.Image:
    """16 wide and 8 high: four columns of 10, eight of 200 in the middle, four of 10."""
    row = [10] * 4 + [200] * 8 + [10] * 4
    return Image.fromarray((np.tile(row, (8, 1)) * times).astype(kind))


@pytest.mark.parametrize(("kind", "times", "suffix"), [(np.uint8, 1, ".png"), (np.uint16, 257, ".tif")])
def test_pad_keeps_the_shape_and_crop_the_centre(tmp_path: Path, kind: Any, times: int, suffix: str) -> None:
    three(tmp_path, stripes(kind, times), suffix)
    padded = load(tmp_path, fit="pad").train.x[0, 0]
    assert set(padded[[0, 1, 6, 7]].ravel()) == {0}
    assert padded[2:6, 3:5].min() == padded[2:6, 3:5].max() == 200
    np.testing.assert_array_equal(padded[2:6], np.tile(padded[2], (4, 1)))
    assert set(load(tmp_path, fit="pad", ground="white").train.x[0, 0, [0, 1, 6, 7]].ravel()) == {255}
    assert set(load(tmp_path, fit="crop").train.x.ravel()) == {200}
    squeezed = load(tmp_path).train.x[0, 0]
    assert (squeezed[:, 0].max(), squeezed[:, 4].min()) == (10, 200)


def test_pad_fills_all_channels_and_upright_images_at_their_sides(tmp_path: Path) -> None:
    three(tmp_path, Image.new("RGB", (4, 16), (200, 100, 50)))
    x = load(tmp_path, fit="pad", ground="white", mode="rgb").train.x[0]
    assert x[:, 0, 3].tolist() == [200, 100, 50]
    assert (x[:, :, 3:5] == x[:, :1, 3:4]).all()
    assert (x[:, :, :3] == 255).all()
    assert (x[:, :, 5:] == 255).all()


def test_a_hair_of_an_image_keeps_one_pixel(tmp_path: Path) -> None:
    three(tmp_path, Image.new("L", (1200, 10), 90))
    x = load(tmp_path, fit="pad").train.x[0, 0]
    assert (x[3] == 90).all()
    assert not np.delete(x, 3, axis=0).any()


def test_square_images_are_the_same_whatever_the_fit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    three(tmp_path, Image.fromarray(rng.integers(0, 256, (13, 13)).astype(np.uint8)))
    first, *others = (load(tmp_path, fit=fit).train.x for fit in ("stretch", "pad", "crop"))
    for other in others:
        np.testing.assert_array_equal(first, other)


def test_the_fit_is_said_with_counts(tmp_path: Path) -> None:
    three(tmp_path, stripes())
    Image.new("L", (4, 4)).save(tmp_path / "train" / "ill" / "1.png")
    head = "images: 4 x 4 to 16 x 8 as stored, read as 8 x 8 grey; 6 of 7 are not square and are"
    smaller = "6 of 7 are made smaller, up to 2 times: a larger size (up to 16) keeps finer detail"
    larger = "1 of 7 are made larger, up to 2 times, which adds no detail"
    said = {fit: load(tmp_path, fit=fit).how_read[-1] for fit in ("stretch", "pad", "crop")}
    assert said == {
        "stretch": f"{head} squeezed, which loses their shape: fit=pad or fit=crop keeps it; {smaller}; {larger}",
        "pad": f"{head} filled up with black (fit=pad); {smaller}; {larger}",
        "crop": f"{head} cut to their centre, which loses up to 50% of an image (fit=crop); {larger}",
    }


def test_options_at_their_defaults_are_no_part_of_a_key() -> None:
    def key(**options: Any) -> str:
        return canonical("imagefolder", ImageFolder(path="a", **options))

    assert not any(name in key() for name in ("fit", "profile", "photometric"))
    assert "fit=pad" in key(fit="pad")
    assert "profile=srgb" in key(profile="srgb")
    assert "photometric=apply" in key(photometric="apply")

"""What happens to pixels on the way: depths, colours, transparency, pages; what is lost is counted and said."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_folders import load, refused
from PIL import Image, ImageDraw

from albench.api import DataError, Splits
from albench.components.registry import registry
from albench.data.loading import load_data

SPLITS = ("train", "val", "test")


def everything(splits: Splits) -> np.ndarray:
    return np.concatenate([getattr(splits, name).x for name in SPLITS])


def save(folder: Path, images: list[Image.Image], suffix: str = ".png", **how: Any) -> None:
    """The images in turn into two classes of a set that is split by albench."""
    for number, image in enumerate(images):
        path = folder / ("ill", "well")[number % 2] / f"{number:03}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, **how)


def deep(values: np.ndarray) -> Image.Image:
    return Image.fromarray(values.astype(np.uint16))


def png16(values: np.ndarray, colour_type: int, significant: bytes = b"") -> bytes:
    """A PNG with 16 bits a sample, which Pillow cannot write in colour, with or without sBIT."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
    sbit = chunk(b"sBIT", significant) if significant else b""
    return b"\x89PNG\r\n\x1a\n" + head + sbit + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write(folder: Path, files: list[bytes]) -> None:
    for number, content in enumerate(files):
        path = folder / ("ill", "well")[number % 2] / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def noise(n: int, high: int, side: int = 32) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, high, (side, side)).astype(np.uint16) for _ in range(n)]


# Depth


def test_one_hot_pixel_does_not_darken_the_other_images(tmp_path: Path) -> None:
    images = noise(24, 4096)
    save(tmp_path / "clean", [deep(image) for image in images])
    images[7][5, 5] = 65535
    save(tmp_path / "hot", [deep(image) for image in images])
    clean, hot = load(tmp_path / "clean"), load(tmp_path / "hot")
    assert 110 < everything(clean).mean() < 145
    different = (everything(clean) != everything(hot)).reshape(24, -1)
    assert (different.any(axis=1).sum(), different.sum()) <= (1, 4)
    line = (
        "pixels: 24 images of 16 bits are read as 12-bit, 0 .. 4,095 (their values need no more), of which 16 in turn "
        "become one of 256 levels"
    )
    assert line in clean.how_read
    assert line in hot.how_read
    assert clean.notices == ()
    assert hot.notices == (
        "1 pixel in 1 of 24 16-bit images lie above 4,095 and are read as white (hot pixels?); "
        "where they are signal, depth=16 keeps them",
    )


def test_the_depth_is_one_for_all_splits(tmp_path: Path) -> None:
    for split, value in zip(SPLITS, (4095, 500, 500), strict=True):
        for name in ("ill", "well"):
            path = tmp_path / split / name / "0.png"
            path.parent.mkdir(parents=True)
            deep(np.full((8, 8), value)).save(path)
    splits = load(tmp_path)
    assert [int(getattr(splits, name).x.max()) for name in SPLITS] == [255, 31, 31]
    assert [int(getattr(load(tmp_path, depth="image"), name).x.max()) for name in SPLITS] == [255, 250, 250]


def test_a_depth_can_be_given_and_what_lies_above_is_counted(tmp_path: Path) -> None:
    save(tmp_path, [deep(np.full((8, 8), 1023)) for _ in range(8)])
    assert set(everything(load(tmp_path)).ravel()) == {255}
    assert set(everything(load(tmp_path, depth="12")).ravel()) == {64}
    assert set(everything(load(tmp_path, depth="16")).ravel()) == {4}
    clipped = load(tmp_path, depth="8")
    assert set(everything(clipped).ravel()) == {255}
    assert clipped.notices[0].startswith("512 pixels in 8 of 8 16-bit images lie above 255")
    for wrong in ("17", "7", "twelve", "٩"):
        refused(tmp_path, f"depth={wrong}: write auto, image, or a number of bits from 8 to 16", depth=wrong)


def test_a_declared_depth_counts_before_a_measured_one(tmp_path: Path) -> None:
    dim = noise(8, 1000)
    write(tmp_path / "sbit", [png16(image, 0, b"\x0c") for image in dim])
    write(tmp_path / "bare", [png16(image, 0) for image in dim])
    assert any(
        "read as 12-bit, 0 .. 4,095 (their files declare it)" in line for line in load(tmp_path / "sbit").how_read
    )
    assert any("read as 10-bit, 0 .. 1,023 (their values" in line for line in load(tmp_path / "bare").how_read)
    # by PNG's own rule 12 bits are scaled up to 16: then the declared depth is not that of the values
    write(tmp_path / "scaled", [png16(image.astype(np.uint32) * 16, 0, b"\x0c") for image in noise(8, 4096)])
    assert any("read as 16-bit" in line for line in load(tmp_path / "scaled").how_read)


def test_tiff_is_read_with_its_declared_depth(tmp_path: Path) -> None:
    save(tmp_path, [deep(image) for image in noise(8, 1000)], ".tif", tiffinfo={281: 4095})
    splits = load(tmp_path)
    assert any("read as 12-bit, 0 .. 4,095 (their files declare it)" in line for line in splits.how_read)
    assert 20 < everything(splits).mean() < 40


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.full((8, 8), -1000, np.int16), "values from -1,000 to -1,000; shift and scale them into 0 .. 65,535"),
        (np.full((8, 8), 70000, np.int32), "values from 70,000 to 70,000"),
        (np.full((8, 8), 0.5, np.float32), "pixels of floating point; save it as 8-bit or 16-bit whole numbers"),
    ],
)
def test_signed_and_floating_pixels_are_refused_and_not_clipped(tmp_path: Path, values: np.ndarray, says: str) -> None:
    save(tmp_path, [Image.fromarray(values) for _ in range(8)], ".tiff")
    refused(tmp_path, f"8 of 8 images cannot be read: ill/000.tiff ({says}")


def test_colours_of_sixteen_bits_that_would_come_out_black_are_refused(tmp_path: Path) -> None:
    colours = [np.dstack([image] * 3) for image in noise(8, 4096)]
    write(tmp_path / "dark", [png16(image, 2) for image in colours])
    refused(tmp_path / "dark", "8 images hold colours of 16 bits but use 12 of them", mode="rgb")
    assert everything(load(tmp_path / "dark", mode="rgb", depth="16")).max() < 16
    write(tmp_path / "full", [png16(image.astype(np.uint32) * 16, 2) for image in colours])
    full = load(tmp_path / "full", mode="rgb")
    assert "pixels: 8 images in colours of 16 bits, of which the upper 8 are read" in full.how_read
    assert everything(full).mean() > 100


# Pages and frames


def test_several_pages_or_frames_in_a_file_are_refused(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (8, 8), (shade,) * 3) for shade in (10, 200)]
    for suffix in (".png", ".tif", ".webp"):
        folder = tmp_path / suffix[1:]
        save(folder, [page.copy() for page in pages * 4])
        pages[0].copy().save(folder / "ill" / f"x{suffix}", save_all=True, append_images=[pages[1].copy()])
        refused(folder, f"1 of 9 images cannot be read: ill/x{suffix} (2 pages or frames; save one picture a file)")


def test_gif_is_told_as_not_read(tmp_path: Path) -> None:
    save(tmp_path, [Image.new("L", (8, 8), shade) for shade in range(8)])
    Image.new("L", (8, 8)).save(tmp_path / "ill" / "a.gif")
    assert load(tmp_path).notices == ("not read, other formats: 1 .gif; convert those that belong to the data",)


@pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".webp"])
def test_other_formats_give_the_pixels_of_png(tmp_path: Path, suffix: str) -> None:
    images = [Image.new("RGB", (8, 8), (20 * number, 90, 7)) for number in range(8)]
    how = {"lossless": True} if suffix == ".webp" else {}
    save(tmp_path / "png", images)
    save(tmp_path / "other", images, suffix, **how)
    # the seeded split hangs on names, so items are compared as a set
    png, other = (np.sort(everything(load(tmp_path / each, mode="rgb"))[:, 0, 0, 0]) for each in ("png", "other"))
    np.testing.assert_array_equal(png, other)


# Colour, transparency, shape


def test_colours_that_become_one_grey_are_told_with_the_option_that_keeps_them(tmp_path: Path) -> None:
    save(tmp_path, [Image.new("RGB", (16, 16), colour) for colour in ((200, 0, 0), (0, 102, 0)) * 10])
    grey = load(tmp_path)
    assert len(set(everything(grey).ravel())) == 1
    assert grey.notices == ("20 of 20 images are in colour and are read as grey: mode=rgb keeps it",)
    colour = load(tmp_path, mode="rgb")
    assert len({tuple(image[:, 0, 0]) for image in everything(colour)}) == 2
    assert colour.notices == ()


def test_images_that_greyness_makes_equal_are_refused_with_the_option_that_keeps_them_apart(tmp_path: Path) -> None:
    save(tmp_path, [Image.new("RGB", (8, 8), colour) for colour in ((200, 0, 0), (0, 102, 0)) * 10])
    with pytest.raises(DataError, match="20 of 20 images are in colour and are read as grey: mode=rgb keeps it"):
        load_data(f"imagefolder[path={tmp_path},size=8]", None, registry())


def test_grey_stored_as_colour_is_no_colour(tmp_path: Path) -> None:
    images = [Image.fromarray(image.astype(np.uint8)) for image in noise(8, 256)]
    save(tmp_path / "png", [image.convert("RGB") for image in images])
    save(tmp_path / "jpeg", [image.convert("RGB") for image in images], ".jpg", quality=60)
    save(tmp_path / "palette", [image.convert("P") for image in images])
    for name in ("png", "jpeg", "palette"):
        assert load(tmp_path / name).notices == ()


def test_black_drawings_on_a_transparent_ground_are_told_and_can_be_seen(tmp_path: Path) -> None:
    images = []
    for number in range(12):
        image = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
        draw = ImageDraw.Draw(image)
        (draw.ellipse if number % 2 else draw.rectangle)((4, 6, 24, 24), fill=(0, 0, 0, 255))
        images.append(image)
    save(tmp_path, images)
    black = load(tmp_path, size=32)
    assert everything(black).max() == 0
    assert black.notices == (
        "12 of 12 images are black drawings on a transparent ground, of which nothing is seen over black: "
        "ground=white shows them",
    )
    white = load(tmp_path, size=32, ground="white")
    assert len({image.tobytes() for image in everything(white)}) == 2
    assert white.notices == (
        "12 of 12 images have transparent parts, which are laid over white: ground=black is the other way",
    )


def test_an_alpha_channel_that_hides_nothing_is_not_told(tmp_path: Path) -> None:
    save(tmp_path, [Image.new("RGBA", (8, 8), (shade, shade, shade, 255)) for shade in range(8)])
    assert load(tmp_path).notices == ()


def test_sizes_and_squeezed_images_are_told(tmp_path: Path) -> None:
    save(tmp_path, [Image.new("L", size) for size in ((8, 8), (1200, 10), (16, 16), (8, 8)) * 2])
    assert load(tmp_path).how_read[-1] == (
        "images: 8 x 8 to 1,200 x 10 as stored, read as 8 x 8 grey; 2 of 8 are not square and are "
        "squeezed, which loses their shape: fit=pad or fit=crop keeps it; "
        "4 of 8 are made smaller, up to 150 times: a larger size (up to 1,024) keeps finer detail"
    )
    (tmp_path / "same").mkdir()
    save(tmp_path / "same", [Image.new("L", (8, 8), shade) for shade in range(8)])
    assert load(tmp_path / "same").how_read[-1] == "images: 8 x 8 as stored, read as 8 x 8 grey"
    larger = (
        "images: 8 x 8 as stored, read as 32 x 32 grey; 8 of 8 are made larger, up to 4 times, which adds no detail"
    )
    assert load(tmp_path / "same", size=32).how_read[-1] == f"{larger}: size=8 is enough"


def test_what_was_made_smaller_is_in_the_message_where_items_became_equal(tmp_path: Path) -> None:
    """Stripes one pixel wide, along or across, are one grey once four pixels become one."""
    stripes = np.tile(np.uint8([[0, 200]]), (32, 16))
    save(tmp_path, [Image.fromarray(each) for each in (stripes, np.ascontiguousarray(stripes.T)) * 20])
    with pytest.raises(DataError, match="up to 4 times: a larger size"):
        load_data(f"imagefolder[path={tmp_path},size=8]", None, registry())


def test_images_turned_upright_are_counted(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("ill", "well"):
        (tmp_path / name).mkdir()
        for row in range(10):
            picture = Image.new("L", (8, 8), row)
            picture.save(tmp_path / name / f"{row}.png", **({"exif": exif} if row < 3 else {}))
    assert "images: 6 of 20 are turned upright, as their EXIF orientation says" in load(tmp_path).how_read

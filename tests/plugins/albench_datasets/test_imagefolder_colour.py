"""Colour profiles and other words of a file on its pixels: counted, said, and applied where that is asked for."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_folders import load
from PIL import Image, ImageCms

from albench.api import Splits

SPLITS = ("train", "val", "test")


def everything(splits: Splits) -> set[int]:
    return {int(value) for name in SPLITS for value in getattr(splits, name).x.ravel()}


def save(
    folder: Path, images: list[Image.Image], suffix: str = ".png", how: list[dict[str, Any]] | None = None
) -> None:
    """The images in turn into two classes of a set that is split by albench."""
    for number, image in enumerate(images):
        path = folder / ("ill", "well")[number % 2] / f"{number:03}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, **(how[number % len(how)] if how else {}))


def flat(values: Any, mode: str = "L", n: int = 8) -> list[Image.Image]:
    return [Image.new(mode, (8, 8), values)] * n


@functools.cache
def icc(space: str, gamma: float, name: str = "Scanner 7") -> bytes:
    """A profile of ICC's version 2, grey or RGB: sRGB's primaries, and a curve that is a power."""
    xyz = {"rXYZ": (0.436, 0.222, 0.014), "gXYZ": (0.385, 0.717, 0.097), "bXYZ": (0.143, 0.061, 0.714)}
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256))
    text = name.encode() + b"\0"

    def place(values: tuple[float, ...]) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(each * 65536)) for each in values)

    tags = {"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)}
    tags["wtpt"] = place((0.9642, 1.0, 0.8249))
    if space == "GRAY":
        tags["kTRC"] = curve
    else:
        tags |= {tag: place(values) for tag, values in xyz.items()} | dict.fromkeys(("rTRC", "gTRC", "bTRC"), curve)
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag.encode() + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02400000, b"mntr", space.encode().ljust(4), b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def in_srgb(value: float, gamma: float) -> int:
    """A value 0 .. 255 of a display with that gamma, in sRGB (IEC 61966-2-1)."""
    light = (value / 255) ** gamma
    return round(255 * (1.055 * light ** (1 / 2.4) - 0.055))


def near(found: set[int], value: int) -> bool:
    return max(abs(each - value) for each in found) <= 1


NOT_APPLIED = (
    "images have a colour profile that is not sRGB (Scanner 7: {}), which is not applied: profile=srgb converts them"
)


@pytest.mark.parametrize(("mode", "space"), [("L", "GRAY"), ("L", "RGB"), ("RGB", "RGB"), ("P", "RGB"), ("LA", "GRAY")])
def test_a_profile_is_told_and_applied_on_demand(tmp_path: Path, mode: str, space: str) -> None:
    picture = Image.new("RGB", (8, 8), (128,) * 3)
    picture = picture.quantize(2) if mode == "P" else picture.convert(mode)
    save(tmp_path, [picture] * 8, how=[{"icc_profile": icc(space, 1.0)}])
    left = load(tmp_path)
    assert everything(left) == {128}
    assert left.notices == ("8 of 8 " + NOT_APPLIED.format(8),)
    done = load(tmp_path, profile="srgb")
    assert near(everything(done), in_srgb(128, 1.0))
    assert done.notices == ()
    line = "pixels: 8 of 8 images have a colour profile that is not sRGB (Scanner 7: 8), and are converted to sRGB "
    assert f"{line}(profile=srgb)" in done.how_read


def test_sources_with_profiles_of_their_own_are_told_apart_by_them(tmp_path: Path) -> None:
    """One scene by two scanners: as stored the values tell the scanner, converted they do not."""
    light = 0.2
    one, other = (round(255 * light ** (1 / gamma)) for gamma in (1.0, 1.8))
    images = [Image.new("L", (8, 8), (one, other)[number % 2]) for number in range(12)]
    save(tmp_path, images, how=[{"icc_profile": icc("GRAY", 1.0, "One")}, {"icc_profile": icc("GRAY", 1.8, "Other")}])
    left = load(tmp_path)
    assert everything(left) == {one, other}
    assert left.notices == (
        "12 of 12 images have a colour profile that is not sRGB (One: 6, Other: 6), which is not applied: profile=srgb "
        "converts them; as not all have the same, it may tell scanners or hospitals apart",
    )
    assert near(everything(load(tmp_path, profile="srgb")), in_srgb(one, 1.0))


def test_srgb_by_any_name_is_not_told(tmp_path: Path) -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    save(tmp_path, flat((9, 120, 77), "RGB"), how=[{"icc_profile": made}, {"icc_profile": icc("RGB", 2.2)}, {}])
    assert load(tmp_path, mode="rgb").notices == ()


def test_values_of_sixteen_bits_are_converted_too(tmp_path: Path) -> None:
    images = [Image.fromarray(np.full((8, 8), 20000, np.uint16))] * 8
    save(tmp_path, images, how=[{"icc_profile": icc("GRAY", 1.0)}])
    assert everything(load(tmp_path, depth="16")) == {78}
    assert near(everything(load(tmp_path, depth="16", profile="srgb")), in_srgb(20000 / 257, 1.0))


def test_transparency_outlives_the_profile(tmp_path: Path) -> None:
    for number, mode in enumerate(("LA", "RGBA")):
        folder = tmp_path / mode
        picture = Image.new(mode, (8, 8), (128,) * (1 + 2 * number) + (255,))
        picture.putpixel((0, 0), (128,) * (1 + 2 * number) + (0,))
        save(folder, [picture] * 8, how=[{"icc_profile": icc(("GRAY", "RGB")[number], 1.0)}])
        done = load(folder, profile="srgb")
        assert done.train.x[0, 0, 0, 0] == 0
        assert abs(int(done.train.x[0, 0, 7, 7]) - in_srgb(128, 1.0)) <= 1


def test_a_profile_that_does_not_fit_is_told_and_passed_over(tmp_path: Path) -> None:
    save(
        tmp_path, flat((128, 128, 128), "RGB"), how=[{"icc_profile": icc("GRAY", 1.0)}, {"icc_profile": b"no profile"}]
    )
    for profile in ("ignore", "srgb"):
        splits = load(tmp_path, profile=profile)
        assert everything(splits) == {128}
        assert splits.notices == (
            "8 of 8 images have a colour profile that cannot be applied (damaged, or made for other channels), and are "
            "read without",
        )


def with_chunks(path: Path, **chunks: bytes) -> None:
    """Write chunks into a PNG file behind its header."""
    content = path.read_bytes()
    made = b"".join(
        struct.pack(">I", len(data)) + name.encode() + data + struct.pack(">I", zlib.crc32(name.encode() + data))
        for name, data in chunks.items()
    )
    path.write_bytes(content[:33] + made + content[33:])


def as_png(*values: float) -> bytes:
    """Numbers as the gAMA and cHRM chunks have them."""
    return b"".join(struct.pack(">I", round(value * 1e5)) for value in values)


def test_the_gamma_of_png_is_told_and_applied_on_demand(tmp_path: Path) -> None:
    save(tmp_path, flat(128))
    for number, path in enumerate(sorted(tmp_path.rglob("*.png"))):
        with_chunks(path, gAMA=as_png(1.0 if number < 3 else 0.45455))
    left = load(tmp_path)
    assert everything(left) == {128}
    assert left.notices == (
        "3 of 8 images have a colour profile that is not sRGB (gamma 1: 3), which is not applied: profile=srgb "
        "converts them; as not all have the same, it may tell scanners or hospitals apart",
    )
    assert everything(load(tmp_path, profile="srgb")) == {128, round(255 * (128 / 255) ** (1 / 2.2))}


def test_an_srgb_chunk_goes_before_gamma(tmp_path: Path) -> None:
    save(tmp_path, flat(128))
    for path in tmp_path.rglob("*.png"):
        with_chunks(path, gAMA=as_png(1.0), sRGB=b"\0")
    splits = load(tmp_path, profile="srgb")
    assert (splits.notices, everything(splits)) == ((), {128})


def test_primaries_without_a_profile_are_told(tmp_path: Path) -> None:
    save(tmp_path, flat((9, 120, 77), "RGB"))
    for number, path in enumerate(sorted(tmp_path.rglob("*.png"))):
        green = (0.21, 0.71) if number < 3 else (0.3, 0.6)  # Adobe RGB's, and sRGB's
        with_chunks(path, cHRM=as_png(0.3127, 0.329, 0.64, 0.33, *green, 0.15, 0.06))
    line = "pixels: 3 of 8 name a red, green and blue of their own (PNG's cHRM), which are read as sRGB's: embed a "
    assert f"{line}profile in place of them" in load(tmp_path, mode="rgb").how_read


def test_inks_without_a_profile_are_told(tmp_path: Path) -> None:
    save(tmp_path, flat((200, 10, 10, 10), "CMYK", 7) + flat(7, "L", 1), ".jpg")
    line = "pixels: 7 images in CMYK without a colour profile, of which colours are estimates"
    assert line in load(tmp_path, mode="rgb").how_read


def test_lab_is_read_as_grey_too(tmp_path: Path) -> None:
    save(tmp_path, flat((128, 128, 128), "LAB"), ".tif")
    grey, colour = everything(load(tmp_path)), everything(load(tmp_path, mode="rgb"))
    assert max(grey | colour) - min(grey | colour) <= 2


def test_negatives_of_sixteen_bits_are_told_and_turned_over_on_demand(tmp_path: Path) -> None:
    """The same picture in 8 and 16 bits, zero white: Pillow turns over the first alone."""
    save(tmp_path / "deep", [Image.fromarray(np.full((8, 8), 1000, np.uint16))] * 8, ".tif", [{"tiffinfo": {262: 0}}])
    left = load(tmp_path / "deep", depth="12")
    assert everything(left) == {62}
    assert left.notices == (
        "8 of 8 images are 16-bit TIFF files whose zero is white, which is passed over: they are read as negatives, "
        "and photometric=apply turns them over",
    )
    done = load(tmp_path / "deep", depth="12", photometric="apply")
    assert everything(done) == {193}
    assert "pixels: 8 of 8 are negatives, and are turned over (photometric=apply)" in done.how_read


def test_pixels_that_are_not_square_and_several_pictures_in_a_file_are_told(tmp_path: Path) -> None:
    save(tmp_path / "oblong", flat(5), how=[{"dpi": (100, 50)}, {"dpi": (100, 100)}])
    line = "images: 4 of 8 say that their pixels are not square, which is passed over"
    assert line in load(tmp_path / "oblong").how_read
    save(tmp_path / "several", flat((5, 5, 5), "RGB"), ".jpg")
    content = io.BytesIO()
    first, second = flat((5, 5, 5), "RGB", 2)
    first.save(content, "MPO", save_all=True, append_images=[second])
    (tmp_path / "several" / "ill" / "000.jpg").write_bytes(content.getvalue())
    line = "images: 1 of 8 hold several pictures (MPO), of which the first is read"
    assert line in load(tmp_path / "several").how_read


def test_a_grey_that_stands_for_transparent_in_sixteen_bits_is_told(tmp_path: Path) -> None:
    save(tmp_path, [Image.fromarray(np.full((8, 8), 60000, np.uint16))] * 8, how=[{"transparency": 0}, {}])
    line = "pixels: in 4 images of 16 bits one grey is transparent, and is read as it is"
    assert line in load(tmp_path).how_read

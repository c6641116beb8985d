"""Images in folders: layouts, formats, groups, and whatever can be wrong with a file."""

from __future__ import annotations

import struct
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_folders import load
from PIL import Image

from albench.api import DataError, ImageDataset, Splits
from albench_datasets.imagefolder import ImageFolder
from albench_datasets.imagefolder_files import list_images
from albench_datasets.imagefolder_split import split_images

SPLITS = ("train", "val", "test")
SHARES = {"train": 0.65, "val": 0.15, "test": 0.2}


def grey(path: Path, value: int = 100, size: int = 8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (size, size), value).save(path)
    return path


def classes(folder: Path, n: int = 10, names: tuple[str, ...] = ("benign", "malign")) -> Path:
    """``n`` images a class; the class shows in the hundreds of each image's only value."""
    for code, name in enumerate(names):
        for number in range(n):
            grey(folder / name / f"{number}.png", 100 * code + number)
    return folder


def three(folder: Path, n: int = 2) -> Path:
    for split in SPLITS:
        classes(folder / split, n)
    return folder


def values(splits: Splits) -> dict[str, list[int]]:
    return {name: getattr(splits, name).x[:, 0, 0, 0].tolist() for name in SPLITS}


def one(folder: Path, image: Image.Image, name: str = "0.png", **options: Any) -> np.ndarray:
    """The one image as it is read; it takes the place of a training image."""
    three(folder)
    (folder / "train" / "benign" / "0.png").unlink()
    image.save(folder / "train" / "benign" / name)
    return load(folder, **options).train.x[0]


def refused(folder: Path, match: str, **options: Any) -> str:
    with pytest.raises(DataError, match=match) as caught:
        load(folder, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Layouts


def test_three_folders(tmp_path: Path) -> None:
    splits = load(three(tmp_path))
    assert values(splits) == {name: [0, 1, 100, 101] for name in SPLITS}
    assert splits.train.y.tolist() == [0, 0, 1, 1]
    assert splits.train.x.shape == (4, 1, 8, 8)
    assert splits.train.x.dtype == np.uint8
    assert splits.task.class_names == ("benign", "malign")
    assert splits.task.modality == "image"
    assert splits.notices == ()
    assert splits.groups == {}
    assert isinstance(ImageFolder(path="x"), ImageDataset)


def test_class_folders_are_split_by_share_within_each_class(tmp_path: Path) -> None:
    splits = load(classes(tmp_path, 20))
    counts = {name: np.bincount(getattr(splits, name).y).tolist() for name in SPLITS}
    assert counts == {"train": [13, 13], "val": [3, 3], "test": [4, 4]}
    everything = sorted(value for part in values(splits).values() for value in part)
    assert everything == [*range(20), *range(100, 120)]
    shares = load(tmp_path, val_share=0.3, test_share=0.3)
    assert {name: len(getattr(shares, name)) for name in SPLITS} == {"train": 16, "val": 12, "test": 12}


def test_the_split_is_seeded_and_does_not_hang_on_the_order_of_creation(tmp_path: Path) -> None:
    first = classes(tmp_path / "first", 12)
    second = tmp_path / "second"
    for path in sorted(first.rglob("*.png"), reverse=True):
        target = second / path.relative_to(first)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert values(load(first)) == values(load(first)) == values(load(second))
    assert values(load(first, split_seed=1)) != values(load(first))


def test_three_images_a_class_are_enough_and_two_are_not(tmp_path: Path) -> None:
    splits = load(classes(tmp_path / "three", 3))
    assert {name: getattr(splits, name).y.tolist() for name in SPLITS} == {name: [0, 1] for name in SPLITS}
    refused(classes(tmp_path / "two", 2), "class benign has 2 images, and none came to .*split_seed")


def test_shares_that_leave_nothing(tmp_path: Path) -> None:
    refused(classes(tmp_path), "val_share=0.5 and test_share=0.5 leave nothing", val_share=0.5, test_share=0.5)


def test_classes_are_sorted_naturally(tmp_path: Path) -> None:
    classes(tmp_path, 3, ("grade10", "Grade2", "grade1"))
    assert load(tmp_path).task.class_names == ("grade1", "Grade2", "grade10")


def test_folders_within_a_class_are_searched(tmp_path: Path) -> None:
    three(tmp_path)
    grey(tmp_path / "train" / "benign" / "patient" / "9.png", 9)
    assert values(load(tmp_path))["train"] == [0, 1, 9, 100, 101]


def test_what_is_no_image_is_passed_over(tmp_path: Path) -> None:
    three(tmp_path)
    for name in (".DS_Store", "Thumbs.db", "notes.csv", "._0.png", ".hidden/0.png", "__MACOSX/0.png"):
        path = tmp_path / "train" / "benign" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no image")
    (tmp_path / ".cache").mkdir()
    (tmp_path / "__MACOSX").mkdir()
    splits = load(tmp_path)
    assert len(splits.train) == 4
    assert splits.notices == ("not read, hidden (names that begin with a dot): 1 image; rename what belongs here",)
    assert splits.how_read[0] == (
        "left out: 4 files of the system (.DS_Store 1, ._* 1, Thumbs.db 1, __MACOSX 1); 1 other file (1 .csv)"
    )


def test_other_image_formats_are_noticed(tmp_path: Path) -> None:
    three(tmp_path)
    for name in ("train/benign/a.DCM", "train/benign/b.dcm", "val/malign/c.nii.gz", "test/0.png", "1.jpg", "old/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert load(tmp_path).notices == (
        "not read, other formats: 2 .dcm, 1 .nii; convert those that belong to the data",
        "not read, beside train, val and test: old; move in what belongs to the data",
        "not read, outside the class folders: 2 images; move in what belongs to the data",
    )


def test_links_are_followed_to_files_and_classes_but_not_in_circles(tmp_path: Path) -> None:
    three(tmp_path / "set")
    train = tmp_path / "set" / "train"
    (train / "loop").symlink_to(tmp_path / "set", target_is_directory=True)
    (train / "benign" / "up").symlink_to(train, target_is_directory=True)
    (train / "benign" / "2.png").symlink_to(train / "benign" / "1.png")
    (train / "malign").rename(tmp_path / "elsewhere")
    (train / "malign").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert values(load(tmp_path / "set"))["train"] == [0, 1, 1, 100, 101]
    (train / "malign").unlink()
    (train / "malign").symlink_to(train / "benign", target_is_directory=True)
    refused(tmp_path / "set", "train/malign and train/benign are one and the same folder")


# Wrong layouts


def test_wrong_layouts(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "no such folder.*--data-dir")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "0 class folders.*CLASS/IMAGE")
    refused(classes(tmp_path / "single", 3, ("only",)), "1 class folders")
    classes(tmp_path / "partial" / "train")
    classes(tmp_path / "partial" / "test")
    classes(tmp_path / "partial" / "holdout")
    refused(
        tmp_path / "partial",
        "there is train, test but no val with class folders; holdout lies beside: val=holdout or leave_out=holdout",
    )
    classes(tmp_path / "flat", 3, SPLITS)
    refused(tmp_path / "flat", "no class folders in test, train, val")


def test_missing_and_empty_classes_are_named(tmp_path: Path) -> None:
    three(tmp_path)
    grey(tmp_path / "train" / "third" / "0.png")
    refused(tmp_path, "no folder val/third; every split needs every class, benign, malign, third")
    for split in ("val", "test"):
        (tmp_path / split / "third").mkdir()
    refused(tmp_path, "no image in the class folder val/third; add")
    (tmp_path / "val" / "third" / "a.dcm").write_bytes(b"x")
    refused(tmp_path, r"class folder val/third; it has 1 \.dcm; add")


def test_found_and_verified_under_the_data_folder(tmp_path: Path) -> None:
    classes(tmp_path / "set")
    dataset = ImageFolder(path="set", size=8)
    assert dataset.find(tmp_path)
    assert not ImageFolder(path="other").find(tmp_path)
    assert dataset.verify(tmp_path) == []
    (tmp_path / "set" / "benign" / "0.png").write_bytes(b"")
    (problem,) = dataset.verify(tmp_path)
    assert problem.fatal
    assert "benign/0.png (zero bytes)" in problem.what


# Formats


def test_rgb_to_grey_and_grey_to_rgb(tmp_path: Path) -> None:
    red = Image.new("RGB", (8, 8), (200, 0, 0))
    assert (one(tmp_path / "grey", red) == round(200 * 0.299)).all()
    colour = one(tmp_path / "rgb", red, mode="rgb")
    assert colour.shape == (3, 8, 8)
    assert [np.unique(channel).tolist() for channel in colour] == [[200], [0], [0]]
    np.testing.assert_array_equal(one(tmp_path / "up", Image.new("L", (8, 8), 7), mode="rgb"), np.full((3, 8, 8), 7))


def test_sixteen_bits_keep_their_full_range(tmp_path: Path) -> None:
    ramp = (np.arange(64, dtype=np.uint32) * 65535 // 63).astype(np.uint16).reshape(8, 8)
    for mode in ("grey", "rgb"):
        read = one(tmp_path / mode, Image.fromarray(ramp), mode=mode)
        np.testing.assert_array_equal(read, np.broadcast_to(np.rint(ramp / 257), read.shape))
    assert load(tmp_path / "grey").notices == ()
    # each output pixel is made of 0 and 65535 in equal parts: 127.5 of 255
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 65535).astype(np.uint16)
    assert np.abs(one(tmp_path / "large", Image.fromarray(checks))[0].astype(int) - 127).max() <= 6


def test_palette_bitmap_and_transparency(tmp_path: Path) -> None:
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([9, 9, 9, 10, 200, 30])
    assert one(tmp_path / "p", palette, mode="rgb")[:, 0, 0].tolist() == [10, 200, 30]
    assert (one(tmp_path / "1", Image.new("1", (8, 8), 1)) == 255).all()
    # an alpha of 51 of 255 shows a fifth of the colour; none shows the black beneath
    shown = one(tmp_path / "rgba", Image.new("RGBA", (8, 8), (250, 100, 0, 51)), mode="rgb")
    assert shown[:, 0, 0].tolist() == [50, 20, 0]
    assert (one(tmp_path / "la", Image.new("LA", (8, 8), (250, 0))) == 0).all()


def test_cmyk_and_jpeg(tmp_path: Path) -> None:
    # no ink is white, full key is black
    assert (one(tmp_path / "white", Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "0.jpg", mode="rgb") == 255).all()
    assert (one(tmp_path / "black", Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "0.JPEG") == 0).all()
    assert (one(tmp_path / "jpeg", Image.new("L", (8, 8), 128), "0.jpg") == 128).all()


def test_resized_with_antialiasing(tmp_path: Path) -> None:
    checks = np.indices((64, 32)).sum(axis=0) % 2 * 255
    read = one(tmp_path, Image.fromarray(checks.astype(np.uint8)))
    assert read.shape == (1, 8, 8)
    # a plain bilinear sample would see 0 or 255; the mean of the squares is 127.5
    assert np.abs(read[0].astype(int) - 127).max() <= 6


@pytest.mark.parametrize("name", ["0.png", "0.jpg"])
def test_exif_orientation_is_applied(tmp_path: Path, name: str) -> None:
    pixels = np.zeros((8, 8), np.uint8)
    pixels[:, 4:] = 255
    image = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side: turn by 90 degrees clockwise to view
    three(tmp_path)
    (tmp_path / "train" / "benign" / "0.png").unlink()
    image.save(tmp_path / "train" / "benign" / name, exif=exif, **({"quality": 100} if name == "0.jpg" else {}))
    np.testing.assert_allclose(load(tmp_path).train.x[0, 0], np.rot90(pixels, -1), atol=2)


# Groups


def write_groups(folder: Path, rows: dict[str, str], header: str = "file,group") -> Path:
    path = folder / "groups.csv"
    path.write_text("\n".join([header, *(f"{name},{group}" for name, group in rows.items())]) + "\n")
    return path


def test_groups_are_never_cut(tmp_path: Path) -> None:
    classes(tmp_path, 24)
    rows = {f"{name}/{number}.png": f"p{number // 3}" for name in ("benign", "malign") for number in range(24)}
    write_groups(tmp_path, rows)
    splits = load(tmp_path, groups="groups.csv")
    found = {name: set(splits.groups[name].tolist()) for name in SPLITS}
    assert sorted(group for part in found.values() for group in part) == list(range(8))
    assert splits.task.n_groups == len(found["train"])
    assert splits.notices == ()
    for name in SPLITS:
        # the group of an item is that of its file: values count the files of a class
        np.testing.assert_array_equal(splits.groups[name], getattr(splits, name).x[:, 0, 0, 0] % 100 // 3)


def test_groups_of_given_splits_are_kept_and_a_shared_one_is_noticed(tmp_path: Path) -> None:
    three(tmp_path)
    names = list(list_images(tmp_path, "set").images.values())
    rows = {f"./{name}".replace("/", "\\"): name.split("/")[0] for part in names for name in part}
    rows[".\\val\\benign\\0.png"] = "train"
    write_groups(tmp_path, rows, " file , group")
    splits = load(tmp_path, groups=str(tmp_path / "groups.csv"))
    assert splits.notices == (
        "1 groups (patients) are in both train and val: figures come out too good; split by them",
    )
    assert len(set(splits.groups["val"].tolist())) == 2


def test_groups_that_do_not_fit(tmp_path: Path) -> None:
    classes(tmp_path, 3)
    rows = {f"{name}/{number}.png": "p" for name in ("benign", "malign") for number in range(3)}
    refused(tmp_path, "groups=groups.csv.*no such file", groups="groups.csv")
    write_groups(tmp_path, rows, "name,group")
    refused(tmp_path, "the columns are name, group; the header file,group is needed", groups="groups.csv")
    write_groups(tmp_path, rows | {"benign/7.png": "p"})
    refused(tmp_path, "line 8: 'benign/7.png' is no image here", groups="groups.csv")
    write_groups(tmp_path, rows | {"./benign/0.png": "p"})
    refused(tmp_path, "line 8: benign/0.png is named twice", groups="groups.csv")
    write_groups(tmp_path, rows | {"benign/2.png": " "})
    refused(tmp_path, "line 4: no group for benign/2.png", groups="groups.csv")
    write_groups(tmp_path, {"benign/0.png": "p"})
    refused(tmp_path, "no row for benign/1.png and 4 other images", groups="groups.csv")
    write_groups(tmp_path, rows)
    refused(tmp_path, "class benign has 1 groups, and none came to", groups="groups.csv")
    (tmp_path / "groups.csv").write_bytes(b"file,group\n\xff\xfe,p\n")
    refused(tmp_path, "not UTF-8", groups="groups.csv")


def test_the_split_of_groups_keeps_shares_and_classes() -> None:
    rng = np.random.default_rng(0)
    patients = rng.integers(0, 90, 1000)
    # one class a patient for most, and a rare class that three patients have
    labels = np.where(patients < 3, 2, patients % 2)
    images = {f"{number}.png": int(label) for number, label in enumerate(labels)}
    groups = {f"{number}.png": f"p{patient}" for number, patient in enumerate(patients)}
    for seed in range(3):
        parts = split_images(images, groups, shares=SHARES, seed=seed, class_names=("a", "b", "c"), what="set")
        owners = Counter(group for part in parts.values() for group in {groups[name] for name in part})
        assert set(owners.values()) == {1}
        for split, share in SHARES.items():
            counts = Counter(parts[split].values())
            assert counts[2] > 0
            for label in (0, 1):
                assert abs(counts[label] / (labels == label).sum() - share) < 0.04


# Files that cannot be read


def png_with_flipped_pixels() -> bytes:
    """A PNG whose pixel data inflates well, with a checksum that does not fit."""

    def chunk(kind: bytes, data: bytes, crc: int = 0) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ crc)

    rows = zlib.compress(b"".join(b"\0" + bytes(8) for _ in range(8)))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows, 1) + chunk(b"IEND", b"")


def broken(folder: Path) -> list[str]:
    """Damaged files in a sound set: their names, in order."""
    three(folder)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8))
    into = folder / "train" / "benign"
    noise.save(into / "b-cut.png")
    noise.save(into / "c-cut.jpg")
    noise.save(into / "d.gif")
    for name in ("b-cut.png", "c-cut.jpg"):
        (into / name).write_bytes((into / name).read_bytes()[:300])
    (into / "a-zero.png").write_bytes(b"")
    (into / "d.gif").rename(into / "d-gif.png")
    (into / "e-text.jpg").write_text("no image")
    (into / "f-sum.png").write_bytes(png_with_flipped_pixels())
    (into / "g-link.png").symlink_to(folder / "gone.png")
    return ["a-zero.png", "b-cut.png", "c-cut.jpg", "d-gif.png", "e-text.jpg", "f-sum.png", "g-link.png"]


def test_broken_images_stop_the_run(tmp_path: Path) -> None:
    names = broken(tmp_path)
    said = refused(tmp_path, r"7 of 19 images cannot be read: .*; mend or remove them, or write on_error=skip")
    positions = [said.index(f"train/benign/{name} (") for name in names]
    assert positions == sorted(positions)
    assert "a-zero.png (zero bytes)" in said
    assert "d-gif.png (not a PNG, JPEG, TIFF, BMP or WebP image)" in said
    assert "g-link.png (a broken link)" in said


def test_skipped_images_are_counted(tmp_path: Path) -> None:
    broken(tmp_path)
    splits = load(tmp_path, on_error="skip")
    assert values(splits) == {name: [0, 1, 100, 101] for name in SPLITS}
    (notice,) = splits.notices
    assert notice.startswith("skipped, 7 of 19 images cannot be read: train/benign/a-zero.png (zero bytes), ")


def test_the_first_ten_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    three(tmp_path)
    for number in range(13):
        (tmp_path / "val" / "malign" / f"x{number:02}.png").write_bytes(b"")
    said = refused(tmp_path, "13 of 25 images cannot be read")
    assert "x09.png (zero bytes) and 3 more;" in said
    assert "x10" not in said


def test_groups_of_skipped_images_are_dropped(tmp_path: Path) -> None:
    three(tmp_path)
    names = [name for part in list_images(tmp_path, "set").images.values() for name in part]
    write_groups(tmp_path, {name: name[:-4] for name in names})
    (tmp_path / "train" / "benign" / "0.png").write_bytes(b"")
    splits = load(tmp_path, groups="groups.csv", on_error="skip")
    assert values(splits)["train"] == [1, 100, 101]
    assert splits.task.n_groups == 3


def test_a_class_that_is_skipped_altogether(tmp_path: Path) -> None:
    three(tmp_path)
    for path in (tmp_path / "val" / "malign").iterdir():
        path.write_bytes(b"")
    refused(tmp_path, "no image of class malign in val can be read", on_error="skip")


@pytest.mark.parametrize("limit", [130, 70], ids=["warning", "error"])
def test_a_decompression_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    three(tmp_path)
    grey(tmp_path / "test" / "benign" / "bomb.png", size=12)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    refused(tmp_path, r"1 of 13 images cannot be read: test/benign/bomb.png \(far too many pixels")


def test_a_line_break_in_a_name_stays_on_the_line(tmp_path: Path) -> None:
    three(tmp_path)
    (tmp_path / "train" / "benign" / "a\nb.png").write_bytes(b"")
    refused(tmp_path, r"train/benign/a\?b.png \(zero bytes\)")


def test_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    refused(tmp_path, r"pip install 'albench\[images\]'")

"""A flat folder of images with a table of labels is read as it is, and what does not fit is told with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from albench.api import DataError, Splits
from albench_datasets.imagefolder import ImageFolder

ROWS = [(f"p{i:02d}.png", "ill" if i % 2 else "well", f"patient{i // 2}") for i in range(40)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name, _, _ in ROWS:
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(tmp_path / name)
    return tmp_path


def write(folder: Path, header: str, rows: list[str], name: str = "labels.csv") -> None:
    (folder / name).write_text("\n".join([header, *rows]) + "\n")


def read(folder: Path, **options: str) -> Splits:
    return ImageFolder(path=str(folder), size=8, **options).load(None)


def labelled(splits: Splits) -> dict[str, str]:
    """Image -> name of its class, over all splits."""
    return {
        str(name): splits.task.class_names[label]
        for split in ("train", "val", "test")
        for name, label in zip(splits.names[split], getattr(splits, split).y, strict=True)
    }


def test_labels_of_a_table_are_those_of_the_images(folder: Path) -> None:
    write(folder, "file,label", [f"{name},{label}" for name, label, _ in ROWS])
    splits = read(folder)
    assert labelled(splits) == {name: label for name, label, _ in ROWS}
    assert splits.task.class_names == ("ill", "well")
    assert "labels from labels.csv" in splits.how_read
    first = np.asarray(Image.open(folder / str(splits.names["train"][0])))
    assert np.array_equal(splits.train.x[0, 0], first)


def test_groups_of_a_table_stay_in_one_split(folder: Path) -> None:
    write(folder, "file,label,group", [",".join(row) for row in ROWS])
    splits = read(folder)
    groups = [set(splits.groups[split].tolist()) for split in ("train", "val", "test")]
    assert splits.task.n_groups == len(groups[0])
    assert not groups[0] & groups[1]
    assert not (groups[0] | groups[1]) & groups[2]


def test_splits_of_a_table_are_kept(folder: Path) -> None:
    where = ["Training", "valid", "test", "train"]
    write(folder, "file,label,split", [f"{row[0]},{row[1]},{where[i // 2 % 4]}" for i, row in enumerate(ROWS)])
    splits = read(folder)
    assert {str(name) for name in splits.names["test"]} == {row[0] for i, row in enumerate(ROWS) if i // 2 % 4 == 2}
    assert (len(splits.train), len(splits.val), len(splits.test)) == (20, 10, 10)


def test_other_headers_marks_and_names_without_extension_are_read(folder: Path) -> None:
    """As people's tables come: semicolons, ``image`` and ``class`` as headers, one more column, no ``.png``."""
    write(folder, "image;Class;age", [f"{name[:-4]};{label};7" for name, label, _ in ROWS], "meta.csv")
    assert labelled(read(folder, labels="meta.csv")) == {name: label for name, label, _ in ROWS}


def test_images_in_one_folder_beside_the_table_are_read(folder: Path) -> None:
    (folder / "images").mkdir()
    for name, _, _ in ROWS:
        (folder / name).rename(folder / "images" / name)
    write(folder, "file,label", [f"images/{name},{label}" for name, label, _ in ROWS])
    assert len(labelled(read(folder))) == len(ROWS)


def test_images_without_a_row_are_counted(folder: Path) -> None:
    write(folder, "file,label", [f"{name},{label}" for name, label, _ in ROWS[:-3]])
    splits = read(folder)
    assert "not read, without a row in labels.csv: 3 images" in splits.notices
    assert len(labelled(splits)) == len(ROWS) - 3


def test_folders_of_classes_come_before_a_table_that_is_not_named(folder: Path) -> None:
    for name, label, _ in ROWS:
        (folder / label).mkdir(exist_ok=True)
        (folder / name).rename(folder / label / name)
    write(folder, "file,label", [f"{label}/{name},same" for name, label, _ in ROWS])
    assert set(labelled(read(folder)).values()) == {"ill", "well"}


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("file,label", "p99.png,ill", "line 4: 'p99.png' is no image here"),
        ("file,label", "../p00.png,ill", "line 4: '../p00.png' is no image here"),
        ("file,label", "p00.png,ill", "line 4: p00.png is named twice"),
        ("file,label", "p02.png,", "line 4: no label for p02.png; write one, or leave the row out"),
        ("file,label,group", "p02.png,ill,", "line 4: no group for p02.png"),
        ("file,label,split", "p02.png,ill,fold3", "the split 'fold3' is neither train, val nor test"),
        ("name,grade", "p02.png,ill", "the columns are name, grade; the header file,label"),
        ("file,image,label", "p02.png,p02.png,ill", "the columns file and image both say the file"),
    ],
)
def test_rows_that_do_not_fit_are_told_with_their_line(folder: Path, header: str, row: str, message: str) -> None:
    n_more = header.count(",") - 1
    good = [
        f"p0{i}.png{',p0.png' * header.startswith('file,image')},{label}"
        + (",train" if "split" in header else ",g") * (n_more and not header.startswith("file,image"))
        for i, label in ((0, "ill"), (1, "well"))
    ]
    write(folder, header, [*good, row])
    with pytest.raises(DataError, match=r"labels\.csv") as error:
        read(folder)
    assert message in str(error.value)


def test_a_flat_folder_without_a_table_is_told_what_to_write(folder: Path) -> None:
    write(folder, "file,label", [f"{name},{label}" for name, label, _ in ROWS], "meta.csv")
    with pytest.raises(DataError, match=r"40 images and 1 \.csv: write a labels\.csv .* labels=FILE\.csv"):
        read(folder)


def test_a_table_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(DataError, match=r"labels=absent\.csv\]: no such file"):
        read(folder, labels="absent.csv")

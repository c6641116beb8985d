"""Which folders are splits and which are classes, what is left out and said, and what is refused with its option."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from image_folders import load, refused
from PIL import Image

from albench.api import DataError, Splits
from albench.components.registry import registry
from albench.data.loading import load_data
from albench_datasets.imagefolder import ImageFolder
from albench_datasets.imagefolder_names import split_of

NFC, NFD = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))


def draw(folder: Path, n: int = 6, shade: int = 0) -> None:
    """``n`` images; those of one folder share the tens of their shade."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n):
        Image.new("L", (8, 8), shade + number).save(folder / f"{number}.png")


def counts(splits: Splits) -> dict[str, list[int]]:
    """Class -> images in train, val and test."""
    parts = (splits.train, splits.val, splits.test)
    return {name: [int((part.y == code).sum()) for part in parts] for code, name in enumerate(splits.task.class_names)}


# Names of splits


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [
        ("Training", "Validation", "Testing"),
        ("TRAIN", "Val", "Test"),
        ("train_set", "dev", "test-images"),
        ("trn", "valid", "tst"),
    ],
)
def test_usual_names_of_splits_are_splits_in_any_case(tmp_path: Path, train: str, val: str, test: str) -> None:
    for folder, n in ((train, 5), (val, 3), (test, 4)):
        for name in ("cat", "dog"):
            draw(tmp_path / folder / name, n)
    splits = load(tmp_path)
    assert counts(splits) == {"cat": [5, 3, 4], "dog": [5, 3, 4]}
    assert splits.how_read[0] == f"folders: {train} is train, {val} is val, {test} is test"


def test_a_word_that_only_contains_a_split_is_none() -> None:
    assert [split_of(name) for name in ("trainer", "contest", "valve", "device", "tests")] == [""] * 5


def test_a_split_without_a_folder_is_dealt_out_of_train_and_said(tmp_path: Path) -> None:
    for folder, n in (("Training", 20), ("Testing", 7)):
        for name in ("glioma", "pituitary"):
            draw(tmp_path / folder / name, n)
    splits = load(tmp_path)
    assert counts(splits) == {"glioma": [17, 3, 7], "pituitary": [17, 3, 7]}
    assert "folders: none for val; dealt out of train (split_seed=0): val 15%" in splits.how_read
    assert counts(load(tmp_path, val_share=0.5))["glioma"] == [10, 10, 7]
    tests = splits.test.x.tobytes()
    assert load(tmp_path, split_seed=3).test.x.tobytes() == tests


def test_splits_below_the_classes(tmp_path: Path) -> None:
    for name in ("ill", "well"):
        for split, n in (("train", 5), ("Val", 2), ("test", 3)):
            draw(tmp_path / name / split, n)
    splits = load(tmp_path)
    assert counts(splits) == {"ill": [5, 2, 3], "well": [5, 2, 3]}
    assert splits.how_read[0] == "folders: the splits lie below the classes, as CLASS/train/IMAGE"
    draw(tmp_path / "third" / "train")
    refused(tmp_path, "splits lie below the classes, but third has no val")


def test_two_folders_of_one_split_are_refused_and_the_option_decides(tmp_path: Path) -> None:
    for folder, n in (("train", 4), ("val", 2), ("validation", 3), ("test", 2)):
        for name in ("cat", "dog"):
            draw(tmp_path / folder / name, n)
    refused(tmp_path, "val and validation are both called like the val split: val=val decides, or leave_out=validation")
    splits = load(tmp_path, val="validation")
    assert counts(splits) == {"cat": [4, 3, 2], "dog": [4, 3, 2]}
    assert splits.notices == ("not read, beside train, validation and test: val; move in what belongs to the data",)
    left = load(tmp_path, leave_out="validation")
    assert counts(left)["cat"] == [4, 2, 2]
    assert "left out: by leave_out validation (6 images)" in left.how_read


def test_a_split_of_another_name_is_given_by_an_option(tmp_path: Path) -> None:
    for folder in ("train", "val", "holdout"):
        for name in ("cat", "dog"):
            draw(tmp_path / folder / name, 3)
    refused(tmp_path, "no test with class folders; holdout lies beside: test=holdout or leave_out=holdout decides")
    assert counts(load(tmp_path, test="holdout"))["cat"] == [3, 3, 3]
    refused(tmp_path, "test=hold: no such folder in it, but holdout, train, val", test="hold")


def test_unlabelled_test_images_are_no_class_and_no_split(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        draw(tmp_path / "train" / name, 20)
    draw(tmp_path / "test", 9)
    refused(tmp_path, "no val with class folders; test lies beside, without class folders: leave_out=test decides")
    assert counts(load(tmp_path, leave_out="test"))["cat"] == [13, 3, 4]
    for name in ("cat", "dog"):
        draw(tmp_path / "flat" / name, 9)
    draw(tmp_path / "flat" / "test", 9)
    refused(tmp_path / "flat", "test may be a split or a class")
    assert list(counts(load(tmp_path / "flat", keep="test"))) == ["cat", "dog", "test"]


@pytest.mark.parametrize("name", ["unlabelled", "Unlabeled_Data", "unannotated", "masks", "thumbs"])
def test_what_is_hardly_a_class_is_refused_until_an_option_decides(tmp_path: Path, name: str) -> None:
    for each in ("cat", "dog", name):
        draw(tmp_path / each)
    refused(tmp_path, f"leave_out={name} leaves it out, keep={name} reads it as a class")
    assert set(counts(load(tmp_path, leave_out=name))) == {"cat", "dog"}
    assert set(counts(load(tmp_path, keep=name))) == {"cat", "dog", name}


def test_masks_beside_the_images_of_a_class_do_not_double_them(tmp_path: Path) -> None:
    for name in ("covid", "normal"):
        for inner in ("images", "masks"):
            draw(tmp_path / name / inner)
    refused(tmp_path, "covid/masks looks like no pictures of items: leave_out=masks")
    assert sum(map(sum, counts(load(tmp_path, leave_out="masks")).values())) == 12
    assert sum(map(sum, counts(load(tmp_path, keep="masks;covid;normal")).values())) == 24


def test_folders_that_all_hold_the_same_folders_may_be_splits(tmp_path: Path) -> None:
    for site in ("one", "two"):
        for name in ("cat", "dog"):
            draw(tmp_path / site / name)
    refused(tmp_path, "one, two hold the same folders, cat, dog: write train=, val=, test=")
    assert counts(load(tmp_path, train="one", test="two"))["cat"] == [5, 1, 6]
    assert set(counts(load(tmp_path, keep="*"))) == {"one", "two"}


def test_a_pattern_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        draw(tmp_path / name)
    refused(tmp_path, "leave_out=mask* fits no name in it", leave_out="mask*")
    refused(tmp_path, "keep=bird fits no name in it", keep="bird")


def test_a_flat_folder_and_one_that_holds_the_data_are_told_from_an_empty_one(tmp_path: Path) -> None:
    draw(tmp_path / "flat", 10)
    (tmp_path / "flat" / "grades.csv").write_text("file,label\n")
    refused(tmp_path / "flat", "(it holds 10 images and 1 .csv: write a labels.csv with the header file,label")
    for name in ("cat", "dog"):
        draw(tmp_path / "outer" / "data" / name)
    refused(tmp_path / "outer", "(it holds one folder: is data in it meant?)")


def test_patients_below_classes_are_read_and_asked_for(tmp_path: Path) -> None:
    for name in ("ill", "well"):
        for patient in range(4):
            draw(tmp_path / name / f"{name}-{patient}", 3)
    splits = load(tmp_path)
    assert sum(map(sum, counts(splits).values())) == 24
    assert any("where folders below a class are patients, groups=FILE.csv" in line for line in splits.how_read)


# What is left out


def test_thumbnails_of_file_servers_do_not_double_the_images(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        draw(tmp_path / name, 10)
        draw(tmp_path / name / "@eaDir" / "0.png", 2)
    for name in ("cat/._0.png", "cat/Thumbs.db", "dog/.DS_Store", "dog/notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    draw(tmp_path / "dog" / ".ipynb_checkpoints", 1)
    splits = load(tmp_path)
    assert sum(map(sum, counts(splits).values())) == 20
    assert splits.how_read[0] == (
        "left out: 8 files of the system (.DS_Store 1, ._* 1, .ipynb_checkpoints 1, @eaDir 4, Thumbs.db 1); "
        "1 other file (1 .txt)"
    )
    assert splits.notices == ()


def test_links_to_folders_are_followed_at_every_level_and_never_twice(tmp_path: Path) -> None:
    store, data = tmp_path / "store", tmp_path / "data"
    for name in ("class", "more"):
        draw(store / name, 10)
    draw(data / "cat", 10)
    (data / "dog").symlink_to(store / "class", target_is_directory=True)
    (data / "cat" / "more").symlink_to(store / "more", target_is_directory=True)
    assert {name: sum(each) for name, each in counts(load(data)).items()} == {"cat": 20, "dog": 10}
    (data / "cat" / "again").symlink_to(store / "more", target_is_directory=True)
    (data / "cat" / "up").symlink_to(data / "cat", target_is_directory=True)
    splits = load(data)
    assert {name: sum(each) for name, each in counts(splits).items()} == {"cat": 20, "dog": 10}
    assert "left out: links to folders read in their own place: cat/more, cat/up" in splits.how_read
    (data / "dog" / "shared").symlink_to(store / "more", target_is_directory=True)
    refused(data, "are one and the same folder; remove one")


def test_links_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        draw(tmp_path / name)
    (tmp_path / "cat" / "more").symlink_to(tmp_path / "gone", target_is_directory=True)
    assert load(tmp_path).notices == ("not read, links that lead nowhere: cat/more; mend or remove them",)
    (tmp_path / "bird").symlink_to(tmp_path / "gone", target_is_directory=True)
    refused(tmp_path, "bird is a link to a folder that is not there")


# Names in several spellings


def test_unicode_forms_and_spaces_of_one_class_are_one_class(tmp_path: Path) -> None:
    for split, names in (("train", (NFC, "bar")), ("val", (NFD, "bar ")), ("test", (NFC, "bar"))):
        for name in names:
            draw(tmp_path / split / name, 3)
    splits = load(tmp_path)
    assert counts(splits) == {"bar": [3, 3, 3], NFC: [3, 3, 3]}
    assert sum("read as one name" in line for line in splits.how_read) == 2


def test_both_unicode_forms_in_one_split_are_read_as_one_class(tmp_path: Path) -> None:
    for name, n in ((NFC, 4), (NFD, 5), ("bar", 9)):
        draw(tmp_path / name, n)
    if len(list(tmp_path.iterdir())) < 3:
        pytest.skip("this file system knows one form")
    assert {name: sum(each) for name, each in counts(load(tmp_path)).items()} == {"bar": 9, NFC: 9}


def test_groups_find_their_files_and_patients_in_any_unicode_form(tmp_path: Path) -> None:
    for name in (NFD, "bar"):
        draw(tmp_path / name, 9)
    rows = [
        f"{name}/{number}.png,{patient}{number // 3}"
        for name, patient in ((NFC, NFC), ("bar", NFD))
        for number in range(9)
    ]
    (tmp_path / "groups.csv").write_text("\n".join(["file,group", *rows]), encoding="utf-8")
    splits = load(tmp_path, groups="groups.csv")
    assert len({group for part in splits.groups.values() for group in part.tolist()}) == 3
    assert sum(len(part) for part in splits.groups.values()) == 18
    assert any(line.startswith("groups: 9 rows of groups.csv spell a file in another way") for line in splits.how_read)


def test_the_folder_is_found_in_any_unicode_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cat", "dog"):
        draw(tmp_path / NFD / "data" / name)
    monkeypatch.chdir(tmp_path)
    assert len(load(Path(NFC) / "data").train) == 8
    assert ImageFolder(path=f"{NFC}/data").find(tmp_path)
    assert not ImageFolder(path=f"{NFC}/other").find(tmp_path)


def test_case_alone_is_told_and_a_class_that_changes_case_is_refused(tmp_path: Path) -> None:
    if (tmp_path.parent / tmp_path.name.upper()).exists():
        pytest.skip("this file system knows no case")
    for name in ("A", "a"):
        draw(tmp_path / "letters" / name)
    splits = load(tmp_path / "letters")
    assert "classes A and a differ by case alone, and are two" in splits.how_read
    for split, name in (("train", "Cat"), ("val", "Cat"), ("test", "cat")):
        draw(tmp_path / "set" / split / name)
        draw(tmp_path / "set" / split / "dog")
    refused(tmp_path / "set", "rename one, so that a class has one name in every split")


def test_items_of_a_merged_class_keep_their_pictures(tmp_path: Path) -> None:
    for split, name in (("train", NFC), ("val", NFD), ("test", NFC)):
        draw(tmp_path / split / name, 2, shade=50)
        draw(tmp_path / split / "bar", 2, shade=10)
    splits = load(tmp_path)
    for part in (splits.train, splits.val, splits.test):
        np.testing.assert_array_equal(part.x[:, 0, 0, 0] >= 50, part.y == 1)


def test_equal_and_near_images_are_told_by_their_files(tmp_path: Path) -> None:
    for split, shade in (("train", 0), ("val", 50), ("test", 100)):
        for number, name in enumerate(("cat", "dog")):
            draw(tmp_path / split / name, 4, shade=shade + 20 * number)
    shutil.copy(tmp_path / "train" / "dog" / "2.png", tmp_path / "test" / "dog" / "3.png")
    with pytest.raises(DataError, match=r"1 item of train is also in test \(train/dog/2.png is test/dog/3.png\)"):
        load_data(f"imagefolder[path={tmp_path},size=8]", None, registry())
    kept = load_data(f"imagefolder[path={tmp_path},size=8,equal_items=drop]", None, registry()).splits
    assert len(kept.names["train"]) == len(kept.train) == 7
    assert "train/dog/2.png" not in kept.names["train"]
    (tmp_path / "train" / "cat" / "0.png").write_bytes(b"")
    skipped = load(tmp_path, on_error="skip")
    assert [skipped.called("train", row) for row in (0, 6)] == ["train/cat/1.png", "train/dog/3.png"]

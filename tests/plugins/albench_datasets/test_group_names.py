"""Patients are kept apart whatever their column or array is called, and what is not read is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from albench.api import DataError, Splits
from albench.extract.folder import write_labels
from albench.results.items import items_file, write_items
from albench_datasets.features import Features
from albench_datasets.group_names import looks_like_groups, means_groups
from albench_datasets.imagefolder import ImageFolder
from albench_datasets.mescc import Mescc
from albench_datasets.mescc_names import role_of
from albench_datasets.npz import Npz

RNG = np.random.default_rng(0)
N = 60
LABELS = np.arange(N) % 2
PATIENTS = np.array([f"train-person{row // 4:03d}" for row in range(N)])
PICTURES = RNG.integers(0, 256, (N, 8, 8), dtype=np.uint8)
VECTORS = RNG.standard_normal((N, 5)).astype(np.float32)
SPLITS = ("train", "val", "test")
SPELLINGS = (
    "group", "Groups", "patient", "patients", "patient_id", "PatientID", "Patient ID", "patient-ids", "subject",
    "subjects", "subject_id", "SubjectIDs", "case", "case_id", "participant_id", "patient_no",
)  # fmt: skip


def apart(splits: Splits) -> bool:
    """Whether groups are known, as many as there are, and none is in two splits."""
    found = [set(np.asarray(splits.groups[split]).tolist()) for split in SPLITS]
    return sum(map(len, found)) == len(set.union(*found)) == 15


def npz(folder: Path, **arrays: Any) -> str:
    np.savez(folder / "set.npz", **arrays)
    return str(folder / "set.npz")


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    for row, picture in enumerate(PICTURES):
        Image.fromarray(picture).save(tmp_path / f"p{row:02d}.png")
    return tmp_path


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    for row, picture in enumerate(PICTURES):
        folder = tmp_path / ("well", "ill")[LABELS[row]]
        folder.mkdir(exist_ok=True)
        Image.fromarray(picture).save(folder / f"p{row:02d}.png")
    return tmp_path


def table(path: Path, header: str, *columns: Any) -> None:
    rows = (",".join(map(str, row)) for row in zip(*columns, strict=True))
    path.write_text("\n".join([header, *rows]) + "\n")


FILES = [f"p{row:02d}.png" for row in range(N)]
BELOW = [f"{('well', 'ill')[label]}/{file}" for label, file in zip(LABELS, FILES, strict=True)]


def folder(path: Path, **options: str) -> Splits:
    return ImageFolder(path=str(path), size=8, **options).load(None)


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_name_means_groups_in_any_spelling(name: str) -> None:
    assert means_groups(name)


@pytest.mark.parametrize("name", ["study", "age", "sex", "id", "grouping", "label", "subjective", "patient_age"])
def test_another_name_means_none(name: str) -> None:
    assert not means_groups(name)


@pytest.mark.parametrize("name", ["patient_id", "subject", "PatientID", "subject id"])
def test_patients_of_a_table_stay_in_one_split(flat: Path, name: str) -> None:
    table(flat / "labels.csv", f"file,label,{name},age", FILES, LABELS, PATIENTS, np.arange(N) % 7)
    splits = folder(flat)
    assert apart(splits)
    assert f"labels, groups (column {name}) from labels.csv; column age not read" in splits.how_read


@pytest.mark.parametrize("name", ["patient", "patient_id", "subjects", "group", "subjectIDs"])
def test_patients_of_arrays_stay_in_one_split(tmp_path: Path, name: str) -> None:
    images = npz(tmp_path, images=PICTURES, labels=LABELS, **{name: PATIENTS})
    assert apart(Npz(path=images).load(None))
    vectors = npz(tmp_path, features=VECTORS, labels=LABELS, **{name: PATIENTS}, age=np.arange(N) % 7)
    splits = Features(path=vectors).load(None)
    assert apart(splits)
    assert "array age not read" in splits.how_read
    for stored, as_number in ((PATIENTS.astype("S"), False), (np.arange(N) // 4 + 0.0, True)):
        splits = Features(path=npz(tmp_path, features=VECTORS, labels=LABELS, **{name: stored})).load(None)
        assert apart(splits)
        assert not as_number or set(np.concatenate([*splits.groups.values()]).tolist()) == set(range(15))


def test_patients_of_each_split_are_read_by_any_name(tmp_path: Path) -> None:
    parts = {"train": slice(0, 40), "val": slice(40, 48), "test": slice(48, 60)}
    arrays = {}
    for split, rows in parts.items():
        arrays |= {f"{split}_features": VECTORS[rows], f"{split}_labels": LABELS[rows]}
        arrays[f"{split}_subject_id"] = PATIENTS[rows]
    splits = Features(path=npz(tmp_path, **arrays)).load(None)
    assert apart(splits)
    assert [len(set(splits.groups[split].tolist())) for split in SPLITS] == [10, 2, 3]


@pytest.mark.parametrize("header", ["file,patient_id", "filename;Subject", "image\tcase id"])
def test_a_table_of_groups_beside_class_folders_has_any_header(classes: Path, header: str) -> None:
    mark = next(each for each in ",;\t" if each in header)
    rows = [f"{file}{mark}{patient}" for file, patient in zip(BELOW, PATIENTS, strict=True)]
    (classes / "pat.csv").write_text("\n".join([header, *rows]))
    left = folder(classes)
    column = header.split(mark)[1]
    assert not left.groups
    assert (
        f"pat.csv is not read, and its column {column} says groups (patients): groups=pat.csv keeps each in one split"
    ) in left.notices
    splits = folder(classes, groups="pat.csv")
    assert apart(splits)
    assert f"groups from pat.csv (column {column})" in splits.how_read
    assert not any("pat.csv is not read" in notice for notice in splits.notices)


def test_two_names_of_groups_are_refused_with_what_decides(flat: Path, tmp_path: Path) -> None:
    table(flat / "labels.csv", "file,label,patient,subject", FILES, LABELS, PATIENTS, np.arange(N) // 6)
    with pytest.raises(DataError, match="the columns patient and subject all say the group: group_by=patient decides"):
        folder(flat)
    assert len(np.unique(np.concatenate([*folder(flat, group_by="subject").groups.values()]))) == 10
    assert not folder(flat, group_by="none").groups
    both = npz(tmp_path, features=VECTORS, labels=LABELS, patient=PATIENTS, subject=np.arange(N) // 6)
    with pytest.raises(DataError, match="the arrays patient and subject all say the group: group_by=patient decides"):
        Features(path=both).load(None)
    assert len(np.unique(np.concatenate([*Features(path=both, group_by="subject").load(None).groups.values()]))) == 10
    assert not Features(path=both, group_by="none").load(None).groups


def test_what_looks_like_groups_is_told_with_what_to_type(flat: Path, tmp_path: Path) -> None:
    table(flat / "labels.csv", "file,label,mrn,weight", FILES, LABELS, PATIENTS, np.arange(N) // 2 + 0.5)
    splits = folder(flat)
    told = (
        "column mrn of labels.csv is not read and looks like groups (15 values in 60 rows): where items of one value "
        "belong together, as those of a patient, write group_by=mrn"
    )
    assert [notice for notice in splits.notices if "looks like groups" in notice] == [told]
    assert "labels from labels.csv; columns mrn, weight not read" in splits.how_read
    assert apart(folder(flat, group_by="mrn"))
    vectors = npz(tmp_path, features=VECTORS, labels=LABELS, mrn=PATIENTS, sex=np.arange(N) % 2, other=VECTORS)
    left = Features(path=vectors).load(None)
    assert "arrays mrn, sex, other not read" in left.how_read
    assert [notice for notice in left.notices if "looks like groups" in notice] == [
        told.replace("column mrn of labels.csv", f"array mrn of {vectors}")
    ]
    assert apart(Features(path=vectors, group_by="mrn").load(None))


def test_a_name_that_is_not_there_is_refused(flat: Path, tmp_path: Path) -> None:
    table(flat / "labels.csv", "file,label,mrn", FILES, LABELS, PATIENTS)
    with pytest.raises(DataError, match="group_by=age: no such column; the columns are file, label, mrn"):
        folder(flat, group_by="age")
    vectors = npz(tmp_path, features=VECTORS, labels=LABELS, mrn=PATIENTS)
    with pytest.raises(DataError, match="group_by=age: no such array; it has features, labels, mrn"):
        Features(path=vectors, group_by="age").load(None)


def test_groups_of_another_length_or_kind_are_told(tmp_path: Path) -> None:
    short = npz(tmp_path, features=VECTORS, labels=LABELS, patient=PATIENTS[:10])
    with pytest.raises(DataError, match=r"patient: groups of shape \(10,\), but .* has 60 labels"):
        Features(path=short).load(None)
    missing = npz(tmp_path, features=VECTORS, labels=LABELS, patient=np.where(np.arange(N) == 7, np.nan, 1.0))
    with pytest.raises(DataError, match="row 7 has the group nan; groups are whole numbers or text; group_by=none"):
        Features(path=missing).load(None)


def test_labels_once_more_and_single_values_look_like_no_groups() -> None:
    assert not looks_like_groups(LABELS, 2)
    assert not looks_like_groups(np.arange(N) % 10, 10)
    assert not looks_like_groups(np.arange(N), 2)
    assert looks_like_groups(PATIENTS, 2)


def test_groups_that_cannot_be_dealt_name_what_leaves_them_out(flat: Path, tmp_path: Path) -> None:
    """A column ``case`` may say case or control as well."""
    table(flat / "labels.csv", "file,label,case", FILES, LABELS, np.where(LABELS == 1, "case", "control"))
    with pytest.raises(
        DataError, match=r"try another split_seed, group_by=none where they are no patients, or lay out"
    ):
        folder(flat)
    assert not folder(flat, group_by="none").groups
    vectors = npz(tmp_path, features=VECTORS, labels=LABELS, case=LABELS)
    with pytest.raises(DataError, match="group_by=none where they are no patients"):
        Features(path=vectors).load(None)


def test_groups_by_the_table_of_labels_itself_are_taken(flat: Path) -> None:
    table(flat / "labels.csv", "file,label,patient", FILES, LABELS, PATIENTS)
    assert apart(folder(flat, groups="labels.csv"))
    table(flat / "pat.csv", "file,patient", FILES, PATIENTS)
    with pytest.raises(DataError, match=r"labels\.csv has groups, and groups=pat\.csv names others: leave groups=pat"):
        folder(flat, groups="pat.csv")


def test_mescc_knows_the_names_and_tells_other_files(tmp_path: Path) -> None:
    from pathlib import PurePath

    from albench_datasets.mescc_write import write_mescc

    assert [str(role_of(PurePath(f"{name}.npy"))) for name in ("train-subject-id", "TestPatientIDs", "val_cases")] == [
        "train-groups", "test-groups", "val-groups",
    ]  # fmt: skip
    write_mescc(tmp_path, 0)
    np.save(tmp_path / "train-mrn.npy", np.arange(3))
    assert "file train-mrn.npy not read" in Mescc().load(tmp_path).how_read


def test_small_shares_are_told_as_they_are(classes: Path, tmp_path: Path) -> None:
    vectors = npz(tmp_path, features=VECTORS, labels=LABELS)
    for splits in (
        ImageFolder(path=str(classes), size=8, test_share=0.035).load(None),
        Features(path=vectors, test_share=0.035).load(None),
    ):
        assert any("val 15%, test 3.5%" in line for line in splits.how_read)


def test_groups_keep_the_users_own_names(flat: Path, tmp_path: Path) -> None:
    """In what people read, ``items/*.csv`` and what is extracted, a patient is called what the user calls him."""
    table(flat / "labels.csv", "file,label,patient", FILES, LABELS, PATIENTS)
    splits = folder(flat)
    (tmp_path / "suite").mkdir()
    write_items(tmp_path / "suite", "hash", splits)
    lines = items_file(tmp_path / "suite", "hash").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    assert {item: group for _, item, group, _ in rows} == {
        file: patient for file, patient in zip(FILES, PATIENTS, strict=True) if file in set(splits.names["train"])
    }
    write_labels(tmp_path, splits)
    np.testing.assert_array_equal(np.load(tmp_path / "train-groups.npy"), splits.groups_called("train"))
    numbers = Features(path=npz(tmp_path, features=VECTORS, labels=LABELS, patient=1000 + np.arange(N) // 4)).load(None)
    assert set(numbers.groups_called("train").tolist()) <= set(range(1000, 1015))

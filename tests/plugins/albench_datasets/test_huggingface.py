"""Folders that the library ``datasets`` saved: texts, images, vectors and tables, by what their columns are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from albench.api import DataError, Splits
from albench.data.checks import SPLITS
from albench_datasets.huggingface import HuggingFace

RNG = np.random.default_rng(0)
N = 90
Y = RNG.integers(0, 2, N)
PICTURES = RNG.integers(0, 256, (N, 6, 6), dtype=np.uint8)
VECTORS = RNG.normal(size=(N, 4)).astype(np.float32)


def read(folder: Path, **options: object) -> Splits:
    return HuggingFace(path=str(folder), **options).load(None)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    datasets = pytest.importorskip("datasets")

    def make(columns: dict[str, Any], *, named: bool = True, **splits: slice) -> Path:
        labels = {"label": datasets.ClassLabel(names=["no", "yes"])} if named else {}
        data = datasets.Dataset.from_dict(columns)
        if labels:
            data = data.cast_column("label", labels["label"])
        if splits:
            parts = {split: data.select(range(N)[rows]) for split, rows in splits.items()}
            data = datasets.DatasetDict(parts)
        data.save_to_disk(str(tmp_path / "saved"))
        return tmp_path / "saved"

    return make


def test_texts_and_their_classes(made: Callable[..., Path]) -> None:
    folder = made({"label": Y.tolist(), "text": [f"number {row}" for row in range(N)]})
    splits = read(folder)
    assert splits.task.modality == "text"
    assert splits.task.class_names == ("no", "yes")
    for split in SPLITS:
        part = getattr(splits, split)
        assert [Y[int(text.split()[1])] for text in part.x] == part.y.tolist()
    assert "texts from text, labels from label" in splits.how_read


def test_splits_by_their_usual_names_and_by_others(made: Callable[..., Path]) -> None:
    texts = {"label": Y.tolist(), "text": [f"number {row}" for row in range(N)]}
    folder = made(texts, train=slice(0, 50), validation=slice(50, 60), test=slice(60, 80), extra=slice(80, 90))
    splits = read(folder)
    assert [len(getattr(splits, split)) for split in SPLITS] == [50, 10, 20]
    assert any("not read: extra" in line for line in splits.how_read)
    assert len(read(folder, test="extra").test) == 10
    assert len(read(folder, val="none").train) < 50
    with pytest.raises(DataError, match=r"test=exta: no such split; it has train, validation, test, extra"):
        read(folder, test="exta")
    with pytest.raises(DataError, match=r"one split twice: train=train, val=test, test=test"):
        read(folder, val="test")


def test_images_are_their_pixels(made: Callable[..., Path]) -> None:
    image = pytest.importorskip("PIL.Image")
    folder = made({"label": Y.tolist(), "image": [image.fromarray(each) for each in PICTURES], "id": list(range(N))})
    splits = read(folder)
    assert splits.task.shape == (1, 6, 6)
    by_pixels = {picture.tobytes(): int(label) for picture, label in zip(PICTURES, Y, strict=True)}
    assert [by_pixels[each.tobytes()] for each in splits.test.x[:, 0]] == splits.test.y.tolist()


def test_vectors_and_tables(made: Callable[..., Path]) -> None:
    columns = {
        "label": Y.tolist(),
        "x": VECTORS.tolist(),
        "age": [None, *range(1, N)],
        "colour": ["red", "blue", None] * 30,
        "patient": [row // 3 for row in range(N)],
    }
    folder = made(columns)
    assert read(folder).task.shape == (4,)
    table = read(folder, columns="age;colour")
    assert table.task.shape == (2 + 3,)
    assert table.task.class_names == ("no", "yes")
    grouped = read(folder, columns="age;colour", group_by="patient")
    assert grouped.task.n_groups > 0
    with pytest.raises(DataError, match=r"column x holds vectors: columns=x takes it alone"):
        read(folder, columns="x;age")
    with pytest.raises(DataError, match=r"columns=agee: no such column; did you mean age\?"):
        read(folder, columns="agee")
    with pytest.raises(DataError, match=r"text and columns are given; one of them says"):
        read(folder, columns="age", text="colour")


def test_labels_that_are_not_there_are_told(made: Callable[..., Path]) -> None:
    folder = made({"y": Y.tolist(), "text": ["a"] * N}, named=False)
    with pytest.raises(DataError, match=r"which column is the label\? label=COLUMN names it, of y, text"):
        read(folder)
    with pytest.raises(DataError, match=r"label=z: no such column; it has y, text"):
        read(folder, label="z")


def test_labels_that_are_kept_back_are_refused_as_arrays_refuse_them(made: Callable[..., Path]) -> None:
    folder = made({"label": [-1, *Y[1:].tolist()], "text": [f"text {row}" for row in range(N)]}, named=False)
    with pytest.raises(DataError, match=r"row 0 has the label -1; labels start at 0 .*mark of items without one"):
        read(folder)


def test_a_folder_of_something_else_and_a_missing_library_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match=r"no such file or folder"):
        read(tmp_path / "none")
    with pytest.raises(DataError, match=r"no data set of the library datasets: save one with its save_to_disk"):
        read(tmp_path)
    assert not HuggingFace.reads(tmp_path)
    (tmp_path / "state.json").write_text("{}")
    assert HuggingFace.reads(tmp_path)
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match=r"needs the package datasets: pip install 'albench\[huggingface\]'"):
        read(tmp_path)

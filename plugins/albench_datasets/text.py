"""Texts from one file, or one a split: tables, JSON lines, lines of a label and a text, and TREC's questions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from albench.api import DataError, Dataset, Splits, option
from albench_datasets.arrays import TEST_SHARE, VAL_SHARE, About, ArrayOptions, splits_of
from albench_datasets.checks import Raw
from albench_datasets.group_names import HELP
from albench_datasets.published import SPLITS
from albench_datasets.roots import named_path
from albench_datasets.text_files import LAYOUTS, Layout, Lines, Wanted, layout_of, read_lines


@dataclass(frozen=True, kw_only=True)
class Text(ArrayOptions, Dataset):
    """A table (CSV, TSV) or JSON lines with a column of texts and one of labels, or lines ``label<TAB>text``.

    ``layout=trec`` reads ``COARSE:fine question`` lines in Latin-1 (Li and Roth, 2002). A split that has neither a file
    of its own nor rows in a column ``split`` is dealt out of the training items, class by class, equal texts together.
    Models read vectors: give the texts an encoder, as with ``--encoder``.
    """

    path: str = option(help="the file; relative to the data folder or working folder")
    text: str = option("", "column of the texts, where its name does not say so")
    label: str = option("", "column of the labels, likewise")
    split: str = option("", "column that says train, val or test, likewise")
    val: str = option("", "file of the validation split; relative to the file's folder or as path is")
    test: str = option("", "file of the test split, likewise")
    layout: Literal["auto", "table", "jsonl", "pairs", "trec"] = option(
        "auto", "how the file is laid out; auto: by its name's ending, else by its first lines"
    )
    classes_of: Literal["coarse", "fine"] = option("coarse", "which of the two labels of the layout trec")
    group_by: str = option("", HELP)

    def load(self, root: Path | None) -> Splits:
        """Read the files.

        Raises
        ------
        DataError
            Where a file is missing or not in the layout, naming the line and what is wrong with it.
        """
        what = f"text[path={self.path}]"
        path = named_path(self.path, root)
        if path is None:
            raise DataError(f"{what}: no such file or folder; give its full path or where it lies with --data-dir DIR")
        if not path.is_file():
            raise DataError(f"{path}: a folder, not a file of texts; name the file, and others with val= and test=")
        layout = layout_of(path) if self.layout == "auto" else self.layout
        main = self._read(path, layout)
        beside = {}
        for split, file in (("val", self.val), ("test", self.test)):
            if file:
                beside[split] = self._read(_beside(path, file, root, f"{split}={file}"), layout)
        lines = _by_split(main, beside, str(path))
        raw = {split: _raw(each) for split, each in lines.items()}
        options = dataclasses.replace(
            self,
            val_share=self.val_share if "val" in raw or self.val_share is not None else VAL_SHARE,
            test_share=self.test_share if "test" in raw or self.test_share is not None else TEST_SHARE,
        )
        about = About(what=what, how_read=(LAYOUTS[layout], *main.how_read), notices=main.notices)
        return _named(splits_of(raw, options, about, modality="text"), lines.values())

    def _read(self, path: Path, layout: Layout) -> Lines:
        columns = {"text": self.text, "label": self.label, "split": self.split}
        return read_lines(path, layout, Wanted(columns, self.classes_of, self.group_by))

    @classmethod
    def reads(cls, path: Path) -> bool:
        """True for JSON lines, and for tables with a column of texts."""
        if not path.is_file():
            return False
        if path.suffix.lower() in (".csv", ".tsv", ".jsonl"):
            return bool(read_lines(path, layout_of(path), Wanted()).texts)
        return layout_of(path) in ("pairs", "trec")

    def find(self, root: Path | None) -> bool:
        """True where the file is there."""
        return named_path(self.path, root) is not None


def _beside(path: Path, file: str, root: Path | None, option: str) -> Path:
    found = next((each for each in (path.parent / file, named_path(file, root)) if each and each.is_file()), None)
    if found is None:
        raise DataError(f"{option}: no such file, beside {path} or where it lies by itself; give its full path")
    return found


def _by_split(main: Lines, beside: dict[str, Lines], where: str) -> dict[str, Lines]:
    """The lines of each split; ``""`` where they are in none. The first is the one that is trained on."""
    parts = {"train" if beside else "": main}
    if main.splits:
        if beside:
            options = " and ".join(f"{split}=" for split in beside)
            raise DataError(f"{where}: its rows say their split; leave {options} out")
        parts = {split: main.of(split) for split in SPLITS if split in main.splits}
        if "train" not in parts:
            raise DataError(f"{where}: no row of the split train")
    return {**parts, **beside}


def _raw(lines: Lines) -> Raw:
    groups = np.array(lines.groups, np.str_) if lines.groups else None
    labels = np.array(lines.labels, np.str_)
    return Raw(lines.array, labels, lines.where, lines.where, groups, lines.where if lines.groups else "")


def _named(splits: Splits, read: Iterable[Lines]) -> Splits:
    """Items called by file and line. A text is known by the object that was read: equal ones are on several lines."""
    called = {
        id(text): f"{Path(each.where).name}:{line}"
        for each in read
        for text, line in zip(each.texts, each.numbers, strict=True)
    }
    names = {split: np.array([called[id(text)] for text in getattr(splits, split).x], np.str_) for split in SPLITS}
    return dataclasses.replace(splits, names=names)

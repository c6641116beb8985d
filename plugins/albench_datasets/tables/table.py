"""``table[path=FILE,target=COLUMN]``: rows of a CSV, TSV, ARFF or Parquet file."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from albench.api import DataError, FeatureDataset, Splits, option
from albench_datasets.arrays import About
from albench_datasets.group_names import bare
from albench_datasets.imagefolder_names import split_of
from albench_datasets.roots import named_path
from albench_datasets.table_columns import COLUMNS
from albench_datasets.tables.files import SUFFIXES, Header, Layout, Separator, read_frame
from albench_datasets.tables.frame import MISSING, Frame, Reading
from albench_datasets.tables.options import TableOptions
from albench_datasets.tables.splits import splits_of_table
from albench_datasets.tables.target import target_of
from albench_datasets.textfiles import called_in


@dataclass(frozen=True, kw_only=True)
class Table(TableOptions, FeatureDataset):
    """Numbers, categories and missing values, made into features by what the pool holds.

    Columns are named as in the header, or by their place: 1 is the first, -1 the last. Without ``val`` and ``test``,
    and without a column that says the splits, rows are split by ``val_share`` and ``test_share``.
    """

    path: str = option(help="the file; relative to the data folder or working folder")
    target: str = option("", "the column that is to be predicted; by default the one called label, class or target")
    test: str = option("", "a file of its own to test on, with the same columns")
    val: str = option("", "a file of its own to validate on")
    split_by: str = option("", "the column that says train, val or test; by default one called split or set that does")
    header: Header = option("auto", "whether the first line names the columns")
    separator: Separator = option("auto", "what stands between values")
    decimal: str = option("point", "how fractions are written", choices=("point", "comma"))
    missing: str = option(MISSING, "what stands for a missing value, beside an empty cell")

    def load(self, root: Path | None) -> Splits:
        """Read the file.

        Raises
        ------
        DataError
            Where a file is missing or damaged, or a column, row or value cannot be used.
        """
        files = {"": self._file(self.path, root, "path")}
        apart = {split: typed for split, typed in (("val", self.val), ("test", self.test)) if typed}
        if apart:
            files = {"train": files[""]} | {split: self._file(typed, root, split) for split, typed in apart.items()}
        marks = frozenset(each.strip() for each in self.missing.split(";"))
        layout = Layout(self.separator, self.header, tuple(each for each in (self.target, self.split_by) if each))
        frame, notices = read_frame(files, layout, Reading(marks, self.decimal == "comma"))
        if called := called_in(files[next(iter(files))].parent).get(Path(self.path).name):
            frame = replace(frame, files={"": f"arrays: {called}"}, rows=_rows(frame, self.split_by))
        target = target_of(frame, self.target)
        split_by = self.split_by or _says_splits(frame, target)
        if split_by and apart:
            raise DataError(f"{frame.where}: split_by={split_by} beside {' and '.join(apart)}=: leave out one of both")
        about = About(what=f"table[path={self.path}]", how_read=notices)
        return splits_of_table(frame, target, self, about, split_by)

    @classmethod
    def reads(cls, path: Path) -> bool:
        """True for a file whose name ends as those of tables do."""
        return path.is_file() and path.suffix.lower() in SUFFIXES

    def find(self, root: Path | None) -> bool:
        """True where all files are there."""
        return all(named_path(typed, root) is not None for typed in (self.path, self.val, self.test) if typed)

    def _file(self, typed: str, root: Path | None, option: str) -> Path:
        path = named_path(typed, root)
        if path is None:
            raise DataError(
                f"table[{option}={typed}]: no such file; give its full path or its folder with --data-dir DIR"
            )
        if not path.is_file():
            raise DataError(f"{path}: no file; table[{option}=FILE] reads {', '.join(SUFFIXES)}")
        return path


def _rows(frame: Frame, split_by: str) -> np.ndarray:
    """(N,) rows as they were given: counted from 0 in each split, which a column says."""
    splits = frame.columns[split_by].values.tolist() if split_by else [""] * len(frame)
    counted = {split: itertools.count() for split in splits}
    return np.array([f"{split} row {next(counted[split])}".strip() for split in splits], object)


def _says_splits(frame: Frame, target: str) -> str:
    """The only column that is called split or set and says nothing but splits, or ""."""
    for name, column in frame.columns.items():
        if name != target and bare(name) in COLUMNS["split"] and not column.is_number:
            values = {value or "" for value in column.values}
            if all(split_of(value) for value in values) and "train" in map(split_of, values):
                return name
    return ""

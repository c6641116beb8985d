"""``huggingface[path=...]``: what the library ``datasets`` saved, and data sets of its hub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from albench.api import DataError, ImageDataset, Published, Splits, option
from albench_datasets.arrays import TEST_SHARE, VAL_SHARE, About, splits_of
from albench_datasets.checks import Raw
from albench_datasets.hub import INSTALL, OnHub, is_name, kept_version
from albench_datasets.imagefolder_names import split_of
from albench_datasets.npz import channels_first
from albench_datasets.published import SPLITS
from albench_datasets.roots import named_path
from albench_datasets.tables.frame import MISSING, Reading, find_column, find_columns, listed
from albench_datasets.tables.options import TableOptions
from albench_datasets.tables.pandas_frames import frame_of
from albench_datasets.tables.splits import splits_of_table

if TYPE_CHECKING:
    from albench.api import Modality

SAVED = ("dataset_dict.json", "state.json")
"""What a folder holds that ``save_to_disk`` wrote."""
LABELS = ("label", "labels", "target", "class")
NONE = "none"


@dataclass(frozen=True, kw_only=True)
class HuggingFace(TableOptions, ImageDataset):
    """Texts, images, vectors or a table from a folder that ``save_to_disk`` wrote, or of the Hugging Face hub.

    ``path=OWNER/NAME`` that is no folder is a data set of the hub: a run and ``albench data fetch`` download it, with
    its size and licence told before; ``HF_ENDPOINT`` names another hub. Only data are read, no code of it is run.

    ``text``, ``image`` or ``columns`` say what is learnt from; without them an image column is, else the only text,
    else all columns as a table. A split that is missing is dealt out of ``train``.
    """

    path: str = option(help="the folder, relative to the data folder or working folder; or owner/name of the hub")
    config: str = option("", "which configuration of a data set of the hub", later=True)
    revision: str = option("", "its commit, tag or branch; by default what main is when it is downloaded", later=True)
    text: str = option("", "the column of texts")
    image: str = option("", "the column of images, all of one size")
    columns: str = option("", "the columns of a table, or the one of vectors: age;sex")
    label: str = option("", "the column of labels; by default the only one of classes, or the one called label")
    train: str = option("", "the split to train on; by default the one called so")
    val: str = option("", "the split to validate on, likewise; none: a share of train")
    test: str = option("", "the split to test on, likewise; none: a share of train")

    def load(self, root: Path | None) -> Splits:
        """Read the folder.

        Raises
        ------
        DataError
            Where the library or the folder is missing, or a split, column or value cannot be used.
        """
        what = f"huggingface[path={self.path}]"
        path = self._folder(root, what)
        parts, left = self._parts(path, what)
        first = next(iter(parts.values()))
        names = list(first.features)
        label = self._label(first.features, what)
        kind, wanted = self._wanted(first.features, label, what)
        feature = first.features[label]
        classes = tuple(map(str, getattr(feature, "names", None) or ()))
        told = (
            *kept_version(path),
            f"{kind} from {listed(wanted)}, labels from {label}",
            *([f"not read: {listed(left)}"] if left else []),
        )
        about = About(what=what, class_names=classes, how_read=told)
        for split, part in parts.items():
            if lacking := [name for name in (label, *wanted) if name not in part.features]:
                raise DataError(f"{what}, {split}: no column {lacking[0]}; it has {listed(part.features)}")
        if kind == "table":
            used = list(dict.fromkeys([*wanted, label, *self._grouped(names, what)]))
            tables = {split: part.select_columns(used).to_pandas() for split, part in parts.items()}
            tables = {split: _with_names(table, label, classes) for split, table in tables.items()}
            how = Reading(frozenset(MISSING.split(";")), texts=frozenset([label] if classes else []))
            frame, notices = frame_of(tables, {split: f"{what}, {split or 'row'}" for split in tables}, how)
            return splits_of_table(frame, label, self, replace(about, how_read=(*told, *notices)))
        modality: Modality = "text" if kind == "texts" else "image" if kind == "images" else "features"
        raw = {split: self._raw(part, kind, wanted[0], label, f"{what}, {split}") for split, part in parts.items()}
        return splits_of(raw, self._with_shares(raw), about, modality=modality)

    @classmethod
    def reads(cls, path: Path) -> bool:
        """True for a folder that ``save_to_disk`` wrote."""
        return path.is_dir() and any((path / name).is_file() for name in SAVED)

    def find(self, root: Path | None) -> bool:
        """True where the folder is there, or what was downloaded."""
        return named_path(self.path, root) is not None or (is_name(self.path) and self._hub.folder(root) is not None)

    def published(self) -> Published | None:
        """Where a data set of the hub is had from; None for a path that can be a folder only."""
        return self._hub.published() if is_name(self.path) else None

    @property
    def _hub(self) -> OnHub:
        typed = {"path": self.path, "config": self.config, "revision": self.revision}
        spec = f"huggingface[{','.join(f'{name}={value}' for name, value in typed.items() if value)}]"
        return OnHub(spec, self.path, self.config, self.revision)

    def _folder(self, root: Path | None, what: str) -> Path:
        """Where the data set lies."""
        path = named_path(self.path, root)
        if path is not None and (self.config or self.revision):
            raise DataError(f"{what}: {path} is a folder, of one configuration and revision: leave these options out")
        path = path or (self._hub.folder(root) if is_name(self.path) else None)
        if path is None:
            hub = (
                f"; one of the hub is downloaded by albench data fetch '{self._hub.spec}'" if is_name(self.path) else ""
            )
            raise DataError(
                f"{what}: no such file or folder; give its full path or where it lies with --data-dir DIR{hub}"
            )
        return path

    def _parts(self, path: Path, what: str) -> tuple[dict[str, Any], list[str]]:
        """Split -> its part of the data set, "" where there is one alone; and the splits that are not read."""
        if not self.reads(path):
            raise DataError(
                f"{path}: no data set of the library datasets: save one with its save_to_disk, as in "
                "datasets.load_dataset(NAME).save_to_disk(FOLDER)"
            )
        try:
            import datasets
        except ImportError:
            raise DataError(INSTALL) from None
        try:
            found = datasets.load_from_disk(str(path))
        except Exception as error:  # the library and the formats below it have errors of their own
            raise DataError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from error
        if not isinstance(found, Mapping):
            return {"": found}, []
        return self._named(dict(found), what)

    def _named(self, found: dict[str, Any], what: str) -> tuple[dict[str, Any], list[str]]:
        typed = {"train": self.train, "val": self.val, "test": self.test}
        parts = {}
        for split in SPLITS:
            usual = [name for name in found if split_of(name) == split]
            name = typed[split] or (usual[0] if len(usual) == 1 else "")
            if name == NONE and split != "train":
                continue
            if (typed[split] and name not in found) or (split == "train" and not name):
                raise DataError(f"{what}: {split}={typed[split] or NONE}: no such split; it has {listed(found)}")
            if name:
                parts[split] = name
        if len(set(parts.values())) < len(parts):
            raise DataError(f"{what}: one split twice: {', '.join(f'{a}={b}' for a, b in parts.items())}")
        return {split: found[name] for split, name in parts.items()}, [n for n in found if n not in parts.values()]

    def _label(self, features: Mapping[str, Any], what: str) -> str:
        if self.label:
            return find_column(self.label, list(features), what, "label")
        classed = [name for name, feature in features.items() if getattr(feature, "names", None)]
        usual = [name for name in features if name.casefold() in LABELS]
        for found in (classed, usual):
            if len(found) == 1:
                return found[0]
        raise DataError(f"{what}: which column is the label? label=COLUMN names it, of {listed(features)}")

    def _wanted(self, features: Mapping[str, Any], label: str, what: str) -> tuple[str, list[str]]:
        """What is learnt from: ``texts``, ``images``, ``vectors`` or ``table``, and the columns."""
        typed = {"text": self.text, "image": self.image, "columns": self.columns}
        given = [name for name, value in typed.items() if value]
        if len(given) > 1:
            raise DataError(f"{what}: {' and '.join(given)} are given; one of them says what is learnt from")
        names = list(features)
        if self.text:
            return "texts", [find_column(self.text, names, what, "text")]
        if self.image:
            return "images", [find_column(self.image, names, what, "image")]
        wanted = list(find_columns(self.columns, names, what, "columns"))
        wanted = wanted or [name for name in names if name != label]
        kinds = {name: _kind(features[name]) for name in wanted}
        for kind in ("images", "vectors"):
            several = [name for name in wanted if kinds[name] == kind]
            if len(several) == 1 and (len(wanted) == 1 or not self.columns):
                return kind, several
            if several:
                raise DataError(f"{what}: column {several[0]} holds {kind}: columns={several[0]} takes it alone")
        if len(wanted) == 1 and kinds[wanted[0]] == "texts" and not self.columns:
            return "texts", wanted
        return "table", wanted

    def _grouped(self, names: list[str], what: str) -> list[str]:
        typed = self.group_by not in ("", NONE)
        return [find_column(self.group_by, names, what, "group_by")] if typed else []

    def _raw(self, part: Any, kind: str, column: str, label: str, where: str) -> Raw:
        where = where.removesuffix(", ")
        y = np.asarray(part[label])
        groups = [np.asarray(part[name]) for name in self._grouped(list(part.features), where)]
        values = part[column][:] if len(part) else []
        if kind == "texts":
            gaps = [row for row, text in enumerate(values) if not isinstance(text, str)]
            if gaps:
                raise DataError(f"{where}: row {gaps[0]} has no text in column {column}; leave it out")
            x = np.array(values, object)
        else:
            x = _stacked(values, f"{where}: column {column}")
            x = channels_first(x, f"{where}: column {column}") if kind == "images" else x
        return Raw(x, y, f"{where}: {column}", f"{where}: {label}", groups[0] if groups else None, where)

    def _with_shares(self, raw: Mapping[str, Raw]) -> HuggingFace:
        return replace(
            self,
            val_share=self.val_share if "val" in raw or self.val_share is not None else VAL_SHARE,
            test_share=self.test_share if "test" in raw or self.test_share is not None else TEST_SHARE,
        )


def _kind(feature: Any) -> str:
    """What a column holds, by the class of its feature."""
    name = type(feature).__name__
    if name == "Image":
        return "images"
    if name in ("Sequence", "List", "LargeList", "Array2D", "Array3D", "Array4D"):
        return "vectors"
    return "texts" if getattr(feature, "dtype", "") in ("string", "large_string") else "values"


def _stacked(items: list[Any], where: str) -> np.ndarray:
    """(N, ...) of items of one shape."""
    arrays = [np.asarray(item) for item in items]
    shapes = sorted({each.shape for each in arrays})
    if len(shapes) > 1:
        raise DataError(f"{where}: items of shapes {' and '.join(map(str, shapes[:2]))}; all items need one shape")
    return np.stack(arrays) if arrays else np.empty((0, 1))


def _with_names(table: Any, label: str, classes: tuple[str, ...]) -> Any:
    """A table whose labels are the names of the classes, where the data set has names of them."""
    if not classes:
        return table
    names = [classes[int(code)] if re.fullmatch(r"\d+", str(code)) else str(code) for code in table[label]]
    return table.assign(**{label: names})

"""``albench.arrays``: items and labels that are in memory, as a data set that every process of a run reads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from albench.components.spec import as_text
from albench.data.given_forms import Part, part_of, splits_within
from albench.data.kept_forms import by_name, is_texts, items_of, plain, table_lines, text_lines
from albench.errors import DataError
from albench.wording import counted, listed

VAL_SHARE, TEST_SHARE = 0.15, 0.2
"""Shares that are dealt out of the items where the other split is given alone."""
TABLE, TEXTS = "table.arff", "texts.jsonl"
"""Files of a data frame, and of texts."""
ROWS = 4096
"""Rows that are hashed at a time."""


@dataclass(frozen=True, eq=False)
class InMemory:
    """Items and labels in memory, named by what they hold.

    Attributes
    ----------
    files
        Name of a file -> what is in it: an array, or text.
    called
        File -> the argument that it came from, for messages.
    options
        Of the data set that reads them.
    hash
        Sixteen hexadecimal digits that name the files.
    name
        What they are called in all that is shown.
    """

    files: Mapping[str, Any]
    called: Mapping[str, str]
    options: Mapping[str, str]
    hash: str
    name: str

    def __repr__(self) -> str:
        sizes = (f"{self.called[file]} {getattr(each, 'shape', '')}".strip() for file, each in self.files.items())
        return f"albench.arrays({', '.join(sizes)}, name={self.name!r})"


def arrays(
    x: Any,
    y: Any = None,
    *,
    val: Any = None,
    test: Any = None,
    groups: Any = None,
    names: Sequence[str] = (),
    name: str = "",
    columns: Sequence[str] = (),
    unlabeled: Any = None,
    **options: Any,
) -> InMemory:
    """Items and labels in memory as a data set: ``albench.run(dataset=albench.arrays(x, y))``.

    They are named by a hash of what they hold, and kept under it in the folder of results, from where worker processes
    map them. The same arrays in another process go on with the same results; others never mix with them.

    Parameters
    ----------
    x
        Items: vectors (N, D), images (N, H, W), (N, H, W, C) or, of torch, (N, C, H, W) of uint8, or of floats from 0
        to 1 that are 255ths; a data frame, whose numbers, categories and missing values become features by what the
        pool holds; a list of texts. Of NumPy, torch or pandas. Or a whole data set: scikit-learn's ``Bunch``, a torch
        ``Dataset`` of pairs, a Hugging Face ``Dataset``, or a dictionary of such with ``train``, ``val`` and ``test``.
    y
        Labels (N,): whole numbers, or text; of a data frame or a Hugging Face data set the name of their column.
    val, test
        ``(x, y)`` or ``(x, y, groups)`` of the other splits, or data sets as ``x`` may be. Without them 15 and 20 % of
        the items are dealt out, class by class, equal items and groups together.
    groups
        (N,) the group (patient) of each item.
    names
        Of the classes, in label order.
    name
        What the data set is called in what is shown; by default ``arrays-`` and the beginning of its hash.
    columns
        Of a data frame or a Hugging Face data set, what is learnt from; by default all but the labels.
    unlabeled
        Vectors or images (M, ...) beyond ``x``, of its form, without labels: methods are trained on them, strategies
        never see them.
    options
        Those of the data set that reads such items, such as ``ordinal=True``, ``split_seed=1``, ``scale="none"`` or
        ``flip=False``; ``albench show`` lists them.

    Raises
    ------
    DataError
        Naming the argument.
    """
    within = splits_within(x)
    if within:
        given = {"val": val, "test": test}
        twice = [split for split in given if given[split] is not None and split in within]
        if twice:
            raise DataError(f"arrays: {twice[0]} is given, and x holds it too: leave out one of both")
        x, val, test = within[""], within.get("val", val), within.get("test", test)
    if isinstance(x, tuple) and y is None and len(x) in (2, 3):  # as val and test are written
        x, y, groups = (*x, groups)[:3]
    parts = {"train": part_of(x, y, groups, ("x", "y", "groups"), columns)}
    column = y if isinstance(y, str) else None
    for split, what in (("val", val), ("test", test)):
        if what is not None:
            parts[split] = _other(split, what, column, columns)
    if len(parts) == 1:
        parts = {"": parts["train"]}
    shares = {f"{split}_share": share for split, share in (("val", VAL_SHARE), ("test", TEST_SHARE))}
    if "" not in parts:
        options = {key: share for key, share in shares.items() if key.removesuffix("_share") not in parts} | options
    named = tuple(map(str, names)) or parts[next(iter(parts))].class_names
    if named:
        if any(";" in each or not each.strip() for each in named):
            raise DataError(f"arrays: names: {list(named)}: a class needs a name, without a semicolon")
        options["classes"] = ";".join(named)
    files, called, own = _files({split: by_name(part, named) for split, part in parts.items()})
    if unlabeled is not None:
        files, called, own = _with_unlabeled(unlabeled, files, called, own)
    digest = _hash(files)
    return InMemory(
        files=files,
        called=called,
        options=own | {key: as_text(value) for key, value in options.items()},
        hash=digest,
        name=_checked_name(name) or f"arrays-{digest[:8]}",
    )


def _other(split: str, what: Any, column: str | None, columns: Sequence[str]) -> Part:
    """The val or test split as it was given."""
    called = (f"{split}[0]", f"{split}[1]", f"{split}[2]")
    if not isinstance(what, tuple | list):
        return part_of(what, column, None, (split, f"{split}'s labels", "groups"), columns)
    if not 2 <= len(what) <= 3:
        raise DataError(f"arrays: {split}: {counted(len(what), 'value')}; write {split}=(x, y) or (x, y, groups)")
    return part_of(what[0], what[1], what[2] if len(what) == 3 else None, called, columns)


def _checked_name(name: str) -> str:
    if not isinstance(name, str):
        raise DataError(f"arrays: name={name!r}: write a text, as name='mine'")
    return name


def _files(parts: Mapping[str, Part]) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """File -> content; file -> the argument that it came from; and what the reader is told of them."""
    first = next(iter(parts.values()))
    lacking = [split for split, part in parts.items() if part.groups is None]
    if 0 < len(lacking) < len(parts):
        raise DataError(f"arrays: groups are given, and none of {listed(lacking)}: give them of all splits, or of none")
    if hasattr(first.x, "columns"):
        lines, options = table_lines(parts)
        return {TABLE: lines}, {TABLE: "x"}, options
    if is_texts(first.x):
        return {TEXTS: text_lines(parts)}, {TEXTS: "x"}, {} if lacking else {"group_by": "group"}
    items = {split: items_of(part) for split, part in parts.items()}
    what = "features" if next(iter(items.values())).ndim == 2 else "images"
    files: dict[str, Any] = {}
    called: dict[str, str] = {}
    for split, part in parts.items():
        before = f"{split}-" if split else ""
        found = {what: (items[split], part.x_name), "labels": (plain(part.y, part.y_name), part.y_name)}
        if part.groups is not None:
            found["groups"] = (plain(part.groups, part.groups_name, "group"), part.groups_name)
        for role, (array, name) in found.items():
            files[f"{before}{role}.npy"] = array
            called[f"{before}{role}.npy"] = name
    return files, called, {}


def _with_unlabeled(
    unlabeled: Any, files: dict[str, Any], called: dict[str, str], own: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """The files of items, with one of those without labels."""
    if files.keys() & {TABLE, TEXTS}:
        raise DataError(
            "arrays: unlabeled: vectors and images may come with items without labels, not tables and texts"
        )
    items = items_of(Part(unlabeled, None, x_name="unlabeled"))
    file = f"unlabeled-{'features' if items.ndim == 2 else 'images'}.npy"
    if file.removeprefix("unlabeled-") not in {name.rpartition("-")[2] for name in files}:
        raise DataError(f"arrays: unlabeled: an array of shape {items.shape}; items of the form of x are needed")
    return {**files, file: items}, {**called, file: "unlabeled"}, {**own, "unlabeled": "true"}


def _hash(files: Mapping[str, Any]) -> str:
    """Names what files hold."""
    found = hashlib.blake2b(digest_size=8)
    for name, content in sorted(files.items()):
        if isinstance(content, str):
            found.update(f"{name} {len(content)}\n{content}".encode())
            continue
        found.update(f"{name} {content.dtype.str} {content.shape}\n".encode())
        for start in range(0, len(content), ROWS):
            found.update(np.ascontiguousarray(content[start : start + ROWS]).view(np.uint8).data)
    return found.hexdigest()

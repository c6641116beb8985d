"""Items and labels as libraries hold them, as plain arrays or a data frame: NumPy, torch, pandas, scikit-learn, HF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from albench.errors import DataError

BLOCK = 256
"""Items of a torch data set that are stacked at a time."""
TWICE = 3
"""Items of a torch data set that are asked for twice."""
SPLITS = {"train": "", "val": "val", "valid": "val", "validation": "val", "dev": "val", "test": "test"}
"""What a dictionary of data sets calls its splits -> the argument that takes such a one."""


@dataclass(frozen=True)
class Part:
    """One split as it was given: ``x`` is an array, a data frame or a list of texts; names are for messages."""

    x: Any
    y: Any
    groups: Any = None
    x_name: str = "x"
    y_name: str = "y"
    groups_name: str = "groups"
    class_names: tuple[str, ...] = ()


def part_of(x: Any, y: Any, groups: Any, called: tuple[str, str, str], columns: Sequence[str] = ()) -> Part:
    """One split from whatever a library calls a data set.

    Parameters
    ----------
    x
        Items, or a whole data set: scikit-learn's ``Bunch``, a torch ``Dataset``, a Hugging Face ``Dataset``, or a data
        frame with the labels in one of its columns.
    y
        Labels, or the name of their column; None where ``x`` holds them.
    called
        What the three are called in an error.
    columns
        Of a data frame or a Hugging Face data set, what is learnt from; by default all others.

    Raises
    ------
    DataError
        Naming the argument.
    """
    part = Part(x, y, groups, *called)
    if _is_bunch(x):
        return _from_bunch(part)
    if _is_hugging_face(x):
        return _from_hugging_face(part, columns)
    if _is_torch_data_set(x):
        return _from_torch(part)
    if hasattr(x, "iloc") and hasattr(x, "columns"):
        return _from_frame(part, columns)
    if columns:
        raise DataError(f"arrays: columns={list(columns)}: {part.x_name} has no named columns; leave columns out")
    if y is None:
        raise DataError(f"arrays: {part.y_name} is missing: give labels, one for each item of {part.x_name}")
    if isinstance(y, str):
        raise DataError(f"arrays: {part.y_name}={y!r} names a column, and {part.x_name} is no data frame; give labels")
    return part


def splits_within(x: Any) -> dict[str, Any]:
    """Split -> data set, where ``x`` is a dictionary of data sets such as Hugging Face's; else nothing."""
    if not isinstance(x, Mapping) or _is_bunch(x):
        return {}
    unknown = sorted(set(map(str, x)) - set(SPLITS))
    if unknown or "train" not in x:
        named = ", ".join(map(str, x)) or "none"
        raise DataError(f"arrays: x holds the splits {named}; train is needed, and val and test may be beside it")
    return {SPLITS[str(name)]: each for name, each in x.items()}


def _is_bunch(x: Any) -> bool:
    return isinstance(x, Mapping) and hasattr(x, "data") and hasattr(x, "target")


def _is_hugging_face(x: Any) -> bool:
    return type(x).__module__.split(".")[0] == "datasets" and hasattr(x, "features") and hasattr(x, "column_names")


def _is_torch_data_set(x: Any) -> bool:
    from torch.utils.data import Dataset

    return isinstance(x, Dataset)


def _none_beside(part: Part) -> None:
    if part.y is not None:
        raise DataError(f"arrays: {part.y_name} is given, and {part.x_name} holds labels of its own: leave out one")


def _from_bunch(part: Part) -> Part:
    _none_beside(part)
    bunch = part.x
    names = getattr(bunch, "target_names", None)
    named = tuple(map(str, names)) if names is not None and len(np.shape(names)) == 1 else ()
    y = np.asarray(bunch.target)
    if y.dtype.kind not in "iu" or len(named) != (int(y.max(initial=-1)) + 1):
        named = ()  # names of something else, as of the target's column
    return replace(part, x=bunch.data, y=bunch.target, class_names=named)


def _from_frame(part: Part, columns: Sequence[str]) -> Part:
    frame, y = part.x, part.y
    names = [str(name) for name in frame.columns]
    if y is None:
        raise DataError(f"arrays: {part.y_name} is missing: give labels, or the name of their column of {part.x_name}")
    wanted = list(columns)
    for name in [*wanted, *([y] if isinstance(y, str) else [])]:
        if name not in names:
            what = part.y_name if name is y else "columns"
            raise DataError(f"arrays: {what}={name!r}: no such column in {part.x_name}; it has {', '.join(names[:20])}")
    frame = frame.set_axis(names, axis=1)
    if isinstance(y, str):
        part = replace(part, y=frame[y])
        frame = frame.drop(columns=[y])
    return replace(part, x=frame[wanted] if wanted else frame)


def _from_torch(part: Part) -> Part:
    _none_beside(part)
    data, name = part.x, part.x_name
    tensors = getattr(data, "tensors", None)
    if isinstance(tensors, tuple) and type(data).__name__ == "TensorDataset":
        if len(tensors) != 2:
            raise DataError(
                f"arrays: {name}: a TensorDataset of {len(tensors)} tensors; two, items and labels, are read"
            )
        return replace(part, x=tensors[0], y=tensors[1])
    try:
        size = len(data)
    except TypeError:
        raise DataError(
            f"arrays: {name}: a data set without a length, as streams are; give arrays of its items"
        ) from None
    _require_the_same_twice(data, size, name)
    blocks: list[np.ndarray] = []
    labels: list[Any] = []
    for start in range(0, size, BLOCK):
        pairs = [_pair(data[row], row, name) for row in range(start, min(size, start + BLOCK))]
        shapes = {item.shape for item, _ in pairs} | {block.shape[1:] for block in blocks[:1]}
        if len(shapes) > 1:
            two = " and ".join(map(str, sorted(shapes)[:2]))
            raise DataError(f"arrays: {name}: items of shapes {two}; all items need one shape")
        blocks.append(np.stack([item for item, _ in pairs]))
        labels += [label for _, label in pairs]
    if not blocks:
        raise DataError(f"arrays: {name}: no items; every split needs at least one")
    names = getattr(data, "classes", None)
    named = tuple(map(str, names)) if isinstance(names, list | tuple) and set(labels) <= set(range(len(names))) else ()
    return replace(part, x=_as_torch(np.concatenate(blocks), data[0][0]), y=np.array(labels), class_names=named)


def _as_torch(x: np.ndarray, item: Any) -> Any:
    """Items of tensors have their channels first, as torch has them."""
    import torch

    return torch.from_numpy(x) if isinstance(item, torch.Tensor) else x


def _pair(item: Any, row: int, name: str) -> tuple[np.ndarray, Any]:
    if not isinstance(item, tuple | list) or len(item) != 2:
        what = f"{len(item)} values" if isinstance(item, tuple | list) else f"a {type(item).__name__}"
        raise DataError(f"arrays: {name}: item {row} is {what}; a pair, an item and its label, is read")
    label = item[1].item() if hasattr(item[1], "item") and np.ndim(item[1]) == 0 else item[1]
    return np.asarray(item[0]), label


def _require_the_same_twice(data: Any, size: int, name: str) -> None:
    """Refuse items that come out otherwise whenever they are asked for: no hash names them."""
    for row in range(min(size, TWICE)):
        first, second = (_pair(data[row], row, name)[0] for _ in range(2))
        if first.shape != second.shape or not np.array_equal(first, second):
            raise DataError(
                f"arrays: {name}: item {row} is not the same when asked for twice, as with random transforms; "
                "give the data set without them: views are made by albench"
            )


def _from_hugging_face(part: Part, columns: Sequence[str]) -> Part:
    data, name = part.x, part.x_name
    features: Mapping[str, Any] = data.features
    label = part.y if isinstance(part.y, str) else _label_of(features, name, part.y_name)
    if part.y is not None and not isinstance(part.y, str):
        raise DataError(
            f"arrays: {part.y_name}: give the name of {name}'s column of labels; it has {', '.join(features)}"
        )
    for each in (label, *columns):
        if each not in features:
            what = part.y_name if each is label else "columns"
            raise DataError(f"arrays: {what}={each!r}: no such column in {name}; it has {', '.join(features)}")
    wanted = list(columns) or [each for each in features if each != label]
    names = tuple(map(str, getattr(features[label], "names", None) or ()))
    y = np.asarray(data[label])
    kinds = {each: _kind(features[each]) for each in wanted}
    if len(wanted) == 1 and kinds[wanted[0]] == "image":
        return replace(part, x=_stacked(data[wanted[0]], name, wanted[0]), y=y, class_names=names)
    if len(wanted) == 1 and kinds[wanted[0]] == "vector":
        return replace(part, x=_stacked(data[wanted[0]], name, wanted[0]), y=y, class_names=names)
    if len(wanted) == 1 and kinds[wanted[0]] == "text":
        return replace(part, x=list(data[wanted[0]]), y=y, class_names=names)
    other = [each for each in wanted if kinds[each] in ("image", "vector")]
    if other:
        raise DataError(
            f"arrays: {name}: the columns {', '.join(wanted)} are no table, as {other[0]} holds several values an "
            f"item: columns=[{other[0]!r}] takes one of them"
        )
    return replace(part, x=data.select_columns(wanted).to_pandas(), y=y, class_names=names)


def _label_of(features: Mapping[str, Any], name: str, y_name: str) -> str:
    classed = [each for each, feature in features.items() if getattr(feature, "names", None)]
    usual = [each for each in features if each in ("label", "labels", "target", "class")]
    found = classed if len(classed) == 1 else usual
    if len(found) != 1:
        raise DataError(
            f"arrays: {y_name} is missing: give the name of {name}'s column of labels, of {', '.join(features)}"
        )
    return found[0]


def _kind(feature: Any) -> str:
    kind = type(feature).__name__
    if kind == "Image":
        return "image"
    if kind in ("Sequence", "List", "LargeList", "Array2D", "Array3D"):
        return "vector"
    return "text" if getattr(feature, "dtype", "") in ("string", "large_string") else "value"


def _stacked(items: Sequence[Any], name: str, column: str) -> np.ndarray:
    """Items of one column as one array."""
    arrays = list(_arrays(items))
    shapes = sorted({each.shape for each in arrays})
    if len(shapes) > 1:
        two = " and ".join(map(str, shapes[:2]))
        raise DataError(f"arrays: {name}: column {column} has items of shapes {two}; all items need one shape")
    return np.stack(arrays) if arrays else np.empty(0)


def _arrays(items: Sequence[Any]) -> Iterator[np.ndarray]:
    for item in items:
        yield np.asarray(item)

"""What is kept of items in memory: arrays as they are, data frames as an ARFF file, texts as JSON lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from albench.data.arrays import numbers
from albench.data.given_forms import Part
from albench.errors import DataError

WHOLE = 1e-3
"""How far from a whole number of 255ths a pixel may be."""
CHANNELS = (1, 3)


def plain(value: Any, name: str, what: str = "label") -> np.ndarray:
    """Labels or groups as an array of numbers or text.

    Parameters
    ----------
    what
        Which of the two, for an error.

    Raises
    ------
    DataError
        Where it holds something else.
    """
    array = _array(value, name)
    if array.ndim == 0:
        raise DataError(f"arrays: {name}: {value!r}; one value for each item is needed")
    if array.dtype.kind == "O" or hasattr(value, "iloc"):
        array = np.asarray(list(value), object) if array.ndim == 1 else array
        gaps = np.flatnonzero([each is None or each != each for each in array.ravel()])
        if len(gaps):
            looks = (
                f"which looks like an item without one ({len(gaps):,} such rows); leave those out: albench hides the "
                "labels of the pool by itself"
            )
            told = looks if what == "label" else f"({len(gaps):,} such rows): give each item one, or leave groups out"
            raise DataError(f"arrays: {name}: row {gaps[0]} has the {what} {array.ravel()[gaps[0]]!r}, {told}")
        texts = all(isinstance(each, str) for each in array.ravel())
        array = array.astype(np.str_) if texts else np.array(array.tolist())
    if array.dtype.kind not in "iufbUS":
        raise DataError(f"arrays: {name}: it holds {array.dtype}; numbers or text are read")
    return array


def items_of(part: Part) -> np.ndarray:
    """(N, D) vectors of any type of numbers, or (N, H, W) or (N, H, W, C) pictures of uint8.

    Raises
    ------
    DataError
        Where it is neither.
    """
    x, name = part.x, f"arrays: {part.x_name}"
    if hasattr(x, "toarray"):
        raise DataError(f"{name}: a sparse matrix; write {part.x_name}.toarray()")
    channels_first = hasattr(x, "detach")
    array = numbers(_array(x, part.x_name), name, "fiub")
    if array.ndim in (0, 1):
        raise DataError(f"{name}: its shape is {array.shape}; (N, D) vectors or (N, H, W[, C]) images are read")
    if array.ndim == 2:
        return array.astype(np.uint8) if array.dtype.kind == "b" else array
    if array.ndim == 4 and array.shape[1] in CHANNELS and (channels_first or array.shape[3] not in CHANNELS):
        array = np.moveaxis(array, 1, 3)
    if array.ndim > 4 or (array.ndim == 4 and array.shape[3] not in CHANNELS):
        raise DataError(f"{name}: an array of shape {array.shape}; (N, H, W) or (N, H, W, 1 or 3) is needed")
    return array if array.dtype == np.uint8 else _pixels(array, part.x_name)


def _array(value: Any, name: str) -> np.ndarray:
    """What NumPy makes of it, of tensors without their gradient."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # items of several lengths; a sparse tensor
        raise DataError(f"arrays: {name}: no array can be made of it ({' '.join(str(error).split())})") from None


def _pixels(array: np.ndarray, name: str) -> np.ndarray:
    """uint8 of whole numbers from 0 to 255, or of floats that are 255ths, as torchvision makes them."""
    if array.dtype.kind in "iu" and array.size and array.min() >= 0 and array.max() <= 255:
        return array.astype(np.uint8)
    if array.dtype.kind == "f" and array.size:
        scaled = array * 255
        rounded = np.rint(scaled)
        if np.isfinite(scaled).all() and scaled.min() >= 0 and scaled.max() <= 255 + WHOLE:
            if np.abs(scaled - rounded).max() <= WHOLE:
                return rounded.astype(np.uint8)
            raise DataError(
                f"arrays: {name}: pixels of type {array.dtype} between 0 and 1 that are no 255ths; uint8 (0 .. 255) is "
                f"needed: ({name} * 255).round() loses what lies between"
            )
    raise DataError(
        f"arrays: {name}: pixels of type {array.dtype}; uint8 (0 .. 255) is needed, or floats from 0 to 1: give them "
        "as they are before they are normalised"
    )


def is_texts(x: Any) -> bool:
    """Whether items are texts: a list of ``str``, or an array of them."""
    if hasattr(x, "iloc") and not hasattr(x, "columns"):
        x = list(x)
    if isinstance(x, list | tuple):
        return bool(x) and all(isinstance(each, str) for each in x)
    return isinstance(x, np.ndarray) and x.ndim == 1 and x.dtype.kind in "UO" and all(isinstance(t, str) for t in x)


def text_lines(parts: Mapping[str, Part]) -> str:
    """Texts as JSON lines with a text, a label and, where known, a split and a group each."""
    lines = []
    for split, part in parts.items():
        if not is_texts(part.x):
            raise DataError(f"arrays: {part.x_name}: not a list of texts, as x is")
        columns = {"text": list(part.x), "label": plain(part.y, part.y_name).tolist()}
        if part.groups is not None:
            columns["group"] = plain(part.groups, part.groups_name, "group").tolist()
        _require_lengths(part, columns)
        beside = {"split": split} if split else {}
        rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        lines += [json.dumps(row | beside, ensure_ascii=False) for row in rows]
    return "\n".join(lines) + "\n"


def by_name(part: Part, named: Sequence[str]) -> Part:
    """A split of texts or of a data frame, whose labels are classes by their names where they were codes of them."""
    if not named or not (is_texts(part.x) or hasattr(part.x, "columns")):
        return part
    y = _labels(part)
    codes = y.to_numpy(dtype=object) if hasattr(y, "iloc") else y
    whole = [None if code is None or code != code else int(code) for code in codes if not isinstance(code, str)]
    if len(whole) < len(codes) or any(code is not None and not 0 <= code < len(named) for code in whole):
        return part
    return replace(part, y=np.array([None if code is None else named[code] for code in whole], object))


def _require_lengths(part: Part, columns: Mapping[str, Any]) -> None:
    n_items, *others = (len(each) for each in columns.values())
    for name, size in zip((part.y_name, part.groups_name), others, strict=False):
        if size != n_items:
            raise DataError(
                f"arrays: {part.x_name}: {n_items:,} items, but {name} has {size:,} labels; they have to match row by "
                "row"
            )


def table_lines(parts: Mapping[str, Part]) -> tuple[str, dict[str, str]]:
    """Data frames as an ARFF file, which knows numbers from text, and the options that say what its columns are."""
    import pandas as pd

    frames, options = [], {"target": "target"}
    first = next(iter(parts.values()))
    names = [str(name) for name in first.x.columns]
    if len(set(names)) < len(names):
        raise DataError(
            f"arrays: {first.x_name}: two columns are called {next(n for n in names if names.count(n) > 1)}"
        )
    own = {role: _free(role, names) for role in ("target", "group", "split")}
    for split, part in parts.items():
        if not hasattr(part.x, "columns"):
            raise DataError(f"arrays: {part.x_name}: not a data frame, as x is")
        frame = part.x.set_axis([str(name) for name in part.x.columns], axis=1).reset_index(drop=True)
        if lacking := [name for name in names if name not in frame.columns]:
            raise DataError(f"arrays: {part.x_name}: no column {lacking[0]}, which x has")
        beside = {own["target"]: _labels(part)}
        if part.groups is not None:
            beside[own["group"]] = plain(part.groups, part.groups_name, "group").astype(np.str_)
            options["group_by"] = own["group"]
        if split:
            beside[own["split"]] = np.array([split] * len(frame))
            options["split_by"] = own["split"]
        _require_lengths(part, {"x": frame} | beside)
        frames.append(pd.concat([frame[names], pd.DataFrame(beside)], axis=1))
    options["target"] = own["target"]
    if "group_by" not in options:
        options["group_by"] = "none"  # a column of that name is one of the features that were given
    whole = pd.concat(frames, ignore_index=True)
    columns = {str(name): _column(whole[name], f"{first.x_name}: column {name}") for name in whole.columns}
    head = [f"@attribute {_quoted(name)} {kind}" for name, (kind, _) in columns.items()]
    rows = (",".join(row) for row in zip(*(values for _, values in columns.values()), strict=True))
    return "\n".join(["@relation arrays", *head, "@data", *rows]) + "\n", options


def _labels(part: Part) -> Any:
    """Labels of a data frame: missing ones stay so, and are told by the reader."""
    y = part.y
    if hasattr(y, "columns") and len(y.columns) == 1:
        y = y.iloc[:, 0]
    if hasattr(y, "iloc") and y.ndim == 1:
        return y.reset_index(drop=True)
    found = plain(y, part.y_name)
    found = found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
    if found.ndim != 1:
        raise DataError(f"arrays: {part.y_name}: labels of shape {found.shape}; one an item is needed: (N,) or (N, 1)")
    return found


def _free(name: str, names: list[str]) -> str:
    while name in names:
        name += "_"
    return name


def _column(series: Any, where: str) -> tuple[str, Iterator[str]]:
    """The type of a column and its values as ARFF has them."""
    import pandas as pd
    from pandas.api import types

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        kind = f"{{{','.join(_quoted(str(each)) for each in dtype.categories)}}}" if dtype.ordered else "string"
        return kind, (_text(value) for value in series)
    if types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        raise DataError(f"arrays: {where} holds {dtype}; numbers or text are needed: drop it, or give numbers")
    if types.is_complex_dtype(dtype):
        raise DataError(f"arrays: {where} holds {dtype}; real numbers are needed")
    if types.is_bool_dtype(dtype) or types.is_numeric_dtype(dtype):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return "numeric", ("?" if np.isnan(value) else repr(float(value)) for value in values)
    wrong = next(
        (v for v in series if not (isinstance(v, str | int | float | bool | np.generic) or v is None or v is pd.NA)),
        None,
    )
    if wrong is not None:
        raise DataError(f"arrays: {where} holds {type(wrong).__name__}; numbers or text are needed: drop it")
    return "string", (_text(value) for value in series)


def _text(value: Any) -> str:
    import pandas as pd

    return "?" if value is None or value is pd.NA or value != value or not str(value).strip() else _quoted(str(value))


def _quoted(text: str) -> str:
    escaped = re.sub(r"([\\'])", r"\\\1", text).replace("\n", r"\n").replace("\r", r"\r")
    return f"'{escaped}'"

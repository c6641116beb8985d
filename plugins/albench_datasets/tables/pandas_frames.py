"""pandas' data frames, of Parquet files and of libraries, as tables: what a column is, its type says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from albench.api import DataError
from albench_datasets.imagefolder_names import printable
from albench_datasets.spelling import composed
from albench_datasets.tables.frame import Column, Frame, Reading

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(file: Path) -> pd.DataFrame:
    """The rows of a Parquet file.

    Raises
    ------
    DataError
        Where pandas has no library to read it with, or it is damaged.
    """
    import pandas as pd

    try:
        return pd.read_parquet(file)
    except ImportError:
        raise DataError(f"{file}: Parquet needs the package pyarrow: pip install pyarrow") from None
    except Exception as error:  # each engine has errors of its own
        raise DataError(f"{file}: not a readable Parquet file ({str(error).splitlines()[0]})") from error


def frame_of(
    tables: Mapping[str, pd.DataFrame], called: Mapping[str, str], how: Reading
) -> tuple[Frame, tuple[str, ...]]:
    """One table of the data frames of all splits.

    Raises
    ------
    DataError
        Naming a column that is not in all of them, or of a type that is neither numbers nor text.
    """
    import pandas as pd

    names = [composed(str(name)) for name in next(iter(tables.values())).columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{next(iter(called.values()))}: two columns are called {printable(twice)}")
    same = {}
    for split, table in tables.items():
        table = table.set_axis([composed(str(name)) for name in table.columns], axis=1)
        if lacking := [name for name in names if name not in table.columns]:
            raise DataError(
                f"{called[split]}: no column {printable(lacking[0])}, which {next(iter(called.values()))} has"
            )
        if not len(table):
            raise DataError(f"{called[split]}: no items (no row); every split needs at least one")
        same[split] = table[names]
    whole = pd.concat(list(same.values()), ignore_index=True) if len(same) > 1 else next(iter(same.values()))
    columns = {name: _column(whole[name], name, next(iter(called.values())), how) for name in names}
    part = np.array([split for split, table in same.items() for _ in range(len(table))], object)
    rows = np.array([f"row {row}" for table in same.values() for row in range(len(table))], object)
    return Frame(columns, part, rows, dict(called)), ()


def _column(series: pd.Series[Any], name: str, where: str, how: Reading) -> Column:
    import pandas as pd
    from pandas.api import types

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        order = tuple(map(str, dtype.categories)) if dtype.ordered else ()
        return Column(_texts(series, how), order)
    if types.is_bool_dtype(dtype) or types.is_numeric_dtype(dtype):
        if types.is_complex_dtype(dtype):
            raise DataError(f"{where}: column {printable(name)} holds {dtype}; real numbers are needed")
        column = Column(series.to_numpy(dtype=np.float64, na_value=np.nan))
        return column.as_text() if name in how.texts else column
    if types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype) or types.is_timedelta64_dtype(dtype):
        raise DataError(
            f"{where}: column {printable(name)} holds {dtype}: write drop={printable(name)}, or save numbers"
        )
    values = _texts(series, how)
    present = [value for value in series if value is not None and value is not pd.NA and value == value]
    wrong = next((value for value in present if not isinstance(value, str | int | float | bool | np.generic)), None)
    if wrong is not None:
        raise DataError(
            f"{where}: column {printable(name)} holds {type(wrong).__name__}; numbers or text are needed: drop it, or "
            "save a column for each value"
        )
    return Column(values)


def _texts(series: pd.Series[Any], how: Reading) -> np.ndarray:
    """(N,) object: text, None where it is missing."""
    missing = series.isna().to_numpy()
    texts = [None if gone else composed(str(value).strip()) for value, gone in zip(series, missing, strict=True)]
    return np.array([None if text is None or not text or text in how.missing else text for text in texts], object)

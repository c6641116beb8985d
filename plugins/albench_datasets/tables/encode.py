"""Columns as features, by scikit-learn's preprocessing, fitted on the pool alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from albench_datasets.imagefolder_names import printable
from albench_datasets.scaling import moments, standardised
from albench_datasets.tables.frame import Frame, listed
from albench_datasets.tables.options import TableOptions

MISSING = ""
"""The category of missing text: an empty cell is one."""


@dataclass(frozen=True)
class Encoded:
    """Features, and what became of the columns.

    Attributes
    ----------
    x
        (N, D) float32.
    numbers
        (N, K) float64: the columns of numbers that are used, missing ones filled in; their ``number_names``.
    how_read
        What was done, in words.
    """

    x: np.ndarray
    numbers: np.ndarray
    number_names: tuple[str, ...]
    how_read: tuple[str, ...]


def encoded(frame: Frame, pool: np.ndarray, options: TableOptions) -> Encoded:
    """Features of all rows.

    Numbers: the pool's median where they are missing, then less its mean and over its standard deviation; beside them
    a feature for each column with missing values. Text: a feature a category, missing values being one, those with
    fewer than ``rare`` items of the pool together; what the pool does not have counts with the rare ones, or is zero
    everywhere.

    Parameters
    ----------
    pool
        (N,) bool: the rows by which it is done.
    """
    numbers: list[str] = []
    texts: list[str] = []
    constant: list[str] = []
    for name, column in frame.columns.items():
        missing = column.missing[pool]
        present = column.values[pool][~missing]
        if not len(present) or (len(set(present.tolist())) == 1 and not missing.any()):
            constant.append(name)
        else:
            (numbers if column.is_number else texts).append(name)
    parts: list[np.ndarray] = []
    told = []
    filled = np.empty((len(frame), 0))
    if numbers:
        filled, flags, n_filled = _numbers(frame, numbers, pool)
        where_missing = ", with a feature that says where" if options.indicator else ""
        told.append(f"numbers were standardised by the pool's means and spreads: {listed(numbers)}")
        if n_filled:
            told.append(f"missing numbers became the pool's medians{where_missing}: {listed(n_filled)}")
        parts += [filled_standardised(filled, pool), *([flags] if options.indicator else [])]
    if texts:
        features, rare = _categories(frame, texts, pool, options)
        parts.append(features)
        told.append(f"each category is a feature: {listed(texts)}")
        if rare:
            told.append(f"categories of fewer than {options.rare} items of the pool count as one: {listed(rare)}")
    if constant:
        told.append(f"without information, the same or missing in the whole pool, and left out: {listed(constant)}")
    x = np.concatenate(parts, axis=1) if parts else np.empty((len(frame), 0), np.float32)
    told.insert(0, f"{len(frame.columns) - len(constant)} columns became {x.shape[1]} features")
    return Encoded(np.ascontiguousarray(x, np.float32), filled, tuple(numbers), tuple(told))


def filled_standardised(filled: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """(N, K) float32, by the pool's moments, which are rounded so that every machine has the same."""
    return standardised(filled, moments(filled[pool]))


def _numbers(frame: Frame, names: list[str], pool: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(N, K) without gaps, (N, M) float32 where there were any in the pool, and the columns that had them."""
    from sklearn.impute import MissingIndicator, SimpleImputer

    x = np.stack([frame.columns[name].values for name in names], axis=1)
    filled = SimpleImputer(strategy="median").fit(x[pool]).transform(x)
    where = MissingIndicator(features="missing-only", error_on_new=False).fit(x[pool])
    gaps = [name for place, name in enumerate(names) if np.isnan(x[:, place]).any()]
    return np.asarray(filled), np.asarray(where.transform(x), np.float32), gaps


def _categories(
    frame: Frame, names: list[str], pool: np.ndarray, options: TableOptions
) -> tuple[np.ndarray, list[str]]:
    """(N, M) float32, one 1 a column, and the columns some of whose categories went together."""
    from sklearn.preprocessing import OneHotEncoder

    x = np.stack([np.array([value or MISSING for value in frame.columns[name].values], object) for name in names], 1)
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=options.rare,
        max_categories=options.most_categories,
        sparse_output=False,
        dtype=np.float32,
    ).fit(x[pool])
    rare = [
        f"{printable(name)} ({len(few)} of {len(all_of)})"
        for name, few, all_of in zip(names, encoder.infrequent_categories_, encoder.categories_, strict=True)
        if few is not None and len(few)
    ]
    return np.asarray(encoder.transform(x)), rare

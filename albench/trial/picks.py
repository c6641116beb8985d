"""What stored trials bought: each query's items, with their names."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from albench.components.registry import registry
from albench.data.loading import load_data
from albench.errors import DataError, StoreError, UserError, nearest
from albench.results.items import Item, read_items
from albench.results.records import read_trial
from albench.wording import counted

if TYPE_CHECKING:
    from albench.results.results import Results

_NAMES = ("dataset", "method", "strategy")
MOST_PICTURES = 2000
"""Pictures that one sheet may hold."""


@dataclass(frozen=True)
class Pick:
    """One item that was bought.

    Attributes
    ----------
    round
        After which it was bought, from 0.
    id
        Its row of the pool.
    suite
        Folder of the suite.
    typed
        The data set's spec as it was typed, by which it is read.
    """

    dataset: str
    method: str
    strategy: str
    seed: int
    round: int
    id: int
    item: str
    group: str
    label: str
    suite: Path
    typed: str
    data_hash: str


def picks(results: Results, seeds: Collection[int] = (), rounds: Collection[int] = ()) -> tuple[list[Pick], list[str]]:
    """What was bought, trial by trial and in the order in which it was chosen; and what is to be said of it.

    Parameters
    ----------
    seeds, rounds
        Those wanted; all where none is given.

    Raises
    ------
    UserError
        Where none is left, naming what there is.
    """
    bought: list[Pick] = []
    unnamed: set[Path] = set()
    there: dict[str, set[int]] = {"seed": set(), "round": set()}
    named = functools.cache(read_items)
    by_name = sorted(
        results.trials, key=lambda folder: ([results.trials[folder][kind] for kind in _NAMES], str(folder))
    )
    for folder in by_name:
        names = results.trials[folder]
        files, suite = read_trial(folder), folder.parent.parent
        seed, data_hash = int(files.facts["seed"]), str(files.facts["data_hash"])
        items = named(suite, data_hash)
        there["seed"].add(seed)
        for record in files.records:
            if not record["queried"]:  # nothing is bought after the last round
                continue
            there["round"].add(record["round"])
            if (seeds and seed not in seeds) or (rounds and record["round"] not in rounds):
                continue
            if not items:
                unnamed.add(suite)
            for row in record["queried"]:
                item = items[row] if row < len(items) else Item(f"train row {row}")
                bought.append(
                    Pick(
                        **{kind: names[kind] for kind in _NAMES},
                        **item._asdict(),
                        seed=seed,
                        round=record["round"],
                        id=row,
                        suite=suite,
                        typed=str(files.facts["dataset"]),
                        data_hash=data_hash,
                    )
                )
    for what, wanted in (("seed", seeds), ("round", rounds)):
        for number in wanted:
            if number not in there[what]:
                known = ", ".join(map(str, sorted(there[what]))) or "none"
                raise UserError(f"nothing was bought with {what} {number}: there are {known}.")
    notes = [
        f"{suite.name} holds no names of items (made by an earlier version, or read from an archive): rows stand in "
        "their place, without classes."
        for suite in sorted(unnamed)
    ]
    return bought, [*notes, *results.notes]


@dataclass(frozen=True)
class Query:
    """What one query bought, with its pictures.

    Attributes
    ----------
    pictures
        (C, H, W) each, uint8 or floating point in 0 .. 1.
    """

    title: str
    picks: list[Pick]
    pictures: list[np.ndarray]


def pictures(chosen: list[Pick], data_dir: str | None, plugin_files: tuple[str, ...]) -> Iterator[Query]:
    """The pictures of picks, query by query; the data are read as the trials read them.

    Raises
    ------
    UserError
        Where they are too many for one sheet, or vectors.
    DataError
        Where the data are not those of the trials.
    """
    if len(chosen) > MOST_PICTURES:
        raise UserError(
            f"{counted(len(chosen), 'picture')} are too many for one sheet ({MOST_PICTURES:,} at most): choose by "
            "--strategy, --method, --seed or --round."
        )
    queries: dict[tuple[Any, ...], list[Pick]] = {}
    for pick in chosen:
        query = pick.suite, pick.dataset, pick.method, pick.strategy, pick.seed, pick.round
        queries.setdefault(query, []).append(pick)
    for of_query in queries.values():
        first = of_query[0]
        data = load_data(first.typed, data_dir, registry(plugin_files), first.data_hash)
        if data.hash != first.data_hash:
            raise DataError(
                f"{first.typed} holds other data now ({data.hash}) than the trials were made with ({first.data_hash}): "
                "bring those back, or write a .csv."
            )
        if data.splits.task.modality != "image":
            raise UserError(f"{first.dataset} holds vectors, of which there are no pictures: write a .csv.")
        title = f"{first.dataset}  {first.method} + {first.strategy}  seed {first.seed}  round {first.round}"
        yield Query(title, of_query, [np.asarray(data.splits.train.x[pick.id]) for pick in of_query])


def check_output(suffix: str, output: str) -> None:
    """Refuse a file of a kind that is not written.

    Raises
    ------
    StoreError
        Naming those that are.
    """
    if suffix not in (".csv", ".png"):
        close = nearest(suffix, (".csv", ".png"))
        hint = f"did you mean '{close}'?" if close else "write a .csv, or a .png for a sheet of pictures."
        raise StoreError(f"{output}: {hint}")

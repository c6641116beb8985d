"""Arrays of items and labels become splits: class names, shares where there is no split, what is missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from albench.api import DataError, Modality, Splits, option
from albench_datasets import precision
from albench_datasets.array_names import Names
from albench_datasets.array_source import Arrays
from albench_datasets.beyond import BEYOND, checked_beyond
from albench_datasets.checks import Raw, check_finite, check_groups, check_lengths, checked_splits, numbered_classes
from albench_datasets.group_names import HELP
from albench_datasets.labels import class_codes
from albench_datasets.published import SPLITS
from albench_datasets.scaling import Scale, scaled
from albench_datasets.shares import split_rows

VAL_SHARE, TEST_SHARE = 0.15, 0.2
"""Shares of items that come in no splits at all."""


@dataclass(frozen=True, kw_only=True)
class ArrayOptions:
    """What files of arrays leave open."""

    classes: str = option("", "names of the classes in label order, as in normal;pneumonia", later=True)
    ordinal: bool = option(False, "whether the order of the classes means something, as of grades", later=True)
    val_share: float | None = option(
        None, "share of the items (else of train's) to validate on, where no val is there", gt=0, lt=1, later=True
    )
    test_share: float | None = option(
        None, "share of the items (else of train's) to test on, where no test is there", gt=0, lt=1, later=True
    )
    split_seed: int = option(0, "seed of that split", ge=0, later=True)
    group_by: str = option("", HELP, later=True)

    def suggested(self, source: Arrays, found: Mapping[str, Names], raw: Mapping[str, Raw]) -> tuple[str, ...]:
        """What to type for arrays that look like groups, where the user has not said which they are."""
        return () if self.group_by else source.suggested(found, raw)


@dataclass(frozen=True, kw_only=True)
class About:
    """What is known of arrays beside their numbers.

    Attributes
    ----------
    what
        The data set, for messages.
    class_names
        Those that are beside the arrays; the option comes before them.
    notices, how_read, stand_in
        As for ``Splits``.
    """

    what: str
    class_names: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    how_read: tuple[str, ...] = ()
    stand_in: str = ""


def splits_of(
    raw: Mapping[str, Raw],
    options: ArrayOptions,
    about: About,
    *,
    modality: Modality,
    scale: Scale = "none",
    beyond: Raw | None = None,
) -> Splits:
    """The splits of arrays that were found, in whatever splits they come.

    Parameters
    ----------
    raw
        Split -> its arrays, with labels as they are in the file; ``""`` where the items are in no splits.
    scale
        How features are scaled; see ``scaled``.
    beyond
        Items without labels.

    Raises
    ------
    DataError
        For labels, names, shares or items that cannot be used.
    """
    named = tuple(name.strip() for name in options.classes.split(";")) if options.classes else about.class_names
    if len(set(named)) < len(named) or not all(named):
        raise DataError(f"{about.what}: classes {';'.join(named)}: each class needs a name of its own")
    labels = class_codes({split: (each.y, each.y_from) for split, each in raw.items()}, named)
    raw = {split: replace(each, y=labels.codes[split]) for split, each in raw.items()}
    for each in raw.values():
        check_lengths(each)
        check_groups(each)
    names = labels.names or numbered_classes(raw)
    raw, shares = _shared_out(raw, options, names, about.what)
    unscaled = raw
    raw, scaling = scaled(raw if beyond is None else {**raw, BEYOND: beyond}, scale)
    beyond = raw.pop(BEYOND, None)
    losses = precision.losses(unscaled, raw) if modality == "features" else []
    splits = checked_splits(
        raw,
        modality=modality,
        class_names=names,
        ordinal=options.ordinal,
        notices=(*about.notices, *losses),
        stand_in=about.stand_in,
    )
    return replace(
        splits,
        unlabeled=None if beyond is None else checked_beyond(beyond, splits.train, raw["train"].x_from, modality),
        how_read=(*about.how_read, *labels.how_read, *shares, *scaling),
    )


def _shared_out(
    raw: Mapping[str, Raw], options: ArrayOptions, class_names: tuple[str, ...], what: str
) -> tuple[dict[str, Raw], tuple[str, ...]]:
    """Train, val and test: those there are, and the others dealt out of the first by share; how, in words."""
    taken = taken_shares(raw, options, what)
    if not taken:
        return dict(raw), ()
    source = next(iter(raw))
    whole = raw[source]
    if whole.x.dtype.kind == "f":
        check_finite(whole.x, whole.x_from)  # by the row that the user knows, before rows are dealt out
    rows = split_rows(
        whole,
        {"train": 1 - sum(taken.values()), **taken},
        seed=options.split_seed,
        class_names=class_names,
        what=whole.y_from,
    )
    parts = {
        split: replace(
            whole, x=whole.x[chosen], y=whole.y[chosen], groups=None if whole.groups is None else whole.groups[chosen]
        )
        for split, chosen in rows.items()
    }
    told = said_shares(taken, source, grouped=whole.groups is not None, seed=options.split_seed)
    return {**{split: each for split, each in raw.items() if split}, **parts}, (told,)


def taken_shares(present: Collection[str], options: ArrayOptions, what: str) -> dict[str, float]:
    """Split -> the share of the items that it is dealt; empty where all splits are there.

    Parameters
    ----------
    present
        The splits there are; ``""`` where the items are in none.

    Raises
    ------
    DataError
        For a share of a split that is there, and where nothing is left to train on.
    """
    given = {"val": options.val_share, "test": options.test_share}
    for split, share in given.items():
        if split in present and share is not None:
            raise DataError(f"{what}: {split}_share={share:g}, but there is a {split} split; leave the option out")
    usual = {"val": VAL_SHARE, "test": TEST_SHARE} if "" in present else {}
    taken = {split: share or usual.get(split, 0) for split, share in given.items() if split not in present}
    if sum(taken.values()) >= 1 - 1e-9:
        asked = " and ".join(f"{split}_share={share:g}" for split, share in taken.items())
        raise DataError(f"{what}: {asked} leave nothing to train on; their sum has to be below 1")
    return taken


def said_shares(taken: Mapping[str, float], source: str, *, grouped: bool, seed: int) -> str:
    """How items were dealt out, for people."""
    shares = ", ".join(f"{split} {100 * share:.3g}%" for split, share in taken.items())
    of = "the training items" if source else "all items"
    kept = "groups and equal items" if grouped else "equal items"
    return f"split here: {shares} of {of}, class by class, {kept} together (split_seed={seed})"


def require_splits(found: Mapping[str, Names], options: ArrayOptions, where: str, form: str, how: str) -> None:
    """Refuse a folder or file that lacks arrays, naming all of them at once.

    Parameters
    ----------
    form
        How an array is to be called, such as ``{}-features.npy``; labels take the place of features or images.
    how
        How to add an array, and what is there.

    Raises
    ------
    DataError
        Naming what to add, or the share to write.
    """
    items = re.sub(r"[^a-z]|npy", "", form)

    def names(split: str, role: str) -> str:
        return form.format(split).lstrip("-_").replace(items, role)

    lacking: dict[str, list[str]] = {}
    for split in [""] if "" in found else SPLITS:
        there = found.get(split, Names(None, None))
        lacking[split] = [
            names(split, role) for role, name in ((items, there.items), ("labels", there.labels)) if not name
        ]
    shares = {"val": options.val_share, "test": options.test_share}
    # a split of which nothing is there is dealt out of the training items, where the user says how large
    absent = [split for split in shares if split in lacking and len(lacking[split]) == 2]
    missing = [name for split, each in lacking.items() for name in each if split not in absent or shares[split] is None]
    if not missing:
        return
    asked = [split for split in absent if shares[split] is None]
    remedy = ""
    if not found:
        remedy = f"; items in no splits are {names('', items)} and {names('', 'labels')}"
    elif asked and not lacking["train"]:
        write = " and ".join(f"{split}_share={VAL_SHARE if split == 'val' else TEST_SHARE:g}" for split in asked)
        remedy = f"; or write {write} to take a share of the training items"
    raise DataError(f"{where}: no {', '.join(missing)}; {how}{remedy}")

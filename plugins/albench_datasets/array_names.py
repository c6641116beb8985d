"""Which array is which: the usual names of items, labels, groups and splits, in folders and in .npz files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from albench.api import DataError
from albench_datasets.published import SPLITS

ITEMS = {"features": ("features", "embeddings", "vectors"), "images": ("images", "pixels")}
_SPLITS = {"train": "train(?:ing)?", "val": "val|valid|validation|dev", "test": "test(?:ing)?"}
_LABELS = r"(?:two[-_]|six[-_])?(?:targets|labels)"
_GROUPS = "groups|patients"
CLASSES = ("classes", "class_names", "label_names")
"""Names of an array, or of a text file with one a line, that holds the names of the classes."""


@dataclass(frozen=True)
class Names:
    """The names of one split's arrays, as they are in the folder or file; None where there is none."""

    items: str | None
    labels: str | None
    groups: str | None = None


def find_names(names: Iterable[str], items: str, where: str, suffix: str = "") -> dict[str, Names]:
    """Split -> its arrays; ``""`` is the split where no name tells one.

    Looked for are ``train-features``, ``train_labels`` and so on; where no split has both, ``x_train`` and ``y_train``.

    Parameters
    ----------
    items
        ``"features"`` or ``"images"``.
    where, suffix
        The folder or file, and what follows each name in it, for messages.

    Raises
    ------
    DataError
        Where two arrays have one role, or there are arrays with and without a split.
    """
    listed = sorted(names)
    same = {split: split for split in SPLITS}
    found = _matched(listed, {items: items, "labels": _LABELS, "groups": _GROUPS}, same, where, suffix)
    if not _whole(found):
        usual = {items: "|".join(ITEMS[items]) + "|x|data", "labels": f"{_LABELS}|y|label|target"}
        found = _matched(listed, {**usual, "groups": f"{_GROUPS}|group|patient"}, _SPLITS, where, suffix)
    whole = _whole(found)
    if "" in whole and len(whole) > 1:
        raise DataError(
            f"{where}: {found[''].items}{suffix} beside {found[whole[1]].items}{suffix}: arrays with and without a "
            f"split; move either away"
        )
    return {split: each for split, each in found.items() if split or whole in ([], [""])}


def _whole(found: Mapping[str, Names]) -> list[str]:
    """The splits that have items and labels."""
    return sorted(split for split, each in found.items() if each.items and each.labels)


def _matched(
    names: list[str], roles: Mapping[str, str], splits: Mapping[str, str], where: str, suffix: str
) -> dict[str, Names]:
    found: dict[str, dict[str, str]] = {}
    for name in names:
        for split, spelled in {**splits, "": ""}.items():
            for role, words in roles.items():
                form = rf"(?:{spelled})[-_](?:{words})|(?:{words})[-_](?:{spelled})" if split else words
                if not re.fullmatch(form, name, re.IGNORECASE):
                    continue
                other = found.setdefault(split, {}).setdefault(role, name)
                if other != name:
                    of = f"the {split} split's" if split else "the"
                    raise DataError(f"{where}: {other}{suffix} and {name}{suffix}: both are {of} {role}; move one away")
    order = [split for split in (*SPLITS, "") if split in found]
    return {split: Names(*(found[split].get(role) for role in roles)) for split in order}

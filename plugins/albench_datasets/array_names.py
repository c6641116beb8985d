"""Which array is which: the usual names of items, labels, groups and splits, in folders and in .npz files."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from albench.api import DataError
from albench_datasets.group_names import NO_GROUPS, means_groups, the_one
from albench_datasets.published import SPLITS

ITEMS = {"features": ("features", "embeddings", "vectors"), "images": ("images", "pixels")}
_SPLITS = {"train": "train(?:ing)?", "val": "val|valid|validation|dev", "test": "test(?:ing)?"}
_LABELS = r"(?:two[-_]|six[-_])?(?:targets|labels)"
Role = Callable[[str], object]
"""Whether a name without its split is that of an array of one role."""
CLASSES = ("classes", "class_names", "label_names")
"""Names of an array, or of a text file with one a line, that holds the names of the classes."""


@dataclass(frozen=True)
class Names:
    """The names of one split's arrays, as they are in the folder or file; None where there is none."""

    items: str | None
    labels: str | None
    groups: str | None = None


def find_names(names: Iterable[str], items: str, where: str, suffix: str = "", group_by: str = "") -> dict[str, Names]:
    """Split -> its arrays; ``""`` is the split where no name tells one.

    Looked for are ``train-features``, ``train_labels`` and so on; where no split has both, ``x_train`` and ``y_train``.

    Parameters
    ----------
    items
        ``"features"`` or ``"images"``.
    where, suffix
        The folder or file, and what follows each name in it, for messages.
    group_by
        The array of groups, where its name does not say so.

    Raises
    ------
    DataError
        Where two arrays have one role, there are arrays with and without a split, or none is called ``group_by``.
    """
    listed = sorted(names)
    same = {split: split for split in SPLITS}
    says_groups: Role = functools.partial(means_groups, group_by=group_by)
    exact: dict[str, Role] = {items: _spelled(items), "labels": _spelled(_LABELS), "groups": says_groups}
    by_split = _matched(listed, exact, same, where, suffix)
    if not _whole(by_split):
        words = "|".join(ITEMS[items]) + "|x|data"
        usual: dict[str, Role] = {
            items: _spelled(words),
            "labels": _spelled(f"{_LABELS}|y|label|target"),
            "groups": says_groups,
        }
        by_split = _matched(listed, usual, _SPLITS, where, suffix)
    if group_by not in ("", NO_GROUPS) and not any(each.groups for each in by_split.values()):
        raise DataError(f"{where}: group_by={group_by}: no such array; it has {', '.join(listed) or 'none'}")
    whole = _whole(by_split)
    if "" in whole and len(whole) > 1:
        raise DataError(
            f"{where}: {by_split[''].items}{suffix} beside {by_split[whole[1]].items}{suffix}: arrays with and without "
            "a split; move either away"
        )
    return {split: each for split, each in by_split.items() if split or whole in ([], [""])}


def split_of_name(name: str) -> tuple[str, str]:
    """The split that an array's name tells, or "", and its name without it."""
    split_and_rest = ((split, _without_split(name, spelled)) for split, spelled in _SPLITS.items())
    return next(((split, rest) for split, rest in split_and_rest if rest), ("", name))


def _whole(by_split: Mapping[str, Names]) -> list[str]:
    """The splits that have items and labels."""
    return sorted(split for split, each in by_split.items() if each.items and each.labels)


def _spelled(words: str) -> Role:
    return lambda name: re.fullmatch(words, name, re.IGNORECASE)


def _matched(
    names: list[str], roles: Mapping[str, Role], splits: Mapping[str, str], where: str, suffix: str
) -> dict[str, Names]:
    by_split: dict[str, dict[str, list[str]]] = {}
    for name in names:
        for split, spelled in {**splits, "": ""}.items():
            rest = _without_split(name, spelled) if split else name
            for role, fits in roles.items():
                if rest and fits(rest):
                    by_split.setdefault(split, {}).setdefault(role, []).append(name)
    chosen: dict[str, dict[str, str]] = {}
    for split, each in by_split.items():
        for role, same in each.items():
            files = [f"{name}{suffix}" for name in same]
            if role == "groups":
                the_one([_without_split(name, splits.get(split, "")) or name for name in same], where, "array")
            elif len(same) > 1:
                of = f"the {split} split's" if split else "the"
                raise DataError(f"{where}: {files[0]} and {files[1]}: both are {of} {role}; move one away")
            chosen.setdefault(split, {})[role] = same[0]
    order = [split for split in (*SPLITS, "") if split in chosen]
    return {split: Names(*(chosen[split].get(role) for role in roles)) for split in order}


def _without_split(name: str, spelled: str) -> str:
    """What is left of ``train_labels`` or ``labels-train``; empty where it names no split."""
    match = re.fullmatch(rf"(?:{spelled})[-_](.+)|(.+)[-_](?:{spelled})", name, re.IGNORECASE)
    return (match[1] or match[2]) if match else ""

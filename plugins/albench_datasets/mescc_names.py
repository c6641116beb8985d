"""What a file of the release holds, told from its name: split, grading and kind in any order and with any separator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from albench.api import UserError
from albench_datasets.group_names import GROUP_WORDS
from albench_datasets.published import Grading

_SPLIT = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_GRADING: dict[str, Grading] = {"two": "two", "2": "two", "six": "six", "6": "six"}
_KIND = {
    **dict.fromkeys(("feature", "features"), "features"),
    **dict.fromkeys(("target", "targets"), "targets"),
    **{f"{word}{ending}": "groups" for word in GROUP_WORDS for ending in ("", "s", "id", "ids")},
}
_FILLER = ("mescc", "grading", "gradings", "graded", "grades", "grade", "classes", "class", "way", "data", "set")
# Longest first, so that "validation" is not read as "val" and a rest.
_ANY = "|".join(sorted((*_SPLIT, *_GRADING, *_KIND, *_FILLER), key=len, reverse=True))
_WORDS = re.compile(f"(?:{_ANY})+")
_WORD = re.compile(_ANY)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATOR = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, order=True)
class Role:
    """What a file is for. ``grading`` is empty where the name tells none: such a file serves both."""

    split: str
    kind: str
    grading: str = ""

    def __str__(self) -> str:
        return "-".join(part for part in (self.split, self.grading, self.kind) if part)


def role_of(path: PurePath) -> Role | None:
    """The role of a file, or None where its name does not tell one.

    Parameters
    ----------
    path
        Relative to the data folder. What the file's own name leaves open, the folders' names may tell.
    """
    told = _read(path.stem)
    kinds = told["kind"]
    if len(kinds) != 1:
        return None
    for folder in reversed(path.parent.parts):
        outer = _read(folder)
        for what in ("split", "grading"):
            told[what] = told[what] or outer[what]
    if len(told["split"]) != 1 or len(told["grading"]) > 1:
        return None
    return Role(min(told["split"]), min(kinds), min(told["grading"], default=""))


def explicit(files: str) -> dict[Role, str]:
    """The mapping that a user wrote as ``train-features=PATH;train-targets=PATH;...``.

    Raises
    ------
    UserError
        For an entry that is no ``ROLE=PATH``, an unknown role, or one given twice.
    """
    mapping: dict[Role, str] = {}
    for entry in filter(None, (part.strip() for part in files.split(";"))):
        name, equals, path = (part.strip() for part in entry.partition("="))
        role = role_of(PurePath(name)) if equals and path else None
        if role is None:
            raise UserError(
                f"mescc[files=...]: '{entry}' is not ROLE=PATH; write e.g. "
                f"'train-features=PATH;train-targets=PATH' with train, val or test and features, targets or patients"
            )
        if role in mapping:
            raise UserError(f"mescc[files=...]: '{role}' is given twice; give it one file")
        mapping[role] = path
    return mapping


def _read(name: str) -> dict[str, set[str]]:
    """Which splits, gradings and kinds a name mentions; a word inside another ('test' in 'latest') does not count."""
    told: dict[str, set[str]] = {"split": set(), "grading": set(), "kind": set()}
    for chunk in _SEPARATOR.split(_CAMEL.sub("-", name).lower()):
        if not _WORDS.fullmatch(chunk):
            continue
        for word in _WORD.findall(chunk):
            for what, words in (("split", _SPLIT), ("grading", _GRADING), ("kind", _KIND)):
                if word in words:
                    told[what].add(words[word])
    return told

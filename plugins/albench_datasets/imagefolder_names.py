"""What the names of files and folders mean: splits, items without a label, files of systems, formats of images."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from pathlib import Path

from albench_datasets.spelling import composed

READ = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
# fmt: off
NOT_READ = (
    ".avif", ".dcm", ".dib", ".dicom", ".gif", ".heic", ".heif", ".ima",
    ".j2k", ".jfif", ".jp2", ".jpe", ".jxl", ".mha", ".mhd", ".nii", ".nrrd",
    ".pbm", ".pgm", ".pnm", ".ppm", ".svs", ".tga",
)
"""Extensions of images that are passed over with a notice; anything else is no image."""
SYSTEM = frozenset((
    "@eadir", "@recycle", "@tmp", "#recycle", "#snapshot", "$recycle.bin", "__macosx", "__pycache__",
    ".appledouble", ".ds_store", ".fseventsd", ".git", ".ipynb_checkpoints", ".spotlight-v100", ".thumbnails",
    ".trashes", "desktop.ini", "ehthumbs.db", "lost+found", "system volume information", "thumbs.db",
))
"""What operating systems, file servers and notebooks leave in folders, in lower case."""
_SPLIT_OF = (
    dict.fromkeys(("train", "training", "trn"), "train")
    | dict.fromkeys(("val", "valid", "validation", "dev", "devel", "development"), "val")
    | dict.fromkeys(("test", "testing", "tst"), "test")
)
_EITHER = frozenset(("eval", "evaluation", "heldout", "holdout"))
_UNLABELLED = frozenset((
    "nolabel", "nolabels", "tolabel", "unannotated", "unlabeled", "unlabelled", "unsorted", "unsup", "unsupervised",
))
_NO_CLASS = frozenset((
    "annotation", "annotations", "groundtruth", "masks", "segmentation", "segmentations",
    "thumbnail", "thumbnails", "thumbs",
))
# fmt: on
_ADDED = re.compile(r"(set|data|images?|imgs?|pictures?|folder|split)$")


def class_name(folder: str) -> str:
    """The class that a folder's name stands for: composed, without spaces around it."""
    return composed(folder).strip()


def printable(text: str) -> str:
    """``text`` on one line: a file's name may hold line breaks or bytes that are no text."""
    return "".join(char if char.isprintable() else "?" for char in text)


def number(count: int, thing: str) -> str:
    """``1 image``, ``1,200 images``."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def split_of(folder: str) -> str:
    """``"train"``, ``"val"`` or ``"test"`` for its usual names in any case, such as ``Training_Set``; else ``""``."""
    return _SPLIT_OF.get(_bare(folder), "") or _SPLIT_OF.get(_ADDED.sub("", _bare(folder)), "")


def either_split(folder: str) -> bool:
    """True for a name that some give to the validation split and others to the test split."""
    return _bare(folder) in _EITHER


def no_class(folder: str, *, inside: bool = False) -> str:
    """Why a folder is hardly a class of its own; ``""`` where nothing speaks against it.

    Parameters
    ----------
    inside
        It lies inside a class folder, where a ``mask`` belongs to a picture.
    """
    bare = _bare(folder)
    if bare in _UNLABELLED or _ADDED.sub("", bare) in _UNLABELLED:
        return "items without a label"
    if bare in _NO_CLASS or (inside and bare in ("labels", "mask")):
        return "no pictures of items"
    return ""


def is_system(name: str) -> bool:
    """True for what a system put there and no data set holds, the resource forks ``._*`` among them."""
    return name.casefold() in SYSTEM or name.startswith("._")


def matches(name: str, patterns: Sequence[str]) -> str:
    """The first of the patterns (``*`` and ``?``) that a name fits, else ``""``."""
    return next((pattern for pattern in patterns if fnmatch.fnmatchcase(composed(name), composed(pattern))), "")


def kind(name: str) -> str:
    """``"read"``, the extension of an image that is not read, or nothing."""
    extension = Path(name.lower().removesuffix(".gz")).suffix
    if name.lower().endswith(READ):
        return "read"
    return extension if extension in NOT_READ else ""


def natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A key to sort by: digits by their value, text without regard to case; the name where that does not decide."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part[0].isdecimal() else (1, 0, part.casefold()) for part in parts], name


def _bare(folder: str) -> str:
    return re.sub(r"[\W_]+", "", composed(folder).casefold())

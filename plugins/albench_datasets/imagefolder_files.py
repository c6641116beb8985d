"""Which files a folder of images holds: its splits, classes, images and, from a CSV file, groups."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from albench.api import DataError
from albench_datasets.published import SPLITS

READ = (".png", ".jpg", ".jpeg")
# fmt: off
NOT_READ = (
    ".avif", ".bmp", ".dcm", ".dib", ".dicom", ".gif", ".heic", ".heif", ".ima",
    ".j2k", ".jfif", ".jp2", ".jpe", ".jxl", ".mha", ".mhd", ".nii", ".nrrd",
    ".pbm", ".pgm", ".pnm", ".ppm", ".svs", ".tga", ".tif", ".tiff", ".webp",
)
# fmt: on
"""Extensions of images that are passed over with a notice; anything else is no image and is passed over silently."""
ARCHIVE_LEFTOVER = "__MACOSX"


@dataclass(frozen=True)
class Listing:
    """What lies in the folder.

    Attributes
    ----------
    class_names
        Sorted naturally: ``grade2`` before ``grade10``.
    images
        Split name -> class of each image, by path relative to the folder; one entry ``""`` where nothing is split yet.
    notices
        Image files that are not read, and why.
    """

    class_names: tuple[str, ...]
    images: dict[str, dict[str, int]]
    notices: tuple[str, ...]


def list_images(folder: Path, what: str) -> Listing:
    """Find the images of ``folder/train|val|test/CLASS`` or of ``folder/CLASS``, in sorted order.

    Hidden files and folders are passed over. Folders inside a class folder are searched; links to folders are not
    followed there, so a loop of links ends.

    Parameters
    ----------
    what
        What to call the data set in an error.

    Raises
    ------
    DataError
        Naming the split that is missing, the class folder that is missing or empty, or two that are one folder.
    """
    tops = _folders(folder)
    # A class may be called 'train' too; what makes it a split is that it holds folders.
    splits = [name for name in SPLITS if name in tops and _folders(folder / name)]
    if splits and len(splits) < len(SPLITS):
        missing = next(name for name in SPLITS if name not in splits)
        raise DataError(
            f"{what}: there is {', '.join(splits)} but no {missing} with class folders; give train, val and test, "
            f"or only class folders"
        )
    if not splits and tops and tops <= set(SPLITS):
        raise DataError(f"{what}: no class folders in {', '.join(sorted(tops))}; lay it out as train/CLASS/IMAGE")
    parts = {name: _folders(folder / name) for name in splits} if splits else {"": tops}
    names = sorted({name for each in parts.values() for name in each}, key=_natural)
    if len(names) < 2:
        raise DataError(
            f"{what}: {len(names)} class folders in it, and at least two are needed; it is laid out as CLASS/IMAGE or "
            f"as train/CLASS/IMAGE, val/CLASS/IMAGE and test/CLASS/IMAGE"
        )
    odd = next((name for name in names if not name.isprintable()), None)
    if odd is not None:
        raise DataError(f"{what}: the class folder '{printable(odd)}' has an unreadable name; rename it")
    passed_over: Counter[str] = Counter()
    images: dict[str, dict[str, int]] = {}
    seen: dict[Path, str] = {}
    beside = sum(_kind(entry.name) == "read" for part in {"", *parts} for entry in _entries(folder / part))
    for part, folders in parts.items():
        images[part] = {}
        for code, name in enumerate(names):
            where = f"{part}/{name}" if part else name
            if name not in folders:
                raise DataError(f"{what}: no folder {where}; every split needs every class, {', '.join(names)}")
            real = (folder / where).resolve()
            if real in seen:
                raise DataError(f"{what}: {where} and {seen[real]} are one and the same folder; remove one")
            seen[real] = where
            found, other = _images_below(folder, where)
            if not found:
                tail = f"; it has {_counted(other)}" if other else ""
                raise DataError(
                    f"{what}: no PNG or JPEG image in the class folder {where}{tail}; add some or remove it"
                )
            images[part].update(dict.fromkeys(found, code))
            passed_over += other
    notices = []
    if passed_over:
        notices.append(
            f"not read, neither PNG nor JPEG: {_counted(passed_over)}; convert those that belong to the data"
        )
    if splits and tops > set(SPLITS):
        extra = ", ".join(sorted(map(printable, tops - set(SPLITS))))
        notices.append(f"not read, beside train, val and test: {extra}; move in what belongs to the data")
    if beside:
        notices.append(f"not read, outside the class folders: {beside:,} images; move in those that belong to the data")
    return Listing(tuple(names), images, tuple(notices))


def read_groups(file: Path, images: Collection[str]) -> dict[str, str]:
    """The group of each image, from a CSV file with the header ``file,group``.

    Raises
    ------
    DataError
        Where the file or a column is missing, a row names no image or one named before, a group is blank, or an
        image has no row.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            groups = _groups(csv.DictReader(lines), str(file), frozenset(images))
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: not UTF-8 text; save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{file}: not a readable CSV file ({error})") from error
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error})") from error
    without = [name for name in images if name not in groups]
    if without:
        more = f" and {len(without) - 1:,} other images" if len(without) > 1 else ""
        raise DataError(f"{file}: no row for {printable(without[0])}{more}; every image needs its group")
    return groups


def printable(text: str) -> str:
    """``text`` on one line: a file's name may hold line breaks or bytes that are no text."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _groups(rows: csv.DictReader[str], where: str, images: Collection[str]) -> dict[str, str]:
    columns = [column.strip() for column in rows.fieldnames or ()]
    if not {"file", "group"} <= set(columns):
        raise DataError(f"{where}: the columns are {', '.join(columns) or 'none'}; the header file,group is needed")
    rows.fieldnames = columns
    groups: dict[str, str] = {}
    for row in rows:
        line = f"{where}, line {rows.line_num}"
        name, group = _image((row["file"] or "").strip(), images), (row["group"] or "").strip()
        if name not in images:
            raise DataError(f"{line}: '{printable(name)}' is no image here; paths are relative to the image folder")
        if name in groups:
            raise DataError(f"{line}: {printable(name)} is named twice; one row an image is needed")
        if not group:
            raise DataError(f"{line}: no group for {printable(name)}; write one")
        groups[name] = group
    return groups


def _image(text: str, images: Collection[str]) -> str:
    """The path as it is in the listing: ``./a/1.png`` and ``a\\1.png`` are ``a/1.png``."""
    name = str(PurePosixPath(text))
    return name if name in images else str(PurePosixPath(text.replace("\\", "/")))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder, hidden entries aside."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{printable(str(folder))}: cannot be read ({error.strerror or error})") from error


def _folders(folder: Path) -> set[str]:
    """Names of the folders in it; a link to where we are already, or above, is none."""
    here = folder.resolve()
    around = {here, *here.parents}
    return {
        entry.name
        for entry in _entries(folder)
        if entry.is_dir()
        and entry.name != ARCHIVE_LEFTOVER
        and not (entry.is_symlink() and Path(entry.path).resolve() in around)
    }


def _images_below(folder: Path, where: str) -> tuple[list[str], Counter[str]]:
    """Sorted paths of the images to read, relative to ``folder``, and how many of other formats there are."""
    found: list[str] = []
    other: Counter[str] = Counter()
    waiting = [where]
    while waiting:
        current = waiting.pop()
        for entry in _entries(folder / current):
            name = f"{current}/{entry.name}"
            if entry.is_dir():
                if not entry.is_symlink() and entry.name != ARCHIVE_LEFTOVER:
                    waiting.append(name)
            elif (kind := _kind(entry.name)) == "read":
                found.append(name)
            elif kind:
                other[kind] += 1
    return sorted(found), other


def _kind(name: str) -> str:
    """``"read"``, the extension of an image that is not read, or nothing."""
    extension = Path(name.lower().removesuffix(".gz")).suffix
    if name.lower().endswith(READ):
        return "read"
    return extension if extension in NOT_READ else ""


def _counted(extensions: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {extension}" for extension, count in sorted(extensions.items()))


def _natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Digits by their value, text without regard to case; the name itself where that does not decide."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part[0].isdecimal() else (1, 0, part.casefold()) for part in parts], name

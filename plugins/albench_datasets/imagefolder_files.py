"""Which images a folder holds, by split and class, and what in it was passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from albench.api import DataError
from albench_datasets.imagefolder_layout import Layout, layout_of
from albench_datasets.imagefolder_names import class_name, natural, number, printable
from albench_datasets.imagefolder_walk import Tally, Walk
from albench_datasets.published import SPLITS

SHOWN = 6


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
        Images that are not read, and why.
    how_read
        Which folders were taken for which splits, and what was passed over.
    """

    class_names: tuple[str, ...]
    images: dict[str, dict[str, int]]
    notices: tuple[str, ...]
    how_read: tuple[str, ...] = ()


def list_images(
    folder: Path,
    what: str,
    *,
    named: Mapping[str, str] | None = None,
    leave_out: tuple[str, ...] = (),
    keep: tuple[str, ...] = (),
    table: Path | None = None,
) -> Listing:
    """Find the images of ``SPLIT/CLASS``, of ``CLASS/SPLIT`` or of ``CLASS``, in sorted order.

    Folders inside a class folder are searched. Links are followed; a folder that has several names is read once.

    Parameters
    ----------
    what
        What to call the data set in an error.
    named
        Split -> its folder, where its name does not tell.
    leave_out, keep
        Patterns of names: left out, and read whatever they sound like.
    table
        The CSV file of groups, where it lies in the folder.

    Raises
    ------
    DataError
        Where the layout is not plain, a class folder is missing or empty, two are one, or a pattern fits no name.
    """
    walk = Walk(folder, what, leave_out=leave_out, keep=keep, table=table)
    layout = layout_of(walk, what, named or {})
    names = _class_names(layout, what)
    folders = {
        (part, code): [where for raw, wheres in each.items() if class_name(raw) == name for where in wheres]
        for part, each in layout.classes.items()
        for code, name in enumerate(names)
    }
    for (part, code), found in folders.items():
        if not found:
            where = f"{layout.named[part]}/{names[code]}" if part else names[code]
            raise DataError(f"{what}: no folder {where}{_close(layout, part, names[code])}")
    images = walk.images(folders)
    for each, found in images.items():
        if not found:
            raise DataError(f"{what}: no image in the class folder {_empty(walk, folders[each])}")
    unused = next((pattern for pattern in (*leave_out, *keep) if pattern not in walk.fits), None)
    if unused is not None:
        option = "leave_out" if unused in leave_out else "keep"
        raise DataError(f"{what}: {option}={unused} fits no name in it; correct or remove it")
    parts: dict[str, dict[str, int]] = {part: {} for part in layout.classes}
    for (part, code), found in images.items():
        parts[part] |= dict.fromkeys(found, code)
    how_read = (*layout.how_read, *_joined(layout, names), *_passed_over(walk.tally))
    return Listing(tuple(names), parts, tuple(_not_read(walk, layout)), how_read)


def _class_names(layout: Layout, what: str) -> list[str]:
    names = sorted({class_name(raw) for each in layout.classes.values() for raw in each}, key=natural)
    if len(names) < 2:
        raise DataError(
            f"{what}: {len(names)} class folders in it, and at least two are needed{layout.hint}; it is laid out as "
            f"CLASS/IMAGE or as train/CLASS/IMAGE, val/CLASS/IMAGE and test/CLASS/IMAGE"
        )
    odd = next((name for name in names if not name.isprintable() or not name), None)
    if odd is not None:
        raise DataError(f"{what}: the class folder '{printable(odd)}' has an unreadable name; rename it")
    return names


def _close(layout: Layout, part: str, name: str) -> str:
    """What stands in place of a class folder that is missing, or which classes there have to be."""
    alike = next((raw for raw in layout.classes[part] if class_name(raw).casefold() == name.casefold()), None)
    if alike is not None:
        return f", but {printable(alike)}: rename one, so that a class has one name in every split"
    others = sorted({class_name(raw) for each in layout.classes.values() for raw in each}, key=natural)
    shown = ", ".join(others[:SHOWN]) + (f" and {len(others) - SHOWN} more" if len(others) > SHOWN else "")
    return f"; every split needs every class, {shown}: add it, or write leave_out={name}"


def _empty(walk: Walk, folders: list[str]) -> str:
    tally = Tally()
    inner = Walk(walk.root, "")
    inner.tally = tally
    inner.images({("", 0): folders})
    there = _counted(tally.formats + tally.no_images)
    return f"{printable(folders[0])}{f'; it has {there}' if there else ''}; add some, remove it or write leave_out"


def _joined(layout: Layout, names: list[str]) -> list[str]:
    """One line for each class that is known by more names of folders than one."""
    lines = []
    for name in names:
        raws = sorted({raw for each in layout.classes.values() for raw in each if class_name(raw) == name})
        if raws != [name]:
            several = f"{len(raws)} spellings" if len(raws) > 1 else "another spelling"
            lines.append(f"class {name}: its folders have {several} (Unicode form, spaces around it), read as one name")
    folded: dict[str, str] = {}
    for name in names:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            lines.append(f"classes {other} and {name} differ by case alone, and are two")
    return lines


def _passed_over(tally: Tally) -> list[str]:
    """What no data set would hold, in one line, or none."""
    said = []
    if tally.by_option:
        each = ", ".join(f"{name} ({number(count, 'image')})" for name, count in sorted(tally.by_option.items()))
        said.append(f"by leave_out {each}")
    if tally.system:
        each = ", ".join(f"{name} {count:,}" for name, count in sorted(tally.system.items()))
        said.append(f"{number(tally.system.total(), 'file')} of the system ({each})")
    if tally.no_images:
        said.append(f"{number(tally.no_images.total(), 'other file')} ({_counted(tally.no_images)})")
    if tally.met_before:
        said.append(f"links to folders read in their own place: {_first(tally.met_before)}")
    return [f"left out: {'; '.join(said)}"] if said else []


def _not_read(walk: Walk, layout: Layout) -> list[str]:
    """What may belong to the data and is not read, a line each."""
    notices = []
    if walk.tally.formats:
        notices.append(
            f"not read, other formats: {_counted(walk.tally.formats)}; convert those that belong to the data"
        )
    if layout.beside:
        known = " and ".join(
            ", ".join(layout.named[split] for split in SPLITS if split in layout.named).rsplit(", ", 1)
        )
        notices.append(f"not read, beside {known}: {_first(layout.beside)}; move in what belongs to the data")
    outside = sum(len(walk.scan(where).images) for where in layout.above)
    if outside:
        notices.append(
            f"not read, outside the class folders: {number(outside, 'image')}; move in what belongs to the data"
        )
    if walk.tally.hidden:
        hidden = number(walk.tally.hidden, "image")
        notices.append(f"not read, hidden (names that begin with a dot): {hidden}; rename what belongs here")
    if walk.tally.broken:
        notices.append(f"not read, links that lead nowhere: {_first(walk.tally.broken)}; mend or remove them")
    return notices


def _counted(extensions: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {extension}" for extension, count in sorted(extensions.items()))


def _first(names: list[str] | tuple[str, ...]) -> str:
    more = len(names) - SHOWN
    return ", ".join(map(printable, sorted(names)[:SHOWN])) + (f" and {more:,} more" if more > 0 else "")

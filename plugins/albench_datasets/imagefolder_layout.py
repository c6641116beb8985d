"""Which folders are splits and which are classes; what could be read in two ways is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from albench.api import DataError
from albench_datasets.imagefolder_names import class_name, either_split, no_class, printable, split_of
from albench_datasets.imagefolder_walk import Walk
from albench_datasets.published import SPLITS
from albench_datasets.spelling import composed


@dataclass(frozen=True)
class Layout:
    """How the folders are meant.

    Attributes
    ----------
    classes
        Split (``""`` where nothing is split) -> name of a class folder as it is on disk -> its paths, one as a rule.
    named
        Split -> the folder that is it, for messages.
    above
        Folders above those of classes, in which images belong to no class.
    beside
        Folders beside the splits, not read.
    how_read
        What was taken for what, where the names alone do not say so.
    hint
        For an error: where the data may be instead.
    """

    classes: dict[str, dict[str, list[str]]]
    named: dict[str, str] = field(default_factory=dict)
    above: tuple[str, ...] = ("",)
    beside: tuple[str, ...] = ()
    how_read: tuple[str, ...] = ()
    hint: str = ""


def layout_of(walk: Walk, what: str, named: Mapping[str, str]) -> Layout:
    """Tell splits from classes: ``SPLIT/CLASS``, ``CLASS/SPLIT`` or ``CLASS``.

    Parameters
    ----------
    what
        What to call the data set in an error.
    named
        Split -> its folder, as the user gave it.

    Raises
    ------
    DataError
        Where a folder may be a split or a class, two may be one split, or a split is missing while another folder
        could be it; with the option that decides.
    """
    top = walk.scan("")
    tops = list(top.all_folders)
    broken = next((name for name in walk.tally.broken if "." not in name), None)
    if broken is not None:
        raise DataError(f"{what}: {printable(broken)} is a link to a folder that is not there; mend or remove it")
    splits = _splits(walk, what, tops, named)
    with_classes = {split: name for split, name in splits.items() if walk.scan(name).all_folders}
    flat = [name for split, name in splits.items() if split not in with_classes]
    others = [name for name in tops if name not in splits.values()]
    if with_classes:
        return _by_split(walk, what, with_classes, flat, others)
    if flat and (not others or named):
        listed = ", ".join(map(printable, sorted(flat)))
        raise DataError(f"{what}: no class folders in {listed}; lay it out as train/CLASS/IMAGE")
    if flat:
        name = printable(flat[0])
        raise DataError(
            f"{what}: {name} may be a split or a class, and holds no class folders: keep={name} reads it as a class, "
            f"leave_out={name} leaves it out"
        )
    return _by_class(walk, what, tops)


def _splits(walk: Walk, what: str, tops: list[str], named: Mapping[str, str]) -> dict[str, str]:
    """Split -> its folder, for the splits that the user named or whose folder's name says so."""
    found: dict[str, str] = {}
    for split, name in named.items():
        same = [top for top in tops if top == name] or [top for top in tops if class_name(top) == class_name(name)]
        if not same:
            there = ", ".join(map(printable, tops)) or "no folder"
            raise DataError(f"{what}: {split}={name}: no such folder in it, but {there}")
        if same[0] in found.values():
            raise DataError(f"{what}: {name} is named for two splits; give each its own folder")
        found[split] = same[0]
    guesses: dict[str, list[str]] = {}
    for name in tops:
        if split_of(name) and name not in found.values() and not walk.kept(name):
            guesses.setdefault(split_of(name), []).append(name)
    for split, names in guesses.items():
        if split in found:
            continue
        if len(names) > 1:
            raise DataError(
                f"{what}: {' and '.join(map(printable, names))} are both called like the {split} split: "
                f"{split}={printable(names[0])} decides, or leave_out={printable(names[1])}"
            )
        found[split] = names[0]
    return found


def _by_split(walk: Walk, what: str, splits: Mapping[str, str], flat: list[str], others: list[str]) -> Layout:
    ordered = {split: splits[split] for split in SPLITS if split in splits}
    shown = ", ".join(map(printable, ordered.values()))
    missing = [split for split in SPLITS if split not in splits]
    if "train" in missing:
        raise DataError(
            f"{what}: there is {shown} but no train with class folders; name its folder with train=FOLDER, or write "
            f"keep={printable(next(iter(ordered.values())))} where that is a class"
        )
    unclear = [*flat, *others]
    if missing and unclear:
        one = printable(unclear[0])
        holds = "" if walk.scan(unclear[0]).all_folders else ", without class folders"
        choices = [f"{split}={one}" for split in missing if unclear[0] in others and not holds]
        raise DataError(
            f"{what}: there is {shown} but no {missing[0]} with class folders; {one} lies beside{holds}: "
            f"{' or '.join((*choices, f'leave_out={one}'))} decides"
            + (f", or keep={printable(ordered['train'])} where that is a class" if others else "")
        )
    read = [f"{name} is {split}" for split, name in ordered.items() if name != split]
    return Layout(
        classes={split: _classes(walk, what, name) for split, name in ordered.items()},
        named=ordered,
        above=("", *ordered.values()),
        beside=tuple(unclear),
        how_read=(f"folders: {', '.join(map(printable, read))}",) if read else (),
    )


def _classes(walk: Walk, what: str, where: str) -> dict[str, list[str]]:
    """Class folders by name; one that hardly is a class is refused."""
    found: dict[str, list[str]] = {}
    for name in walk.scan(where).all_folders:
        path = f"{where}/{name}" if where else name
        why = no_class(name)
        if not where and not why and either_split(name):
            why = "a split"
        if why and not walk.kept(name):
            raise DataError(
                f"{what}: {printable(path)} sounds like {why}: leave_out={printable(name)} leaves it out, "
                f"keep={printable(name)} reads it as a class"
            )
        found[name] = [path]
    return found


def _by_class(walk: Walk, what: str, tops: list[str]) -> Layout:
    if len(tops) < 2:
        inner = walk.scan(tops[0]).all_folders if tops else ()
        hint = f" (it holds one folder: is {printable(tops[0])} in it meant?)" if inner else ""
        if not tops and walk.scan("").images:
            tables = ", ".join(
                sorted(f"{n:,} {ext}" for ext, n in walk.tally.no_images.items() if ext in (".csv", ".tsv", ".xlsx"))
            )
            beside = f" and {tables}" if tables else ""
            n_images = f"{len(walk.scan('').images):,} images"
            hint = (
                f" (it holds {n_images}{beside}: write a labels.csv with the header file,label, name such a table "
                f"with labels=FILE.csv, or move each image into a folder of its class)"
            )
        return Layout({"": {name: [name] for name in tops}}, hint=hint)
    classes = _classes(walk, what, "")
    below = {name: _splits_below(walk, what, name) for name in tops}
    if any(below.values()):
        return _split_below_class(walk, what, below)
    inner_names = [walk.scan(name).all_folders for name in tops]
    for name, inner in zip(tops, inner_names, strict=True):
        for each in inner:
            walk.check_below(name, each)
    same = {tuple(map(composed, names)) for names in inner_names}
    bare = not any(walk.scan(name).images for name in tops)
    kept = [name for name in tops if walk.kept(name)]
    if bare and len(same) == 1 and len(inner_names[0]) > 1 and kept != tops:
        outer, first = (", ".join(map(printable, names[:3])) for names in (tops, inner_names[0]))
        raise DataError(
            f"{what}: {outer} hold the same folders, {first}: write train=, val=, test= where the first are splits, "
            f"keep=* where they are classes"
        )
    return Layout({"": classes})


def _splits_below(walk: Walk, what: str, name: str) -> dict[str, str]:
    """Split -> folder in a class folder that is called so."""
    found: dict[str, str] = {}
    for inner in walk.scan(name).all_folders:
        split = split_of(inner)
        if not split or walk.kept(inner):
            continue
        if split in found:
            raise DataError(
                f"{what}: {printable(f'{name}/{found[split]}')} and {printable(inner)} are both called like the "
                f"{split} split: leave_out={printable(inner)} decides"
            )
        found[split] = inner
    return found


def _split_below_class(walk: Walk, what: str, below: Mapping[str, Mapping[str, str]]) -> Layout:
    """``CLASS/train/IMAGE``: every class has the same splits, and nothing beside them."""
    wanted = {split for each in below.values() for split in each}
    if "train" not in wanted:
        first = next(name for name, each in below.items() if each)
        inner = next(iter(below[first].values()))
        raise DataError(
            f"{what}: {printable(f'{first}/{inner}')} looks like a split below its class, but there is no train: "
            f"leave_out={printable(inner)} leaves it out, keep={printable(inner)} reads it as part of the class"
        )
    for name, each in below.items():
        lacking = next((split for split in SPLITS if split in wanted and split not in each), None)
        if lacking is not None:
            raise DataError(
                f"{what}: splits lie below the classes, but {printable(name)} has no {lacking}; every split needs "
                f"every class"
            )
        loose = [inner for inner in walk.scan(name).all_folders if inner not in each.values()]
        if loose:
            raise DataError(
                f"{what}: {printable(f'{name}/{loose[0]}')} lies beside splits: leave_out={printable(loose[0])} "
                f"leaves it out"
            )
    return Layout(
        classes={
            split: {name: [f"{name}/{each[split]}"] for name, each in below.items()}
            for split in SPLITS
            if split in wanted
        },
        named={split: split for split in SPLITS if split in wanted},
        above=("", *below),
        how_read=("folders: the splits lie below the classes, as CLASS/train/IMAGE",),
    )

"""A walk through a folder of images that counts whatever it passes over."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from albench.api import DataError
from albench_datasets.imagefolder_names import is_system, kind, matches, no_class, printable, split_of


@dataclass(frozen=True)
class Scan:
    """What lies in one folder.

    Attributes
    ----------
    folders, links
        Names of its folders, sorted: real ones, and links to folders.
    images
        Names of the images to read, sorted.
    """

    folders: tuple[str, ...]
    links: tuple[str, ...]
    images: tuple[str, ...]

    @property
    def all_folders(self) -> tuple[str, ...]:
        return tuple(sorted((*self.folders, *self.links)))


@dataclass
class Tally:
    """Numbers of what was passed over.

    Attributes
    ----------
    system
        Files by the system's name that they lie under.
    by_option
        Images by the name that ``leave_out`` fits.
    formats, no_images
        Files by their extension: images of formats that are not read, and whatever is no image.
    hidden
        Images in hidden folders or under hidden names.
    met_before
        Links to folders that are read in their own place, or that lead back up.
    broken
        Links that lead nowhere.
    """

    system: Counter[str] = field(default_factory=Counter)
    by_option: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    no_images: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    met_before: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Walk:
    """Folders below ``root``, each looked through once.

    Links are followed, to files and to folders. A folder that has several names is read once, by its real name where
    that lies below ``root``; a link that leads back up is left out, so that a circle ends.

    Parameters
    ----------
    what
        What to call the data set in an error.
    leave_out, keep
        Patterns of names: left out, and read whatever they sound like.
    table
        A file that is read otherwise, and so not counted.
    """

    def __init__(
        self,
        root: Path,
        what: str,
        *,
        leave_out: Sequence[str] = (),
        keep: Sequence[str] = (),
        table: Path | None = None,
    ) -> None:
        self.tally = Tally()
        self.fits: set[str] = set()
        """The patterns that fitted a name."""
        self.root = root
        self._what = what
        self._leave_out = leave_out
        self._keep = keep
        self._table = table
        self._scans: dict[str, Scan] = {}

    def kept(self, name: str) -> bool:
        """Whether the user wants a folder to be read, whatever its name sounds like."""
        pattern = matches(name, self._keep)
        self.fits |= {pattern} - {""}
        return bool(pattern)

    def scan(self, where: str) -> Scan:
        """What lies in a folder, named relative to the root; what is passed over is counted once."""
        if where not in self._scans:
            self._scans[where] = self._look(where)
        return self._scans[where]

    def images(self, classes: Mapping[tuple[str, int], Sequence[str]]) -> dict[tuple[str, int], list[str]]:
        """Images in the folders of each class of each split, and in all below them.

        Parameters
        ----------
        classes
            (split, class) -> its folders, relative to the root.

        Returns
        -------
        (split, class) -> paths of the images, relative to the root and sorted.

        Raises
        ------
        DataError
            Where two classes or splits share a folder, or a folder below a class looks like a split or holds no items.
        """
        found: dict[tuple[str, int], list[str]] = {each: [] for each in classes}
        owners: dict[tuple[int, int], tuple[tuple[str, int], str]] = {}
        waiting = sorted(
            ((each, where, (self.root / where).is_symlink()) for each, folders in classes.items() for where in folders),
            key=lambda entry: (entry[2], entry[0], entry[1]),
        )
        tops = {where for _, where, _ in waiting}
        linked: list[tuple[tuple[str, int], str, bool]] = []
        while waiting or linked:
            if not waiting:  # real folders first, so that an image is known by its real name
                linked.sort()
                waiting.append(linked.pop(0))
            each, where, _ = waiting.pop(0)
            status = (self.root / where).stat()
            owner, name = owners.setdefault((status.st_dev, status.st_ino), (each, where))
            if name != where:
                if owner != each or where in tops:
                    raise DataError(f"{self._what}: {where} and {name} are one and the same folder; remove one")
                self.tally.met_before.append(where)
                continue
            scan = self.scan(where)
            found[each] += [f"{where}/{image}" for image in scan.images]
            for below in scan.all_folders:
                self.check_below(where, below)
            waiting += [(each, f"{where}/{below}", False) for below in scan.folders]
            linked += [(each, f"{where}/{below}", True) for below in scan.links]
        return {each: sorted(images) for each, images in found.items()}

    def check_below(self, where: str, name: str) -> None:
        """Refuse a folder below a class that looks like a split or holds no items, unless the user keeps it."""
        if not (split_of(name) or no_class(name, inside=True)) or self.kept(name):
            return
        why = f"looks like {no_class(name, inside=True) or 'a split, below its class'}"
        raise DataError(
            f"{self._what}: {printable(f'{where}/{name}')} {why}: leave_out={printable(name)} leaves such folders out, "
            f"keep={printable(name)} reads them as part of the class"
        )

    def _look(self, where: str) -> Scan:
        here = (self.root / where).resolve()
        around = {here, *here.parents}
        folders, links, images = [], [], []
        for entry in _entries(self.root / where):
            name = f"{where}/{entry.name}" if where else entry.name
            if is_system(entry.name):
                self.tally.system[entry.name if not entry.name.startswith("._") else "._*"] += _count(entry)
            elif entry.name.startswith("."):
                self.tally.hidden += _count(entry, images=True)
            elif pattern := matches(entry.name, self._leave_out):
                self.fits.add(pattern)
                self.tally.by_option[printable(entry.name)] += _count(entry, images=True)
            elif entry.is_dir():
                if not entry.is_symlink():
                    folders.append(entry.name)
                elif Path(entry.path).resolve() in around:
                    self.tally.met_before.append(name)
                else:
                    links.append(entry.name)
            elif kind(entry.name) == "read":
                images.append(entry.name)
            elif entry.is_symlink() and not entry.is_file():
                self.tally.broken.append(name)
            elif kind(entry.name):
                self.tally.formats[kind(entry.name)] += 1
            elif Path(entry.path) != self._table:
                self.tally.no_images[Path(printable(entry.name)).suffix.lower() or "without extension"] += 1
        return Scan(tuple(sorted(folders)), tuple(sorted(links)), tuple(sorted(images)))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError as error:
        raise DataError(f"{printable(str(folder))}: cannot be read ({error.strerror or error})") from error


def _count(entry: os.DirEntry[str], *, images: bool = False) -> int:
    """Files, or images alone, that an entry stands for; links to folders are not followed."""
    if not entry.is_dir(follow_symlinks=False):
        return int(not images or kind(entry.name) == "read")
    names = (name for _, _, files in os.walk(entry.path) for name in files)
    return sum(not images or kind(name) == "read" for name in names)

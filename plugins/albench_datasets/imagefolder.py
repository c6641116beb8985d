"""Images in folders, one folder a class: the layout in which most sets of images come."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from albench.api import DataError, ImageDataset, Splits, option
from albench_datasets.checks import Raw, checked_splits
from albench_datasets.group_names import HELP, NO_GROUPS
from albench_datasets.imagefolder_depth import LEAST, MOST, Depth
from albench_datasets.imagefolder_files import Listing, list_images
from albench_datasets.imagefolder_groups import Groups, read_groups
from albench_datasets.imagefolder_losses import Losses
from albench_datasets.imagefolder_names import kind, printable
from albench_datasets.imagefolder_notes import check_colour_depth, how_read, notices
from albench_datasets.imagefolder_pixels import Target, decode, fill_deep
from albench_datasets.imagefolder_split import split_images
from albench_datasets.imagefolder_table import list_table, usual_table
from albench_datasets.published import SPLITS
from albench_datasets.roots import default_roots, from_home
from albench_datasets.spelling import as_on_disk
from albench_datasets.table_columns import tables_beside

SHOWN = 10
LOOKED_AT = 2000
"""Names of files after which a folder is not looked through any further."""


@dataclass(frozen=True, kw_only=True)
class ImageFolder(ImageDataset):
    """PNG, JPEG, TIFF, BMP and WebP files in ``train/CLASS``, ``val/CLASS``, ``test/CLASS``, or in ``CLASS`` alone.

    A split that has no folder is dealt out of ``train``, or of all images, with a seed. A folder without class folders
    is read by its ``labels.csv``.
    """

    path: str = option(help="the folder; relative to the data folder or the working folder")
    groups: str | None = option(None, "CSV file with the header file,group (e.g. patients); never split across")
    mode: Literal["grey", "rgb"] = option("grey", "one channel or three; other images are converted")
    size: int = option(64, "each image is resized to a square of so many pixels a side", ge=8, le=1024)
    on_error: Literal["stop", "skip"] = option("stop", "what to do where images cannot be read")
    val_share: float = option(0.15, "where no folder is the validation split: its share", gt=0, lt=1)
    test_share: float = option(0.2, "where no folder is the test split: its share", gt=0, lt=1)
    split_seed: int = option(0, "where a split is dealt: its seed", ge=0)
    train: str = option("", "folder of the training split, where its name does not say so", later=True)
    val: str = option("", "folder of the validation split, where its name does not say so", later=True)
    test: str = option("", "folder of the test split, where its name does not say so", later=True)
    leave_out: str = option("", "names of folders or files to leave out, with * and ?, between semicolons", later=True)
    keep: str = option("", "names of folders to read whatever they sound like, likewise", later=True)
    labels: str = option(
        "", "CSV file with the header file,label[,group][,split], for images in no folders", later=True
    )
    depth: str = option("auto", "bits of 16-bit grey: auto (the set's), image (each its own) or 8 to 16", later=True)
    ground: Literal["black", "white"] = option(
        "black", "what lies behind transparent pixels and beside padded images", later=True
    )
    fit: Literal["stretch", "pad", "crop"] = option(
        "stretch",
        "images that are not square: stretch, pad with the ground, or crop to the centre",
        later=True,
    )
    profile: Literal["ignore", "srgb"] = option(
        "ignore", "colour profiles in the files (ICC, PNG's gamma): ignore, or convert to sRGB", later=True
    )
    photometric: Literal["ignore", "apply"] = option(
        "ignore", "16-bit TIFF whose zero is white: read as negatives, or turned over", later=True
    )
    group_by: str = option("", HELP, later=True)

    def load(self, root: Path | None) -> Splits:
        """List the images, split them where they are not, and read them.

        Raises
        ------
        DataError
            Where the folder, a class or Pillow is missing, the layout is not plain, the groups do not fit, or images
            cannot be read and ``on_error`` is ``stop``.
        """
        what = f"imagefolder[path={self.path}]"
        folder = self._folder(root)
        if folder is None:
            raise DataError(f"{what}: no such folder; give its full path or the folder it is in with --data-dir DIR")
        losses = Losses(Depth(self._depth(what)))
        target = Target(self.mode, self.size, self.ground, self.fit, self.profile, self.photometric)
        listing, groups = self._listed(folder, what)
        said = list(listing.how_read)
        parts = self._dealt(listing, groups.of if groups else None, said, what)
        reads = {split: decode(folder, list(parts[split]), losses, target) for split in SPLITS}
        check_colour_depth(losses, what)
        raw: dict[str, Raw] = {}
        for split, read in reads.items():
            fill_deep(folder, read, losses, target)
            names = list(parts[split])
            y = np.array(list(parts[split].values()), np.int64)[read.kept]
            mine = None if groups is None else np.array([groups.of[names[row]] for row in read.kept], np.str_)
            raw[split] = Raw(read.x, y, f"{what} {split}", f"{what} {split}", mine, f"{what} groups")
        bad = [each for read in reads.values() for each in read.bad]
        skipped = self._skipped(bad, raw, listing, sum(map(len, parts.values())), what)
        checked = checked_splits(
            raw,
            modality="image",
            class_names=listing.class_names,
            notices=(*listing.notices, *skipped, *notices(losses, target)),
        )
        called = {
            split: np.array([printable(name) for name in parts[split]], np.str_)[read.kept]
            for split, read in reads.items()
        }
        return dataclasses.replace(checked, names=called, how_read=(*said, *how_read(losses, target)))

    @classmethod
    def reads(cls, path: Path) -> bool:
        """True for a folder with images in it, or in its folders' folders."""
        try:
            entries = itertools.chain.from_iterable(map(path.glob, ("*", "*/*", "*/*/*")))
            return path.is_dir() and any(kind(entry.name) == "read" for entry in itertools.islice(entries, LOOKED_AT))
        except OSError:
            return False

    def find(self, root: Path | None) -> bool:
        """True where the folder is there."""
        return self._folder(root) is not None

    def _folder(self, root: Path | None) -> Path | None:
        """The folder under the user's data folder, the working folder or the default ones, whichever has it first."""
        bases = [*([from_home(root)] if root is not None else []), Path(), *default_roots()]
        paths = (as_on_disk(base / Path(self.path).expanduser()) for base in bases)
        return next((path for path in paths if path.is_dir()), None)

    def _listed(self, folder: Path, what: str) -> tuple[Listing, Groups | None]:
        """The images by folders, or by the table of labels; and the group of each, where a table tells."""
        file = None if self.groups is None else self._file("groups", self.groups, folder)
        if file is not None and self.group_by == NO_GROUPS:
            raise DataError(f"{what}: groups={self.groups} beside group_by={NO_GROUPS}: leave either out")
        listing, of, table = self._images(folder, file, what)
        if file is None or of:
            if not of and self.group_by != NO_GROUPS:
                beside = tables_beside(folder, [table], self.group_by)
                listing = dataclasses.replace(listing, notices=(*listing.notices, *beside))
            return listing, Groups(of) if of else None
        groups = read_groups(file, [name for part in listing.images.values() for name in part], self.group_by)
        said = [groups.told] if groups.told else []
        if groups.respelt:
            rows = f"{groups.respelt:,} rows of {file.name}"
            said.append(f"groups: {rows} spell a file in another way (Unicode form, spaces)")
        return dataclasses.replace(listing, how_read=(*listing.how_read, *said)), groups

    def _images(self, folder: Path, groups: Path | None, what: str) -> tuple[Listing, dict[str, str], Path | None]:
        """The images, the groups that come with their labels, and the table of labels, where one is read."""
        named = {split: name for split in SPLITS if (name := getattr(self, split))}
        leave_out, keep = _names(self.leave_out), _names(self.keep)
        table = self._file("labels", self.labels, folder) if self.labels else usual_table(folder)
        if table is None:
            return list_images(folder, what, named=named, leave_out=leave_out, keep=keep, table=groups), {}, None
        if named or leave_out or keep:
            raise DataError(f"{what}: {table.name} says what is read: leave out train, val, test, leave_out and keep")
        listing, of = list_table(folder, table, "" if groups not in (None, table) else self.group_by)
        if of and groups not in (None, table):
            raise DataError(
                f"{what}: {table.name} has groups, and groups={self.groups} names others: leave groups={self.groups} "
                f"out to take those of {table.name}, or take that column out of it"
            )
        return listing, of, table

    def _file(self, option: str, name: str, folder: Path) -> Path:
        """The CSV file in the image folder, else in the working folder."""
        named = Path(name).expanduser()
        found = next((path for path in map(as_on_disk, (folder / named, named)) if path.is_file()), None)
        if found is None:
            raise DataError(f"imagefolder[{option}={name}]: no such file in {folder} or the working folder")
        return found

    def _depth(self, what: str) -> str:
        if self.depth in ("auto", "image", *map(str, range(LEAST, MOST + 1))):
            return self.depth
        raise DataError(f"{what}: depth={self.depth}: write auto, image, or a number of bits from 8 to 16")

    def _dealt(
        self, listing: Listing, groups: Mapping[str, str] | None, said: list[str], what: str
    ) -> dict[str, dict[str, int]]:
        """The images of all three splits; one that is missing comes out of ``train``, or all three out of one list."""
        parts = dict(listing.images)
        missing = [split for split in SPLITS[1:] if split not in parts]
        if not missing:
            return parts
        shares = {split: getattr(self, f"{split}_share") for split in missing}
        train = 1 - sum(shares.values())
        if train <= 1e-9:
            given = " and ".join(f"{split}_share={share:g}" for split, share in shares.items())
            raise DataError(f"{what}: {given} leave nothing to train on; their sum has to be below 1")
        source = parts.pop("", None)
        source = parts.pop("train") if source is None else source
        dealt = split_images(
            source,
            groups,
            shares={"train": train} | shares,
            seed=self.split_seed,
            class_names=listing.class_names,
            what=what,
        )
        given = ", ".join(f"{split} {100 * share:.3g}%" for split, share in shares.items())
        whence = "train" if parts else "all images"
        said.append(
            f"folders: none for {' and '.join(missing)}; dealt out of {whence} (split_seed={self.split_seed}): {given}"
        )
        class_depth = 1 if "" in listing.images else 2
        if groups is None and any(name.count("/") > class_depth for name in source):
            said.append(
                "groups: none given; where folders below a class are patients, groups=FILE.csv keeps each in one split"
            )
        return parts | dealt

    def _skipped(
        self, bad: Sequence[str], raw: Mapping[str, Raw], listing: Listing, n_images: int, what: str
    ) -> list[str]:
        """What to say of images that cannot be read, where the user wants the others all the same."""
        if not bad:
            return []
        said = f"{len(bad):,} of {n_images:,} images cannot be read: {_first(bad)}"
        if self.on_error == "stop":
            raise DataError(f"{what}: {said}; mend or remove them, or write on_error=skip")
        for split, each in raw.items():
            empty = np.flatnonzero(np.bincount(each.y, minlength=len(listing.class_names)) == 0)
            if len(empty):
                name = listing.class_names[empty[0]]
                raise DataError(f"{what}: no image of class {name} in {split} can be read; {said}")
        return [f"skipped, {said}"]


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _first(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")

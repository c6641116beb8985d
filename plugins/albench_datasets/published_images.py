"""Image sets that somebody published as files of one layout: found, compared with the published counts, split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from albench.api import DataError, ImageDataset, Problem, Splits, option
from albench_datasets.arrays import About, ArrayOptions, splits_of
from albench_datasets.checks import Raw
from albench_datasets.roots import candidate_roots, default_roots

VAL_SHARE = 0.1
"""Of the training items, where the publisher has no split to validate on; of all, where there are no splits at all."""
TEST_SHARE = 0.25
"""Of all items, where there are no splits at all."""
Counts = Mapping[str, Sequence[int]]
"""Split -> items of each class."""


@dataclass(frozen=True, kw_only=True)
class PublishedImages(ImageDataset):
    """Base of the sets that are known by name: what they hold is compared with what is published of them."""

    equal_items: Literal["refuse", "drop", "allow"] = option(
        "drop", "where an item is in several splits: keep only the copy nearest to test, refuse the data, or keep all"
    )
    split_seed: int = option(0, "seed of the split that is made here", ge=0)

    name: ClassVar[str]
    """What the set is called, on the command line and in messages."""
    subfolders: ClassVar[tuple[str, ...]]
    """Folders of the data folder that its files may lie in, beside the data folder itself."""

    def needed(self) -> tuple[str, ...]:
        """The names of the files that ``load`` reads, as published."""
        raise NotImplementedError

    def read(self, files: Mapping[str, Path]) -> dict[str, Raw]:
        """Split -> its arrays; ``""`` where the items are in no splits."""
        raise NotImplementedError

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name a class, in label order."""
        raise NotImplementedError

    @property
    def published(self) -> Counts:
        """How many items of each class the published files hold."""
        raise NotImplementedError

    @property
    def how_read(self) -> tuple[str, ...]:
        """What is to be said of how the files were read."""
        return ()

    def load(self, root: Path | None) -> Splits:
        """Read the files.

        Raises
        ------
        DataError
            Where files are missing, damaged, or not those that are published under this name.
        """
        raw = self._read(root)
        wrong = [problem for split, each in raw.items() for problem in self._wrong_counts(split, each)]
        if wrong:
            more = f" (and {len(wrong) - 1} more such)" if len(wrong) > 1 else ""
            raise DataError(
                f"{wrong[0].where}: {wrong[0].what}{more}: this is not {self.name} as published; other images are "
                f"read by npz[path=FILE]"
            )
        return self.split_up(raw)

    def split_up(self, raw: Mapping[str, Raw]) -> Splits:
        """Train, val and test of what was read: what the publisher did not split is split here."""
        shares = ArrayOptions(
            val_share=None if "val" in raw else VAL_SHARE,
            test_share=None if "test" in raw else TEST_SHARE,
            split_seed=self.split_seed,
        )
        about = About(what=self.name, class_names=self.class_names, how_read=self.how_read)
        return splits_of(raw, shares, about, modality="image")

    def find(self, root: Path | None) -> bool:
        """True where every needed file is there."""
        return self._files(root) is not None

    def verify(self, root: Path | None) -> list[Problem]:
        """Compare the items of each class with the published counts."""
        try:
            raw = self._read(root)
        except DataError as error:
            return [Problem(self.name, str(error))]
        return [problem for split, each in raw.items() for problem in self._wrong_counts(split, each)]

    def _read(self, root: Path | None) -> dict[str, Raw]:
        files = self._files(root)
        if files is None:
            raise self.missing(root)
        return self.read(files)

    def _files(self, root: Path | None) -> dict[str, Path] | None:
        """Published name -> file, all of them from one folder; None where no folder has all."""
        for folder in self._folders(root):
            files = {name: _there(folder, name) for name in self.needed()}
            if all(files.values()):
                return {name: path for name, path in files.items() if path is not None}
        return None

    def _folders(self, root: Path | None) -> list[Path]:
        """The folders to search, best first; the one that the user named comes before the others."""
        roots = [root, None] if root is not None else [None]
        each = (found for base in roots for name in self.subfolders for found in candidate_roots(base, name))
        return list(dict.fromkeys(each))

    def missing(self, root: Path | None) -> DataError:
        """What to say where no folder has all files."""
        places = [*([root] if root is not None else []), *default_roots()]
        where = " or ".join(dict.fromkeys(map(str, places))) or "the data folder"
        return DataError(
            f"{self.name}: no {', '.join(self.needed())} in {where} (nor in {self.subfolders[0]} there): name the "
            f"folder that holds them with --data-dir DIR or ALBENCH_DATA"
        )

    def _wrong_counts(self, split: str, raw: Raw) -> list[Problem]:
        """Where the classes of a split are not as many as published."""
        y = np.asarray(raw.y).reshape(-1)
        there = dict(zip(*(values.tolist() for values in np.unique(y, return_counts=True)), strict=True))
        names, published = self.class_names, self.published[split]
        problems = [
            Problem(raw.y_from, f"{there.get(label, 0):,} items of class {name}, published are {wanted:,}")
            for label, (name, wanted) in enumerate(zip(names, published, strict=True))
            if there.get(label, 0) != wanted
        ]
        beyond = sorted(label for label in there if not 0 <= label < len(names))
        return [*problems, *(Problem(raw.y_from, f"{there[label]:,} items of class {label}") for label in beyond)]


def _there(folder: Path, name: str) -> Path | None:
    """A published file, packed or unpacked, in a folder."""
    paths = (folder / name, folder / name.removesuffix(".gz"))
    return next((path for path in paths if path.is_file()), None)

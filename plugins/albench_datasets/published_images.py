"""Image sets that somebody published as files of one layout: found, compared with the published counts, split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from albench.api import (
    DataError,
    ImageDataset,
    Problem,
    Published,
    Splits,
    checksum_problem,
    locate_published,
    missing_files,
    option,
)
from albench_datasets.arrays import About, ArrayOptions, splits_of
from albench_datasets.beyond import BEYOND
from albench_datasets.checks import Raw

VAL_SHARE = 0.1
"""Of the training items, where the publisher has no split to validate on; of all, where there are no splits at all."""
TEST_SHARE = 0.25
"""Of all items, where there are no splits at all."""


@dataclass(frozen=True, kw_only=True)
class PublishedImages(ImageDataset):
    """Base of the sets that are known by name: what they hold is compared with what is published of them."""

    equal_items: Literal["refuse", "drop", "allow"] = option(
        "drop", "where an item is in several splits: keep only the copy nearest to test, refuse the data, or keep all"
    )
    split_seed: int = option(0, "seed of the split that is made here", ge=0)

    @property
    def facts(self) -> Published:
        """What is published of the data with these options."""
        raise NotImplementedError

    def read(self, files: Mapping[str, Path]) -> dict[str, Raw]:
        """Split -> its arrays; ``""`` where the items are in no splits; ``BEYOND`` of items without labels."""
        raise NotImplementedError

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name a class, in label order."""
        raise NotImplementedError

    @property
    def ordinal(self) -> bool:
        """Whether the classes are grades."""
        return False

    @property
    def how_read(self) -> tuple[str, ...]:
        """What is to be said of how the files were read."""
        return ()

    def published(self) -> Published:
        """Files, sizes, licence and source."""
        return self.facts

    def load(self, root: Path | None) -> Splits:
        """Read the files.

        Raises
        ------
        DataError
            Where files are missing, damaged, or not those that are published under this name.
        """
        raw = self.read(self._files(root))
        wrong = [problem for split, each in raw.items() for problem in self._wrong_counts(split, each)]
        if wrong:
            more = f" (and {len(wrong) - 1} more such)" if len(wrong) > 1 else ""
            raise DataError(
                f"{wrong[0].where}: {wrong[0].what}{more}: this is not {self.facts.spec} as published; other images "
                f"are read by npz[path=FILE]"
            )
        return self._splits(raw)

    def _splits(self, raw: Mapping[str, Raw]) -> Splits:
        """The splits; what the publisher did not split is split here."""
        shares = ArrayOptions(
            val_share=None if "val" in raw else VAL_SHARE,
            test_share=None if "test" in raw else TEST_SHARE,
            split_seed=self.split_seed,
            ordinal=self.ordinal,
        )
        about = About(what=self.facts.spec, class_names=self.class_names, how_read=self.how_read)
        labelled = {split: each for split, each in raw.items() if split != BEYOND}
        return splits_of(labelled, shares, about, modality="image", beyond=raw.get(BEYOND))

    def find(self, root: Path | None) -> bool:
        """True where every needed file is there."""
        return locate_published(self.facts, root) is not None

    def verify(self, root: Path | None) -> list[Problem]:
        """Compare the items of each class with the published counts, and the files with their checksums.

        A file that was packed anew by somebody has another checksum and may hold the same: this is a note.
        """
        try:
            files = self._files(root)
            raw = self.read(files)
            self._splits(raw)
        except DataError as error:
            return [Problem(self.facts.spec, str(error))]
        problems = [problem for split, each in raw.items() for problem in self._wrong_counts(split, each)]
        sums = {remote.name: remote for remote in self.facts.files}
        found = (checksum_problem(sums[name], path) for name, path in files.items() if name in sums)
        return [*problems, *(problem for problem in found if problem)]

    def missing(self, root: Path | None) -> DataError:
        """What to say where no folder has all files."""
        return missing_files(self.facts, root)

    def _files(self, root: Path | None) -> dict[str, Path]:
        files = locate_published(self.facts, root)
        if files is None:
            raise self.missing(root)
        return files

    def _wrong_counts(self, split: str, raw: Raw) -> list[Problem]:
        """Where a split does not hold as many items, or as many of a class, as are published.

        Nothing where they are no labels, or not one an item: that is told in the words of every reader.
        """
        y = np.asarray(raw.y)
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if y.ndim != 1 or y.dtype.kind not in "iu" or len(y) != len(raw.x):
            return []
        published = self.facts.per_class.get(split)
        if published is None:
            wanted = self.facts.items[split]
            return [] if len(y) == wanted else [Problem(raw.y_from, f"{len(y):,} items, published are {wanted:,}")]
        return _wrong_classes(y, self.class_names, published, raw.y_from)


def _wrong_classes(y: np.ndarray, names: Sequence[str], published: Sequence[int], where: str) -> list[Problem]:
    """Where classes have another number of items than published, and labels that are of no class."""
    there = dict(zip(*(values.tolist() for values in np.unique(y, return_counts=True)), strict=True))
    problems = [
        Problem(where, f"{there.get(label, 0):,} items of class {name}, published are {wanted:,}")
        for label, (name, wanted) in enumerate(zip(names, published, strict=True))
        if there.get(label, 0) != wanted
    ]
    beyond = sorted(label for label in there if not 0 <= label < len(names))
    return [*problems, *(Problem(where, f"{there[label]:,} items of class {label}") for label in beyond)]

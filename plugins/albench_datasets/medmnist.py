"""MedMNIST's 2-D sets (Yang et al., 2023, Scientific Data 10:41), of one of four sizes, from their .npz files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from albench.api import DataError, Published, option
from albench_datasets.checks import Raw
from albench_datasets.facts_medmnist import SETS, Set, facts
from albench_datasets.npz import channels_first
from albench_datasets.npzfiles import read_npz
from albench_datasets.published_images import PublishedImages

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True)
class MedMnist(PublishedImages):
    """One of MedMNIST's sets of images with one label each, with the splits of its makers.

    Grades of ``retina`` are ordinal, which adds the quadratic weighted kappa. Larger sizes are MedMNIST+.
    """

    name: Literal[
        "path",
        "chest",
        "derma",
        "oct",
        "pneumonia",
        "retina",
        "breast",
        "blood",
        "tissue",
        "organa",
        "organc",
        "organs",
    ] = option(help="which set, as blood of BloodMNIST; not chest, whose images have 14 labels each")
    size: Literal[28, 64, 128, 224] = option(28, "side of the images in pixels")

    def __post_init__(self) -> None:
        if self.name not in SETS:
            raise DataError(
                "medmnist[name=chest]: ChestMNIST has 14 labels an item; only sets with one label an item can be used"
            )

    @property
    def about(self) -> Set:
        """The set."""
        return SETS[self.name]

    def read(self, files: Mapping[str, Path]) -> dict[str, Raw]:
        """Images (N, C, H, W) uint8 and labels, as they are in the file."""
        (path,) = files.values()
        names = tuple(f"{split}_{kind}" for split in SPLITS for kind in ("images", "labels"))
        held = read_npz(path, names)
        raw = {}
        for split in SPLITS:
            images, labels = f"{path}: {split}_images", f"{path}: {split}_labels"
            x = channels_first(held[f"{split}_images"], images)
            if x.shape[2:] != (self.size, self.size):
                raise DataError(
                    f"{images}: images of {x.shape[2]} x {x.shape[3]}, published are {self.size} x {self.size}"
                )
            raw[split] = Raw(x, held[f"{split}_labels"], images, labels)
        return raw

    @property
    def class_names(self) -> tuple[str, ...]:
        """As MedMNIST calls them."""
        return self.about.classes

    @property
    def ordinal(self) -> bool:
        """Grades are in order."""
        return self.about.ordinal

    @property
    def facts(self) -> Published:
        """Of the set at this size."""
        return facts(self.name, self.size)

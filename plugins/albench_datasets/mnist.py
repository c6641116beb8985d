"""MNIST (LeCun, Cortes and Burges, 1998) and Fashion-MNIST (Xiao et al., 2017, arXiv 1708.07747), as IDX files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

from albench.api import DataError, option
from albench_datasets.checks import Raw
from albench_datasets.idx import read_idx
from albench_datasets.published_images import Counts, PublishedImages

PARTS = {"train": "train", "test": "t10k"}
"""Split -> how the names of its files begin."""


@dataclass(frozen=True, kw_only=True)
class Idx(PublishedImages):
    """Grey images of 28 x 28 in four files: ``train`` and ``t10k``, images and labels."""

    @property
    def parts(self) -> Mapping[str, str]:
        """Split -> how the names of its files begin; ``""`` where the items are in no splits."""
        return PARTS

    def needed(self) -> tuple[str, ...]:
        """Images and labels of each part that is read."""
        return tuple(name for part in self.parts.values() for name in _names(part))

    def read(self, files: Mapping[str, Path]) -> dict[str, Raw]:
        """Images (N, 1, 28, 28) uint8 and labels (N,) uint8."""
        raw = {}
        for split, part in self.parts.items():
            images, labels = (files[name] for name in _names(part))
            raw[split] = Raw(read_idx(images, 3)[:, None], read_idx(labels, 1), str(images), str(labels))
        return raw


@dataclass(frozen=True, kw_only=True)
class Mnist(Idx):
    """Handwritten digits, 28 x 28 grey: 60,000 to train on, a tenth of each class to validate on, 10,000 to test on.

    ``part=t10k`` reads the 10,000 test images alone, where these are all there are, and deals them out: of each digit
    65 % to the pool, 10 % to val and 25 % to test, equal images together. Its figures are none of MNIST's test split.
    """

    name: ClassVar[str] = "mnist"
    subfolders: ClassVar[tuple[str, ...]] = ("mnist", "MNIST/raw")

    # a mirrored digit is another sign
    flip: bool = option(False, "weak view: flip left-right half of the time")
    part: Literal["all", "t10k"] = option(
        "all", "all 70,000 images, or t10k: the 10,000 test images alone, dealt out 65/10/25 % to pool, val and test"
    )

    @property
    def parts(self) -> Mapping[str, str]:
        """All four files, or those of the test part as items that are in no splits."""
        return PARTS if self.part == "all" else {"": self.part}

    def missing(self, root: Path | None) -> DataError:
        """With what to write where the test part is there."""
        error = super().missing(root)
        alone = replace(self, part="t10k")
        if self.part == "all" and alone.find(root):
            return DataError(f"{error}; its 10,000 test images are here, and mnist[part=t10k] reads them alone")
        return error

    @property
    def how_read(self) -> tuple[str, ...]:
        """That the test part's figures are none of MNIST's."""
        if self.part == "all":
            return ()
        return ("the 10,000 test images of MNIST alone: their split is made here, and is none of MNIST's own",)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The digits."""
        return tuple(str(digit) for digit in range(10))

    @property
    def published(self) -> Counts:
        """Counted in the published files."""
        train = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
        test = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
        return {"train": train, "test": test, "": test}


@dataclass(frozen=True, kw_only=True)
class FashionMnist(Idx):
    """Pictures of clothes, 28 x 28 grey: 60,000 to train on, of which a tenth validates, and 10,000 to test on."""

    name: ClassVar[str] = "fashion-mnist"
    subfolders: ClassVar[tuple[str, ...]] = ("fashion-mnist", "FashionMNIST/raw")

    @property
    def class_names(self) -> tuple[str, ...]:
        """As its makers call them."""
        return (
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        )

    @property
    def published(self) -> Counts:
        """As its makers say: every class alike."""
        return {"train": (6000,) * 10, "test": (1000,) * 10}


def _names(part: str) -> tuple[str, str]:
    """The published names of a part's images and labels."""
    return f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"

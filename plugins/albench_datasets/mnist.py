"""MNIST (LeCun, Cortes and Burges, 1998) and Fashion-MNIST (Xiao et al., 2017, arXiv 1708.07747), as IDX files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from albench.api import DataError, Published, option
from albench_datasets.checks import Raw
from albench_datasets.facts_images import FASHION_MNIST, MNIST, MNIST_TEST_PART
from albench_datasets.idx import read_idx
from albench_datasets.published_images import PublishedImages

PARTS = {"train": "train", "test": "t10k"}
"""Split -> how the names of its files begin."""


@dataclass(frozen=True, kw_only=True)
class Idx(PublishedImages):
    """Grey images of 28 x 28 in four files: ``train`` and ``t10k``, images and labels."""

    @property
    def parts(self) -> Mapping[str, str]:
        """Split -> how the names of its files begin; ``""`` where the items are in no splits."""
        return PARTS

    def read(self, files: Mapping[str, Path]) -> dict[str, Raw]:
        """Images (N, 1, 28, 28) uint8 and labels (N,) uint8."""
        raw = {}
        for split, part in self.parts.items():
            images, labels = (files[f"{part}-{kind}-ubyte.gz"] for kind in ("images-idx3", "labels-idx1"))
            raw[split] = Raw(read_idx(images, 3)[:, None], read_idx(labels, 1), str(images), str(labels))
        return raw


@dataclass(frozen=True, kw_only=True)
class Mnist(Idx):
    """Handwritten digits, 28 x 28 grey: 60,000 to train on, a tenth of each class to validate on, 10,000 to test on.

    ``part=t10k`` reads the 10,000 test images alone, where these are all there are, and deals them out: of each digit
    65 % to the pool, 10 % to val and 25 % to test, equal images together. Its figures are none of MNIST's test split.
    """

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
        if self.part == "all" and replace(self, part="t10k").find(root):
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
    def facts(self) -> Published:
        """Of all of it, or of the test part."""
        return MNIST if self.part == "all" else MNIST_TEST_PART


@dataclass(frozen=True, kw_only=True)
class FashionMnist(Idx):
    """Pictures of clothes, 28 x 28 grey: 60,000 to train on, of which a tenth validates, and 10,000 to test on."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """As its makers call them."""
        return (
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        )

    @property
    def facts(self) -> Published:
        """Of its makers."""
        return FASHION_MNIST

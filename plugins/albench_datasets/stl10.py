"""STL-10 (Coates, Lee and Ng, 2011), from its binary archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from albench.api import DataError, Published
from albench_datasets.archives import Member, read_members
from albench_datasets.beyond import BEYOND, BeyondThePool, without_labels
from albench_datasets.checks import Raw
from albench_datasets.facts_images import STL10, STL10_WITH_UNLABELED
from albench_datasets.published_images import PublishedImages

SIDE = 96
PIXELS = 3 * SIDE * SIDE
FOLDER = "stl10_binary"
UNLABELED = f"{FOLDER}/unlabeled_X.bin"
MOST = 1 << 32
"""Bytes of it that are read at most."""


@dataclass(frozen=True, kw_only=True)
class Stl10(BeyondThePool, PublishedImages):
    """Photographs of ten kinds of things, 96 x 96: 5,000 to train on, of which a tenth validates, and 8,000 to test on.

    Its 100,000 further images have no labels, and some show other things; ``unlabeled=true`` reads them too, from the
    archive into 2.8 GB of memory. Unpacked (``stl10_binary/``) it is read faster, and they stay on disk.
    """

    def read(self, files: Mapping[str, Path]) -> dict[str, Raw]:
        """Images (N, 3, 96, 96) uint8, and labels (N,) from 0."""
        names = {split: (f"{FOLDER}/{split}_X.bin", f"{FOLDER}/{split}_y.bin") for split in ("train", "test")}
        wanted = [Member(name, unit) for pair in names.values() for name, unit in zip(pair, (PIXELS, 1), strict=True)]
        if self.unlabeled:
            wanted.append(Member(UNLABELED, PIXELS, most=MOST, mapped=True))
        held = read_members(files, wanted)
        raw = {}
        for split, (images, labels) in names.items():
            y = held.bytes[labels]
            if not ((y >= 1) & (y <= 10)).all():
                raise DataError(f"{held.where(labels)} holds labels other than 1 .. 10; get the file again")
            x = np.ascontiguousarray(_upright(held.bytes[images]))
            raw[split] = Raw(x, y.astype(np.int64) - 1, held.where(images), held.where(labels))
        if self.unlabeled:
            raw[BEYOND] = without_labels(_upright(held.bytes[UNLABELED]), held.where(UNLABELED))
        return raw

    @property
    def class_names(self) -> tuple[str, ...]:
        """As its makers call them."""
        return ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")

    @property
    def facts(self) -> Published:
        """Of its makers."""
        return STL10_WITH_UNLABELED if self.unlabeled else STL10


def _upright(pixels: np.ndarray) -> np.ndarray:
    """(N, 3, 96, 96) over the same memory, where each channel lies column by column."""
    return pixels.reshape(-1, 3, SIDE, SIDE).transpose(0, 1, 3, 2)

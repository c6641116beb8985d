"""CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), from their binary archives: no pickle is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from albench.api import Published, option
from albench_datasets.archives import Member, read_members
from albench_datasets.checks import Raw
from albench_datasets.facts_images import CIFAR10, CIFAR100, CIFAR100_COARSE
from albench_datasets.published_images import PublishedImages

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
COARSE = (
    *("aquatic mammals", "fish", "flowers", "food containers", "fruit and vegetables", "household electrical devices"),
    *("household furniture", "insects", "large carnivores", "large man-made outdoor things"),
    *("large natural outdoor scenes", "large omnivores and herbivores", "medium-sized mammals"),
    *("non-insect invertebrates", "people", "reptiles", "small mammals", "trees", "vehicles 1", "vehicles 2"),
)
_FINE = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle "
    "caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant "
    "flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man "
    "maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree "
    "plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper "
    "snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train "
    "trout tulip turtle wardrobe whale willow_tree wolf woman worm"
)
FINE = tuple(_FINE.split())


@dataclass(frozen=True, kw_only=True)
class Cifar(PublishedImages):
    """Colour images of 32 x 32 in records of labels and pixels, in one archive or unpacked beside it."""

    members: ClassVar[Mapping[str, tuple[str, ...]]]
    """Split -> its files in the archive."""
    n_labels: ClassVar[int]
    """Bytes of labels before each image."""

    @property
    def column(self) -> int:
        """Which of a record's labels is learnt."""
        return 0

    def read(self, files: Mapping[str, Path]) -> dict[str, Raw]:
        """Images (N, 3, 32, 32) uint8 and labels (N,) uint8."""
        size = self.n_labels + PIXELS
        wanted = [Member(name, unit=size) for names in self.members.values() for name in names]
        held = read_members(files, wanted)
        raw = {}
        for split, names in self.members.items():
            records = np.concatenate([held.bytes[name].reshape(-1, size) for name in names])
            where = held.where(names[0])
            images = np.ascontiguousarray(records[:, self.n_labels :]).reshape(-1, *SHAPE)
            raw[split] = Raw(images, records[:, self.column].copy(), where, where)
        return raw


@dataclass(frozen=True, kw_only=True)
class Cifar10(Cifar):
    """Photographs of ten kinds of things, 32 x 32: 50,000 to train on, a tenth of them to validate, 10,000 to test."""

    members: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "train": tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6)),
        "test": ("cifar-10-batches-bin/test_batch.bin",),
    }
    n_labels: ClassVar[int] = 1

    @property
    def class_names(self) -> tuple[str, ...]:
        """As its maker calls them."""
        return ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

    @property
    def facts(self) -> Published:
        """Of its maker."""
        return CIFAR10


@dataclass(frozen=True, kw_only=True)
class Cifar100(Cifar):
    """Photographs of a hundred kinds of things, 32 x 32, with classes and superclasses; split as CIFAR-10."""

    labels: Literal["fine", "coarse"] = option("fine", "the 100 classes, or their 20 superclasses")

    members: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "train": ("cifar-100-binary/train.bin",),
        "test": ("cifar-100-binary/test.bin",),
    }
    n_labels: ClassVar[int] = 2

    @property
    def column(self) -> int:
        """A record begins with the coarse label."""
        return 0 if self.labels == "coarse" else 1

    @property
    def class_names(self) -> tuple[str, ...]:
        """As its maker calls them, in label order."""
        return COARSE if self.labels == "coarse" else FINE

    @property
    def facts(self) -> Published:
        """Of its maker."""
        return CIFAR100_COARSE if self.labels == "coarse" else CIFAR100

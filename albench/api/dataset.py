"""The contract of a data set: where its items come from and how they are augmented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from albench.api.options import option
from albench.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from albench.api.published import Published
    from albench.api.task import Task


@dataclass(frozen=True)
class Split:
    """Items and labels of one split.

    Attributes
    ----------
    x
        (N, D) float32, or (N, C, H, W) uint8 or float32 in 0 .. 1; an array or a memory map. Texts: (N,) of Python's
        ``str``, an array of objects.
    y
        (N,) int64 labels.
    """

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Splits:
    """A loaded data set.

    Attributes
    ----------
    train, val, test
        The pool, the split that chooses checkpoints, and the split that is reported.
    task
        Its description.
    groups
        Split name -> (N,) group (patient) of each item, where known.
    notices
        What the user has to know of how the files were read; shown before a run.
    stand_in
        What the data stands in for, e.g. ``"MESCC"``, where it is not real; shown wherever its numbers are.
    how_read
        How the files were read, a line each: folders taken as splits, the scale of pixels, what no data set would
        hold and was passed over. Nothing to act on; shown before a run, beside the counts.
    names
        Split -> (N,) what each item is called, such as its file; for people, who are told of single items.
    group_names
        What groups are called where ``groups`` are codes from 0 of them, one name a code; else empty.
    unlabeled
        (M, ...) items beyond the pool, of the form of ``train.x``, whose labels cannot be bought; None where there are
        none. Methods are given them among the unlabelled items of the pool; strategies never see them.
    """

    train: Split
    val: Split
    test: Split
    task: Task
    groups: dict[str, np.ndarray] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    stand_in: str = ""
    how_read: tuple[str, ...] = ()
    names: dict[str, np.ndarray] = field(default_factory=dict)
    group_names: tuple[str, ...] = ()
    unlabeled: np.ndarray | None = None

    @property
    def n_unlabeled(self) -> int:
        """Items beyond the pool."""
        return 0 if self.unlabeled is None else len(self.unlabeled)

    def called(self, split: str, row: int) -> str:
        """An item's name, or ``train row 5`` where it has none."""
        return str(self.names[split][row]) if split in self.names else f"{split} row {row}"

    def groups_called(self, split: str) -> np.ndarray | None:
        """(N,) the group of each item as the user knows it; None where groups are not known."""
        if split not in self.groups or not self.group_names:
            return self.groups.get(split)
        import numpy as np

        return np.array(self.group_names, np.str_)[self.groups[split]]


@dataclass(frozen=True)
class Problem:
    """One finding of ``verify``: what is wrong and where. ``fatal`` means that the data cannot be used."""

    where: str
    what: str
    fatal: bool = True


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Base of a data set. Subclass ``FeatureDataset`` or ``ImageDataset`` to get the built-in augmentation.

    ``equal_items`` is carried out by albench on what ``load`` returns.
    """

    equal_items: Literal["refuse", "drop", "allow"] = option(
        "refuse",
        "where an item is in several splits: refuse the data, keep only the copy nearest to test, or keep all",
        later=("refuse", "allow"),
    )

    noise_size: ClassVar[int] = 48
    """How many uniform numbers each augmented item gets."""

    def load(self, root: Path | None) -> Splits:
        """Read the data.

        Parameters
        ----------
        root
            The data folder that the user named, or None.

        Raises
        ------
        DataError
            Naming the file, the row and the value.
        """
        raise NotImplementedError

    def find(self, root: Path | None) -> bool:
        """True where the data can be loaded now, without a download."""
        return True

    def published(self) -> Published | None:
        """What is published of the data that ``load`` reads with these options; None where it is the user's own.

        Its files are downloaded by ``albench data fetch`` and before a run, where ``find`` does not find the data, into
        the first of its subfolders. A data set that holds another one answers with the other's.
        """
        return None

    @classmethod
    def reads(cls, path: Path) -> bool:  # noqa: ARG003  # what a subclass looks at
        """Whether a file or folder looks as if it could be loaded with the option ``path``: told to who types it alone.

        Looks at names and headers, not at items, and raises nothing for what cannot be read.
        """
        return False

    def verify(self, root: Path | None) -> list[Problem]:
        """Check the files against what is published of them; by default, whether they load."""
        try:
            self.load(root)
        except DataError as error:
            return [Problem(getattr(self, "path", type(self).__name__), str(error))]
        return []

    def simulate(self, out: Path, seed: int) -> list[Path]:
        """Write simulated files in the layout that ``load`` reads, where the real ones cannot be had.

        Returns
        -------
        The files written.
        """
        raise DataError(f"there is no simulation of {type(self).__name__}.")

    def weak(self, x: Tensor, noise: Tensor) -> Tensor | None:
        """Weakly augmented items, or None for the built-in augmentation of the modality.

        Parameters
        ----------
        x
            (B, ...) items on the training device.
        noise
            (B, noise_size) uniform in [0, 1): the only source of randomness.
        """
        return None

    def strong(self, x: Tensor, noise: Tensor) -> Tensor | None:
        """Strongly augmented items, or None for the built-in augmentation of the modality."""
        return None


@dataclass(frozen=True)
class FeatureDataset(Dataset):
    """Vectors: there is no image to augment, so noise scaled by each feature's spread takes its place."""

    noise_size: ClassVar[int] = 4

    weak_noise: float = option(0.1, "weak view: Gaussian noise, in standard deviations of each feature", ge=0)
    strong_noise: float = option(0.5, "strong view: Gaussian noise, in standard deviations of each feature", ge=0)
    strong_dropout: float = option(0.2, "strong view: share of features set to zero", ge=0, lt=1)
    strong_mix: float = option(0.1, "strong view: weight of a random neighbour in the batch", ge=0, lt=1)
    strong_shift: float = option(
        0.0, "strong view: weight of the difference of an item of the pool from a near one", ge=0, later=True
    )


@dataclass(frozen=True)
class ImageDataset(Dataset):
    """Images: flip, shift and rotation (weak), RandAugment and CutOut (strong)."""

    flip: bool = option(True, "weak view: flip left-right half of the time")
    shift: int | None = option(
        None, "weak view: largest shift in pixels, with reflected borders; none: an eighth of the shorter side", ge=0
    )
    rotate: float = option(10.0, "weak view: largest rotation in degrees", ge=0, le=180)
    n_ops: int = option(3, "strong view: RandAugment operations for each image", ge=0, le=8)
    cutout: float = option(0.5, "strong view: largest side of the cut-out square, as a share of the image", ge=0, le=1)


def scaled_shift(shape: Sequence[int]) -> int:
    """Largest shift in pixels of images (..., H, W): an eighth of the shorter side, and 4 at the usual 28 and 32.

    Source: the share of Sohn et al., "FixMatch", NeurIPS 2020, whose images are of 32 pixels.
    """
    return (min(shape[-2:]) + 4) // 8

"""The contract of an encoder, a frozen model that turns items into vectors once, and of data sets that are read so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from albench.api.dataset import Dataset, FeatureDataset, Problem, Splits
from albench.api.options import option

if TYPE_CHECKING:
    import numpy as np
    import torch

    from albench.api.published import Published
    from albench.api.task import Modality, Task


class Encoder:
    """Base of an encoder. Subclass as a frozen dataclass whose fields are the options.

    Its vectors are kept by what the items hold, the options, ``fingerprint`` and the encoder's code: where all of these
    are the same, no item is encoded again. An item's vector hangs on that item alone, never on its block or its label.
    """

    modalities: ClassVar[frozenset[Modality]] = frozenset({"image"})
    """What it can read."""
    block_size: ClassVar[int] = 64
    """Items that ``encode`` is handed at a time, at most."""

    def fingerprint(self) -> str:
        """Names all that makes the vectors beside options and code: weights, preprocessing, versions of libraries.

        Raises
        ------
        PluginError
            Where a library or weights are missing, in one line with the command that installs them.
        """
        raise NotImplementedError

    def fit(self, x: np.ndarray) -> Encoder:
        """The encoder with what it learns of the pool, such as which words there are; itself where it learns nothing.

        Called once, before all else, with the training items alone and no label.

        Parameters
        ----------
        x
            (N, ...) the training items, as ``Split.x`` holds them.
        """
        return self

    def dim(self, task: Task) -> int:
        """D, how many numbers a vector has, for items of a task; asked after ``fit``."""
        raise NotImplementedError

    def encode(self, x: np.ndarray, device: torch.device) -> np.ndarray:
        """The vectors of a block of items.

        Parameters
        ----------
        x
            (n, C, H, W) uint8 or float32 in 0 .. 1, (n, D) float32 or (n,) texts.
        device
            Where the model computes.

        Returns
        -------
        (n, D) float32, finite; of a root mean square near 1, which networks learn from best.
        """
        raise NotImplementedError

    def skip(self, task: Task) -> str | None:
        """Why it cannot encode the items of a task, or None."""
        if task.modality not in self.modalities:
            return f"it reads {' or '.join(sorted(self.modalities))}, not {task.modality}"
        return None


@dataclass(frozen=True, kw_only=True)
class EncodedDataset(FeatureDataset):
    """A data set read through an encoder: ``load`` gives the items as they are, and albench encodes and keeps them."""

    of: Dataset = option(help="the data set whose items are encoded", component="dataset")
    encoder: Encoder = option(help="the frozen model that turns them into vectors", component="encoder")
    equal_items: Literal["refuse", "drop", "allow"] = option(
        "allow", "where vectors of several splits are equal, though the items are not: refuse, drop or allow"
    )

    def load(self, root: Path | None) -> Splits:
        """The items of the data set inside, not encoded yet."""
        return self.of.load(root)

    def find(self, root: Path | None) -> bool:
        """As the data set inside."""
        return self.of.find(root)

    def published(self) -> Published | None:
        """As of the data set inside."""
        return self.of.published()

    def verify(self, root: Path | None) -> list[Problem]:
        """As the data set inside."""
        return self.of.verify(root)

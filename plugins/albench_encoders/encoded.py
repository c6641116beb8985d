"""A data set whose items are turned into vectors by a frozen model."""

from __future__ import annotations

from dataclasses import dataclass

from albench.api import EncodedDataset


@dataclass(frozen=True, kw_only=True)
class Encoded(EncodedDataset):
    """Another data set through an encoder; ``-d DATASET --encoder ENCODER`` writes it for you.

    Each item goes once through the encoder; the vectors are kept, by what the items hold and all that makes them, in
    the folder that ``ALBENCH_CACHE`` names, else in the user's cache folder. Views are those of features.
    """

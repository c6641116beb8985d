"""A data set's items as features: a backbone's embeddings, in files that the real feature loader reads.

A folder of features holds, for each split, ``<split>-features.npy`` (N, E) float32, ``<split>-targets.npy`` (N,) int64
(``-six-targets`` for six ordered classes, ``-two-targets`` for two) and, where patients are known,
``<split>-groups.npy``; and ``extraction.json``, which says what they were made of.
"""

from albench.extract.features import Extraction, extract
from albench.extract.folder import SPLITS, target_file
from albench.extract.reading import AT_ONCE

__all__ = ["AT_ONCE", "SPLITS", "Extraction", "extract", "target_file"]

"""``breast-cancer`` and ``wine``: real tables that come with scikit-learn.

Sources: Street, Wolberg and Mangasarian, "Nuclear feature extraction for breast tumor diagnosis", IS&T/SPIE 1993
(Wisconsin diagnostic breast cancer); Forina et al., PARVUS, 1988 (wine). Both by the UCI Machine Learning Repository,
CC BY 4.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from albench.api import FeatureDataset, Splits
from albench_datasets.arrays import About
from albench_datasets.tables.frame import Column, Frame
from albench_datasets.tables.options import TableOptions
from albench_datasets.tables.splits import splits_of_table


@dataclass(frozen=True, kw_only=True)
class Embedded(TableOptions, FeatureDataset):
    """A table of scikit-learn's."""

    called: ClassVar[str] = ""

    def load(self, root: Path | None) -> Splits:
        """Read it from the installed scikit-learn; ``root`` is not read."""
        from sklearn import datasets

        bunch: Any = getattr(datasets, f"load_{self.called.replace('-', '_')}")()
        columns = {str(name): Column(values) for name, values in zip(bunch.feature_names, bunch.data.T, strict=True)}
        columns["class"] = Column(np.asarray(bunch.target_names)[bunch.target].astype(object))
        n = len(bunch.target)
        rows = np.array([f"row {row}" for row in range(n)], object)
        frame = Frame(columns, np.full(n, "", object), rows, {"": self.called})
        names = tuple(map(str, bunch.target_names))
        return splits_of_table(frame, "class", self, About(what=self.called, class_names=names))


class BreastCancer(Embedded):
    """569 biopsies by 30 measures of their cell nuclei, malignant or benign."""

    called: ClassVar[str] = "breast-cancer"


class Wine(Embedded):
    """178 Italian wines of three growers by 13 measures of their chemistry."""

    called: ClassVar[str] = "wine"

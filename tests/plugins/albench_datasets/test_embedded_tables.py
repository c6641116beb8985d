"""The tables that come with scikit-learn are what is published of them."""

from __future__ import annotations

import numpy as np
import pytest

from albench.api import FeatureDataset
from albench.data.checks import SPLITS
from albench.data.equal_items import usable
from albench_datasets.tables.embedded import BreastCancer, Wine


@pytest.mark.parametrize(
    ("dataset", "names", "counts", "n_features"),
    [
        (BreastCancer(), ("malignant", "benign"), [212, 357], 30),
        (Wine(), ("class_0", "class_1", "class_2"), [59, 71, 48], 13),
    ],
)
def test_counts_and_classes_are_the_published_ones(
    dataset: FeatureDataset, names: tuple[str, ...], counts: list[int], n_features: int
) -> None:
    splits, _ = usable(dataset, dataset.load(None), "table")
    assert splits.task.class_names == names
    assert splits.task.shape == (n_features,)
    y = np.concatenate([getattr(splits, split).y for split in SPLITS])
    assert np.bincount(y).tolist() == counts
    assert np.abs(splits.train.x.mean(axis=0)).max() < 1e-2
    assert np.abs(splits.train.x.std(axis=0) - 1).max() < 1e-2
    assert dataset.find(None)
    assert dataset.verify(None) == []

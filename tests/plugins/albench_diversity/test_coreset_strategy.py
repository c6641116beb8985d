"""The core-set strategy on a hand-made view."""

from __future__ import annotations

from types import SimpleNamespace

import torch

from albench_diversity.coreset import Coreset


def test_it_covers_what_the_labels_leave_uncovered() -> None:
    # Labelled at 0; 10 is farthest, then 4 (4 from the label, 6 from 10), then 1 and 9 are both 1 away: lowest first.
    view = SimpleNamespace(
        embeddings=torch.tensor([[1.0], [4.0], [10.0], [9.0]]), labeled_embeddings=torch.tensor([[0.0]])
    )
    assert Coreset().select(view, 4).tolist() == [2, 1, 0, 3]


def test_labels_count_as_covered() -> None:
    view = SimpleNamespace(
        embeddings=torch.tensor([[1.0], [4.0], [10.0]]), labeled_embeddings=torch.tensor([[0.0], [10.0]])
    )
    assert Coreset().select(view, 1).tolist() == [1]

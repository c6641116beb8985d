"""The strategy keeps albench's contract, and picks what a hand can work out."""

from __future__ import annotations

import pytest
import torch

from albench.testing import Finding, make_view
from albench_margin_spread.strategy import MarginSpread


@pytest.mark.albench("margin-spread")
def test_conformance(albench_finding: Finding) -> None:
    assert not albench_finding.failed, albench_finding


def test_of_the_unsure_items_it_takes_those_far_apart() -> None:
    # The head reads the first column alone: margins grow with |x|. The four items near 0 are candidates, of which the
    # labelled one at height 0 lies nearest the first two.
    x = torch.tensor([[0.01, 0.0], [0.02, 0.1], [0.03, 5.0], [0.04, 9.0], [8.0, 20.0]])
    view = make_view(
        x,
        weight=torch.tensor([[1.0, 0.0], [-1.0, 0.0]]),
        labeled_embeddings=torch.tensor([[0.0, 0.0]]),
        labeled_y=torch.tensor([0]),
    )
    assert MarginSpread(factor=2.0).select(view, 2).tolist() == [3, 2]
    assert MarginSpread(factor=1.0).select(view, 2).tolist() == [1, 0]

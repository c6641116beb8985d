"""The check of what is about to decide."""

from __future__ import annotations

import pytest
import torch

from albench.kernels import NonFiniteScores, require_finite


def test_finite_inputs_pass_and_others_are_named_and_counted() -> None:
    huge = torch.full((3, 2), 3e38)
    require_finite(embeddings=huge, nothing=huge[:0])
    bad = torch.zeros(4, 2)
    bad[1, 0], bad[3, 1] = torch.inf, torch.nan
    with pytest.raises(NonFiniteScores, match="2 of 4 rows of labelled embeddings are not finite"):
        require_finite(embeddings=huge, labelled_embeddings=bad)
    opposite = torch.tensor([[torch.inf, -torch.inf]])
    with pytest.raises(NonFiniteScores, match="1 of 1 rows"):
        require_finite(probabilities=opposite)
    with pytest.raises(ValueError, match=r"scores must be \(n, m\), got \(4,\)"):
        require_finite(scores=torch.zeros(4))

"""What is worked out of candidates, in blocks and by hand."""

from __future__ import annotations

import pytest
import torch
from by_hand import entropy, random_samples

from albench_uncertainty import candidates
from albench_uncertainty.candidates import Candidates, kinds


def test_their_own_information(monkeypatch: pytest.MonkeyPatch) -> None:
    probs = random_samples(4, 9, 3, seed=2)
    monkeypatch.setattr(candidates, "BLOCK", 30)
    known = Candidates(torch.tensor(probs))
    torch.testing.assert_close(known.within, torch.tensor(entropy(probs).T))
    torch.testing.assert_close(known.alone, torch.tensor(entropy(probs.mean(axis=0)) - entropy(probs).mean(axis=0)))


def test_probabilities_of_some_and_of_all() -> None:
    probs = torch.tensor(random_samples(4, 9, 3, seed=2)).float()
    known = Candidates(probs)
    for positions in (torch.tensor([7, 2]), None):
        places = torch.arange(9) if positions is None else positions
        wide, within = known.wide(positions)
        assert wide.dtype == torch.float64
        assert torch.equal(wide.view(4, -1, 3), probs[:, places].double())
        assert torch.equal(within, known.within[places].T)
    assert known.wide()[0] is known.wide()[0]


def test_copies_are_of_one_kind() -> None:
    rows = torch.tensor([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [-0.0, 0.0], [0.0, 0.0], [1.0, 2.0000002]])
    kind = kinds(rows).tolist()
    assert kind[0] == kind[2]
    assert kind[3] == kind[4]
    assert len(set(kind)) == 4

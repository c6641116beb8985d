"""Candidates that are worked out when they are looked at, against the same that are there from the start."""

from __future__ import annotations

import torch
from by_hand import entropy, random_samples
from torch import Tensor

from albench_uncertainty.candidates import FIRST, Candidates, kinds


def both(n: int = 100) -> tuple[Candidates, Candidates, list[Tensor]]:
    """All there, looked at, and what was asked for."""
    probs = torch.tensor(random_samples(4, n, 3, seed=1)).float()
    whole, asked = Candidates(probs), list[Tensor]()

    def of_some(positions: Tensor) -> Tensor:
        asked.append(positions)
        return probs[:, positions]

    return whole, Candidates.looked_at(whole.alone + 1e-6, whole.kind, (n, 3, 4), of_some), asked


def test_what_is_looked_at_is_what_is_there() -> None:
    whole, some, asked = both()
    for places in (torch.tensor([70, 3]), torch.tensor([3]), torch.arange(0, 100, 7)):
        for expected, found in zip(whole.look_at(places), some.look_at(places), strict=True):
            assert torch.equal(expected, found)
    assert len(asked[0]) == FIRST
    assert len(torch.cat(asked).unique()) == len(torch.cat(asked)), "nothing is worked out twice"
    assert torch.equal(some.ranking(), whole.ranking())
    assert len(torch.cat(asked)) == 100


def test_their_own_information() -> None:
    probs = random_samples(4, 9, 3, seed=2)
    whole = Candidates(torch.tensor(probs))
    alone = entropy(probs.mean(axis=0)) - entropy(probs).mean(axis=0)
    torch.testing.assert_close(whole.alone, torch.tensor(alone))
    assert whole.ranking().tolist() == (-alone).argsort().tolist()


def test_copies_are_of_one_kind() -> None:
    rows = torch.tensor([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [-0.0, 0.0], [0.0, 0.0], [1.0, 2.0000002]])
    kind = kinds(rows).tolist()
    assert kind[0] == kind[2]
    assert kind[3] == kind[4]
    assert len(set(kind)) == 4

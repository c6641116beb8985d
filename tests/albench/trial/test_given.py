"""A view over what a caller hands in."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from albench.api.strategy import NEEDS
from albench.data.items import Items
from albench.errors import UserError
from albench.trial.given import Given, GivenView

CPU = torch.device("cpu")
Z = torch.arange(12.0).view(6, 2)


def view(cold: bool = False, **known: object) -> GivenView:
    return GivenView(Given(6, 2, CPU, **known), "s", NEEDS, cold=cold, seed=0, round_number=1)  # type: ignore[arg-type]


def test_rows_come_in_the_order_of_the_index() -> None:
    shown = view(embeddings=Z, logits=Z, items=Items(Z.numpy(), CPU))
    assert shown.index.tolist() != list(range(6)), "an order that is drawn"
    assert torch.equal(shown.embeddings, Z[shown.index])
    assert torch.equal(shown.x, Z[shown.index])
    assert torch.equal(shown.probs, Z.softmax(1)[shown.index])


def test_stored_samples_are_those_of_the_items_shown() -> None:
    samples = torch.rand(3, 6, 2)
    shown = view(mc_probs=samples)
    assert torch.equal(torch.stack(list(shown.mc_probs(3))), samples[:, shown.index])
    with pytest.raises(UserError, match="reads 4 dropout samples and mc_probs has 3"):
        list(shown.mc_probs(4))


def test_labelled_items_are_those_given() -> None:
    known = {"labeled_embeddings": Z[:3], "labeled_logits": Z[:3], "labeled_y": torch.tensor([0, 1, 1])}
    shown = view(embeddings=Z, logits=Z, labeled_items=Items(np.ones((3, 5), np.float32), CPU), **known)
    assert torch.equal(shown.labeled_embeddings, Z[:3])
    assert torch.equal(shown.labeled_probs, Z[:3].softmax(1))
    assert shown.labeled_y.tolist() == [0, 1, 1]
    assert shown.labeled_x.shape == (3, 5)


def test_without_labelled_items_only_what_starts_cold_sees_an_empty_set() -> None:
    assert view(cold=True, embeddings=Z).labeled_embeddings.shape == (0, 2)
    assert len(view(cold=True, embeddings=Z).labeled_y) == 0
    for name in ("labeled_embeddings", "labeled_y", "labeled_x", "labeled_probs", "x", "true_labels"):
        with pytest.raises(UserError, match="strategy s "):
            getattr(view(embeddings=Z, logits=Z), name)


def test_items_below_the_confidence_are_rejected() -> None:
    logits = torch.tensor([[3.0, 0.0], [0.0, 0.0]]).repeat(3, 1)
    shown = view(logits=logits, confidence=0.9)
    assert torch.equal(shown.rejected, shown.index % 2 == 1)


def test_a_last_layer_alone_runs_no_items() -> None:
    shown = view(embeddings=Z, logits=Z, head=nn.Linear(2, 2))
    assert shown.head(Z).shape == (6, 2)
    with pytest.raises(UserError, match="give model= and pool="):
        shown.forward(Z)

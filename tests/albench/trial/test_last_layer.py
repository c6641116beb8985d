"""Anybody's classifier as strategies see a backbone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from albench.data.items import Items
from albench.errors import UserError
from albench.trial.last_layer import WithEmbeddings

X = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
ITEMS = Items(X, torch.device("cpu"))


class TwoHeads(nn.Module):
    """A side head runs after the last layer, and is none."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.fc, self.side = nn.Linear(4, 8), nn.Linear(8, 3), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        z = self.body(x).relu()
        logits = self.fc(z)
        self.side(z)
        return logits


def test_the_layer_whose_output_is_the_models_is_found() -> None:
    model = TwoHeads()
    whole = WithEmbeddings(model, None, ITEMS)
    assert whole.head is model.fc
    logits, z = whole(torch.tensor(X))
    assert torch.equal(logits, model(torch.tensor(X)))
    assert torch.equal(z, model.body(torch.tensor(X)).relu())
    assert torch.equal(whole.head(z), logits)
    assert not model.fc._forward_hooks


def test_a_layer_may_be_named_or_given() -> None:
    model = TwoHeads()
    assert WithEmbeddings(model, "fc", ITEMS).head is model.fc
    assert WithEmbeddings(model, model.side, ITEMS).head is model.side
    with pytest.raises(UserError, match="head 'cls': the model has no such layer; its linear ones are body, fc, side"):
        WithEmbeddings(model, "cls", ITEMS)


def test_a_backbone_says_both_itself() -> None:
    class Backbone(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Any:
            return self.head(x), x

    model = Backbone()
    whole = WithEmbeddings(model, None, ITEMS)
    assert whole.head is model.head
    logits, z = whole(torch.tensor(X))
    assert torch.equal(z, torch.tensor(X))
    assert torch.equal(logits, model.head(z))


def test_what_gives_no_logits_is_told() -> None:
    class Three(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return x, x, x

    with pytest.raises(UserError, match="model gives 3 things: it must give logits, or logits and embeddings with a"):
        WithEmbeddings(Three(), None, ITEMS)
    with pytest.raises(UserError, match="no linear layer gives its output"):
        WithEmbeddings(nn.Sequential(nn.Linear(4, 2), nn.Softmax(dim=1)), None, ITEMS)


def test_modes_come_back_part_by_part() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(), nn.Linear(4, 2))
    model[1].eval()
    whole = WithEmbeddings(model, None, ITEMS)
    assert not any(module.training for module in model.modules())
    whole.give_back()
    assert [module.training for module in model] == [True, False, True]

"""What a trial is carried out with: items once for all, and the versions that its process computes with."""

from __future__ import annotations

import torch
from tiny_trial import Tiny


def test_items_are_placed_once_for_all_trials_that_have_the_parts(tiny: Tiny) -> None:
    parts = tiny.parts()
    train, val, test = parts.items
    assert parts.items == (train, val, test)
    assert [len(items) for items in (train, val, test)] == [40, 20, 20]
    assert train.device == parts.device


def test_what_makes_the_numbers_names_torch_and_the_plugins(tiny: Tiny) -> None:
    made = tiny.parts(plugins={"mine": "0.3"}).made_with
    assert made["mine"] == "0.3"
    assert made["torch"] == str(torch.__version__)

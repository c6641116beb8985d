"""What the base of a backbone does for those that are built on it."""

from __future__ import annotations

import pytest
import torch

from albench.api import Backbone, Task


class OfImages(Backbone):
    modalities = frozenset({"image"})


def test_a_task_of_another_modality_is_skipped_with_the_reason() -> None:
    features, images = Task("features", (4,), 2, ("a", "b")), Task("image", (1, 8, 8), 2, ("a", "b"))
    assert OfImages().skip(images) is None
    assert OfImages().skip(features) == "it reads image, not features"
    assert OfImages().skip(Task("text", (), 2, ("a", "b"))) == (
        "it reads image, not text: turn texts into vectors with an encoder"
    )
    assert Backbone().skip(features) is Backbone().skip(images) is None


def test_seeds_train_one_by_one_unless_it_says_otherwise_and_building_is_its_own() -> None:
    assert not Backbone.vmap_safe
    with pytest.raises(NotImplementedError):
        Backbone().build(Task("features", (4,), 2, ("a", "b")), torch.Generator())

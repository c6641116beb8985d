"""Two data sets that hold the same items are told to be one, however they are read; what is another task is not."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import pytest

from albench import item_predictions
from albench.results.same_items import items_of

Y = np.array([0, 1, 1, 0, 2])


def of(resolved: str, y: np.ndarray = Y, names: tuple[str, ...] = ("a", "b", "c"), **changes: Any) -> str:
    facts: dict[str, Any] = {"dataset": "typed", "resolved": {"dataset": resolved}, "class_names": list(names)}
    return items_of({**facts, item_predictions.KEY: item_predictions.facts_of(y, None), **changes})


@pytest.mark.parametrize(
    "resolved",
    [
        "imagefolder[flip=false,path=scans,size=224]",
        "encoded[encoder=timm[model=a],of=imagefolder[mode=grey,path=scans,size=64],weak_noise=0.1]",
        "encoded[encoder=identity,of=encoded[encoder=resnet,of=imagefolder[path=scans,size=32]]]",
        "imagefolder[equal_items=drop,on_error=skip,path=scans]",
    ],
)
def test_pixels_of_any_size_and_what_any_encoder_makes_of_them_are_the_same_items(resolved: str) -> None:
    assert of(resolved) == of("imagefolder[path=scans]") != ""


@pytest.mark.parametrize(
    ("resolved", "changes"),
    [
        ("imagefolder[path=others]", {}),
        ("npz[path=scans]", {}),
        ("imagefolder[path=scans,split_seed=1]", {}),
        ("imagefolder[path=scans]", {"y": Y[::-1]}),
        ("imagefolder[path=scans]", {"names": ("ill", "b", "c")}),
    ],
)
def test_other_items_other_labels_and_other_classes_are_not(resolved: str, changes: dict[str, Any]) -> None:
    assert of(resolved, **changes) != of("imagefolder[path=scans]")


def test_packing_of_another_version_changes_nothing() -> None:
    kept = item_predictions.facts_of(Y, None)["y"]
    kind, _, content = kept.partition(":")
    again = zlib.compress(zlib.decompress(base64.b64decode(content)), 1)
    other = {"y": f"{kind}:{base64.b64encode(again).decode()}"}
    assert other["y"] != kept
    assert of("x[path=1]", **{item_predictions.KEY: other}) == of("x[path=1]")


def test_without_test_items_nothing_is_known() -> None:
    assert items_of({"dataset": "digits", "class_names": ["a"]}) == ""


def test_what_is_no_spec_of_albench_stands_for_itself() -> None:
    assert of("what [they] call it") == of("what [they] call it") != of("another")

"""Views fit the size of the items; a folder goes on with those that it began with."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from albench.api import ImageDataset, Task
from albench.components.fields import canonical
from albench.disk.files import sealed_text
from albench.execution.fitting import fitted
from albench.results.inventory import Inventory


def data(side: int) -> Any:
    task = Task("image", (1, side, side), 2, ("a", "b"))
    return {"pictures": SimpleNamespace(dataset=ImageDataset(), splits=SimpleNamespace(task=task), hash="77ac")}


def began(folder: Path, **facts: Any) -> Inventory:
    """A folder with one trial that has records."""
    place = folder / "trials" / "a"
    place.mkdir(parents=True)
    (place / "trial.json").write_text(sealed_text({"dataset": "pictures", "seed": 0, "data_hash": "77ac", **facts}))
    (place / "rounds.jsonl").write_text("{}\n")
    return Inventory(folder)


@pytest.mark.parametrize(("side", "shift"), [(64, 8), (28, 4), (8, 1)])
def test_a_new_folder_has_views_that_fit(side: int, shift: int, tmp_path: Path) -> None:
    views, notes = fitted(data(side), Inventory(tmp_path))
    assert views["pictures"].get("shift", 4) == shift
    assert notes == []


def test_a_folder_goes_on_with_those_that_it_began_with(tmp_path: Path) -> None:
    then = canonical("pictures", ImageDataset(), {"shift": 4})
    views, notes = fitted(data(64), began(tmp_path, resolved={"dataset": then}))
    assert views == {"pictures": {"shift": 4}}
    assert notes == [
        f"pictures: views shift by 4 pixels, as {tmp_path} began; 8 would fit its images: use --name for a new suite."
    ]


def test_other_data_of_the_folder_decide_nothing(tmp_path: Path) -> None:
    views, notes = fitted(data(64), began(tmp_path, dataset="others", data_hash="0", resolved={"dataset": "others[]"}))
    assert (views, notes) == ({"pictures": {"shift": 8}}, [])

"""The calibration sees every mark: what it does not see it could not count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from script_modules import benchmark

from albench.compare import compare


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Any:
    return benchmark("calibration_pages", monkeypatch)


def curves(n_datasets: int, lift: float) -> np.ndarray:
    """Two metrics of three strategies, 10 seeds: s1 above random by ``lift``, s2 below it."""
    found = np.random.default_rng(0).normal(0.5, 0.01, (2, n_datasets, 3, 10, 6))
    return found + lift * np.array([0, 1, -1])[:, None, None] * (np.arange(6) > 0)


def test_every_kind_of_mark_is_seen(pages: Any) -> None:
    found = compare(pages.as_frame(curves(3, 0.2), "nothing differs"), details=True)
    assert set(pages.marks(found)) == {
        "difference of a table",
        "best AUBC of a table",
        "best at a label count of a table",
        "difference over data sets",
        "letters of mean ranks",
        "pairs",
        "first sentence",
    }


def test_what_is_true_is_not_counted(pages: Any) -> None:
    lifted = curves(1, 0.2)
    lifted[:, :, 2] += 0.2 * (np.arange(6) > 0)  # s2 is as random is
    found = compare(pages.as_frame(lifted, "one is better"), details=True)
    assert set(pages.marks(found)) > {"difference of a table", "first sentence"}
    assert not set(pages.marks(found, true="s1"))


def test_where_nothing_is_told_nothing_is_marked(pages: Any) -> None:
    found = compare(pages.as_frame(curves(3, 0.0), "nothing differs"), details=True)
    assert not set(pages.marks(found))

"""``Results.plot``: the curves that the command draws, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_up import FAILED, frame
from made_up import trial as made_trial

from albench.errors import UserError
from albench.results.results import Results

pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'albench[plot]'")


@pytest.fixture
def results() -> Any:
    rows = [made_trial(name, seed, [0.5, 0.6 + seed / 100]) for name in ("random", "entropy") for seed in range(3)]
    trials = frame(*rows, made_trial("margin", 0, [0.5, 0.7]))
    return Results((), trials, pd.DataFrame(columns=FAILED))


def test_a_notebook_is_shown_the_picture_that_is_saved(results: Any, tmp_path: Path) -> None:
    drawn = results.plot(dpi=100)
    assert repr(drawn) == "<3 curves on digits: .save('curves.png') writes them>"
    assert drawn.save(tmp_path / "curves.png").read_bytes() == drawn._repr_png_()
    assert drawn._repr_png_().startswith(b"\x89PNG")
    assert drawn.save(tmp_path / "curves.svg").read_bytes().startswith(b"<?xml")
    assert "digits supervised + margin: 1 of 3 seeds." in drawn.notes


def test_one_name_stands_for_itself(results: Any) -> None:
    assert [table.strategy for table in results.plot(strategy="entropy").tables] == ["entropy", "random"]
    assert results.plot(metric="macro_f1", bands=False).look.bands is False


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"strategie": "entropy"}, "a plot has no option 'strategie': did you mean 'strategies'?"),
        ({"colour": "red"}, "a plot has no option 'colour': options are metrics, split, strategies"),
        ({"strategy": "entrpy"}, "did you mean 'entropy'?"),
    ],
)
def test_what_is_unknown_is_told(results: Any, options: dict[str, str], told: str) -> None:
    with pytest.raises(UserError, match=told.replace("?", r"\?")):
        results.plot(**options)


def test_no_file_of_another_kind_is_written(results: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\.gif"):
        results.plot().save(tmp_path / "curves.gif")
    assert list(tmp_path.iterdir()) == []

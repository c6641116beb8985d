"""A registered component: imported when it is first used, and checked then."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from albench.api import Strategy
from albench.components.component import Component
from albench.errors import PluginError


class Mine(Strategy):
    """Picks well."""

    def scores(self, view: object) -> object:
        return view


def component(target: object) -> Component:
    return Component("strategy", "mine", target, "picks well", "plug", "dist")  # type: ignore[arg-type]


def test_a_class_is_itself_and_says_where_it_is_from() -> None:
    assert component(Mine).load() is Mine
    assert component(Mine).source == f"{__name__}:Mine"


def test_a_target_is_imported_when_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "used_late.py").write_text(
        "from albench.api import Strategy\n\n\nclass Late(Strategy):\n    def scores(self, view): ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    late = component("used_late:Late")
    assert late.source == "used_late:Late"
    assert "used_late" not in sys.modules
    assert late.load().__name__ == "Late"
    monkeypatch.delitem(sys.modules, "used_late")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0\n", "of plugin 'plug' cannot be imported from loads_badly:It: ZeroDivisionError: division by zero"),
        ("", "of plugin 'plug' cannot be imported from loads_badly:It: AttributeError: "),
        ("class It:\n    pass\n", "(It): it defines no select and no scores; see 'albench new strategy'"),
    ],
)
def test_one_that_cannot_be_used_is_told(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loads_badly.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PluginError, match=re.escape(f"strategy 'mine' {message}")):
        component("loads_badly:It").load()
    sys.modules.pop("loads_badly", None)

"""docs/since.md: every hook and option has its version, and keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from script_modules import loaded

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def since() -> Any:
    return loaded(DOCS / "since.py")


def test_what_is_there_is_named_once(since: Any) -> None:
    names = [name for rows in since.sections().values() for name in rows]
    assert len(names) == len(set(names))
    wanted = {"albench_round_end(event)", "add.backbone(default_for)", "option(later)", "protocol lanes", "seeds:"}
    assert wanted <= set(names)
    assert {"albench run --strategy", "albench data verify", "strategy subsample[of]", "tracker mlflow"} <= set(names)


def test_the_page_is_renewed(since: Any) -> None:
    assert (DOCS / "since.md").read_text(encoding="utf-8") == since.page()


def test_a_version_stays_what_is_new_gets_todays_and_what_is_gone_goes(
    since: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(since, "__version__", "2.5.1")
    record = "| `option(ge)` | 1.3 |\n| `option(gone)` | 1.0 |\n"
    rows = since.page(record).splitlines()
    assert "| `option(ge)` | 1.3 |" in rows
    assert "| `option(gt)` | 2.5 |" in rows
    assert "option(gone)" not in "\n".join(rows)

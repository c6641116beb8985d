"""Examples of the guide that stand by themselves run as they are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"


def test_a_table_of_texts_becomes_a_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    section = GUIDE.read_text(encoding="utf-8").split("## Foundation features and text")[1].split("\n## ")[0]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALBENCH_CACHE", str(tmp_path / "cache"))
    exec(code.replace("steps=30,", "steps=30, executor='local',"), {})
    printed = capsys.readouterr().out
    assert {"margin", "random"} <= set(printed.split())
    assert len(list((tmp_path / "cache" / "encoded").glob("*.npy"))) == 3

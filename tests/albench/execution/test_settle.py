"""What a suite leaves open is settled once, and a wrong name told, before any data is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from albench.errors import SuiteError, UnknownName
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings


def test_what_is_settled_is_what_the_plan_carries_out(tmp_path: Path) -> None:
    settled = settle(
        suite_from(dataset="digits", strategy="@standard", seeds=1, rounds=1), run_settings(out=tmp_path, device="cpu")
    )
    plan = prepare(settled)
    assert (plan.suite, plan.registry, plan.panels) == (settled.suite, settled.registry, settled.panels)
    assert (settled.suite.name, settled.settings.device) == ("digits", "cpu")
    assert settled.panels


def test_a_suite_brings_its_plugins_along(tmp_path: Path, toy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study/toy.py").write_text(Path(toy).read_text())
    suite = tmp_path / "study/s.yaml"
    suite.write_text(
        "datasets: blobs\nstrategies: random\nseeds: 1\nplugins: [toy.py, wrappers]\n"
        "protocol: {initial: 9, query_size: 5}\n"
    )
    monkeypatch.chdir(tmp_path)
    how = run_settings(out=tmp_path / "results", plugins=["study/toy.py"])  # named twice, loaded once
    settled = settle(suite_from(suite), how)
    assert settled.settings.plugin_files == (str(tmp_path / "study/toy.py"),)
    suite.write_text("datasets: digits\nplugins: [wrapers]\n")
    with pytest.raises(SuiteError, match=r"suite s needs the plugin 'wrapers'.*did you mean 'wrappers'"):
        settle(suite_from(suite), run_settings(out=tmp_path))


def test_an_unknown_name_says_how_a_plugin_of_ones_own_is_named(tmp_path: Path) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text("datasets: digits\nstrategies: mine-own\nseeds: 1\n")
    with pytest.raises(UnknownName, match=r"unknown strategy 'mine-own'.*--plugin FILE, or plugins: \[FILE\]"):
        settle(suite_from(suite), run_settings(out=tmp_path))

"""What a suite says is what is run: nothing is overwritten in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from albench.cli.run import command
from albench.errors import SuiteError
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings


@pytest.fixture
def suite_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text("datasets: digits\nmethods: supervised\nstrategies: random\nseeds: 1\n")
    return path


def plan(suite: Path, tmp_path: Path, **more: Any) -> Plan:
    return prepare(settle(suite_from(suite), run_settings(out=tmp_path, **more)))


def test_set_says_that_the_device_has_an_option_of_its_own() -> None:
    with pytest.raises(SuiteError, match=r"^--set device: use its own option --device\.$"):
        command.main(["-d", "digits", "--set", "device=cuda"], standalone_mode=False)


@pytest.mark.parametrize("draw", ["stratified", "balanced"])
def test_a_draw_beside_a_strategy_that_chooses_the_first_labels_is_told(
    suite_file: Path, tmp_path: Path, draw: str
) -> None:
    suite_file.write_text(
        f"{suite_file.read_text()}protocol: {{initial_strategy: coreset, initial_draw: {draw}, rounds: 1}}\n"
    )
    told = plan(suite_file, tmp_path).notes
    expected = "initial_draw balanced changes nothing: coreset chooses the first labels (initial_strategy)."
    assert told == ((expected,) if draw == "balanced" else ())

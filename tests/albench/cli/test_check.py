"""``albench check``: what it prints, and what it exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from albench.cli.main import cli, main

BROKEN = '''
from dataclasses import dataclass

import torch

from albench.api import Strategy, hookimpl


@dataclass(frozen=True)
class Twice(Strategy):
    """Chooses the first item, again and again."""

    def select(self, view, budget):
        return torch.zeros(budget, dtype=torch.int64)


@dataclass(frozen=True)
class Fine(Strategy):
    """Chooses the first items."""

    def select(self, view, budget):
        return torch.arange(budget)


@hookimpl
def albench_register(add):
    add.strategy("twice", Twice)
    add.strategy("fine", Fine)
'''


@pytest.fixture
def broken(tmp_path: Path) -> str:
    path = tmp_path / "broken.py"
    path.write_text(BROKEN)
    return str(path)


def test_a_component_that_keeps_its_contract_passes() -> None:
    done = CliRunner().invoke(cli, ["check", "entropy"], standalone_mode=False)
    assert done.return_value == 0
    assert "strategy entropy" in done.output
    assert " 0 failed" in done.output
    assert "FAIL" not in done.output


def test_a_fault_is_shown_with_the_smallest_case_that_shows_it(broken: str) -> None:
    done = CliRunner().invoke(cli, ["check", broken, "--details"], standalone_mode=False)
    assert done.return_value == 1
    fine, twice = " ".join(done.output.split()).split("strategy twice")
    assert " 0 failed" in fine
    assert "FAIL unique-positions" in twice
    assert "2 of the positions had been chosen before" in twice
    assert "smallest case: blobs: N=5, L=12, C=4, E=8, budget=3, seed=0" in twice


def test_failures_of_one_cause_are_one_line(tmp_path: Path) -> None:
    file = tmp_path / "needy.py"
    file.write_text(
        "from albench.api import Strategy, hookimpl\n\n\nclass Needy(Strategy):\n    def scores(self, view):\n"
        "        return view.probs[:, 0]\n\n\n@hookimpl\ndef albench_register(add):\n    add.strategy('needy', Needy)\n"
    )
    done = CliRunner().invoke(cli, ["check", str(file)], standalone_mode=False)
    title, cause, summary = done.output.strip().splitlines()
    assert title == "strategy needy"
    assert cause.startswith("  FAIL  position-type, exact-budget and ")
    assert cause.endswith(" others: it reads 'probs' and does not declare it: add it to its needs")
    assert " failed of 1 cause, " in summary
    assert summary.endswith("(--details lists them)")


def test_json_holds_every_finding(broken: str) -> None:
    done = CliRunner().invoke(cli, ["check", "twice", "--plugin", broken, "--json"], standalone_mode=False)
    assert done.return_value == 1
    (entry,) = json.loads(done.output)
    assert (entry["kind"], entry["component"]) == ("strategy", "twice")
    faults = {finding["check"]: finding for finding in entry["findings"] if finding["status"] == "fail"}
    assert "unique-positions" in faults
    assert faults["unique-positions"]["case"].startswith("blobs: N=5")
    assert {finding["status"] for finding in entry["findings"]} == {"pass", "fail", "skip"}


def test_options_and_names_of_several_kinds() -> None:
    done = CliRunner().invoke(cli, ["check", "boostmis", "--json"], standalone_mode=False)
    assert [entry["kind"] for entry in json.loads(done.output)] == ["strategy", "method"]
    done = CliRunner().invoke(cli, ["check", "subsample[of=margin,size=30]", "--json"], standalone_mode=False)
    assert done.return_value == 0


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("entropi", "did you mean 'entropy'?"),
        ("entropy[temperature=2]", "temperature"),
        ("nowhere.py", "there is no such file"),
        ("", "empty component name"),
    ],
)
def test_what_cannot_be_checked_is_one_line(what: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["check", what])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line

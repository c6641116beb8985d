"""Several budgets in one suite, however they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tasks import task

from albench.components.registry import registry
from albench.errors import SuiteError
from albench.session import suite_from
from albench.suite.budgets import Budget, parse_budget, with_settings
from albench.suite.protocol import Protocol
from albench.suite.suite_file import load_suite
from albench.suite.trials import Suite, trials


def shown(suite: Suite) -> list[str]:
    return list(map(str, suite.budgets))


def test_a_budget_is_read_as_it_is_written() -> None:
    assert parse_budget("20+5x10") == Budget("20", "10", 6)
    assert parse_budget(" 5% + 1x2.5% ") == Budget("5%", "2.5%", 2)
    assert str(parse_budget("20+5x10")) == "20+5x10"


@pytest.mark.parametrize("text", ["20", "20+5", "20+0x10", "20+x10", "+5x10", "20-5x10", "20+5x10+2x3", ""])
def test_what_is_no_budget_is_told_with_the_form(text: str) -> None:
    with pytest.raises(SuiteError, match=r"write INITIAL\+QUERIESxSIZE, as 20\+5x10"):
        parse_budget(text)


def test_lists_are_a_grid_of_every_combination() -> None:
    made, budgets = with_settings({"initial": "20,100", "query_size": [10, "5%"], "rounds": 3}, Protocol())
    assert list(map(str, budgets)) == ["20+2x10", "20+2x5%", "100+2x10", "100+2x5%"]
    assert (made.initial, made.query_size, made.rounds) == ("20", "10", 3)


def test_a_list_takes_the_place_of_one_part_of_the_budgets_that_there_are() -> None:
    before = (Budget("20", "10", 6), Budget("100", "50", 6))
    assert with_settings({"rounds": 3}, Protocol(), before)[1] == (Budget("20", "10", 3), Budget("100", "50", 3))
    assert with_settings({"query_size": 7, "initial": 30}, Protocol(), before) == (
        Protocol(initial="30", query_size="7"),
        (),
    )
    assert with_settings({}, Protocol(), before)[1] == before
    assert with_settings({}, Protocol(), before, ["1+1x1", "2+1x1"])[1] == (Budget("1", "1", 2), Budget("2", "1", 2))


@pytest.mark.parametrize(
    ("settings", "named", "why"),
    [
        ({"initial": "20,20"}, (), "initial names 20 twice"),
        ({"initial": []}, (), "initial takes a value or a list of them"),
        ({"initial": {"a": 1}}, (), "initial takes a value or a list of them"),
        ({"initial": "20,"}, (), "is neither a number of labels nor a share"),
        ({"rounds": "3,x"}, (), "rounds"),
        ({"initial": 20}, ["20+5x10"], "a budget and initial say the same"),
        ({}, ["20+5x10", "020+5x10"], r"the budget 20\+5x10 is named twice"),
        ({}, ["0+5x10"], "initial is 0"),
    ],
)
def test_what_is_wrong_is_told(settings: dict[str, object], named: list[str], why: str) -> None:
    with pytest.raises(SuiteError, match=why):
        with_settings(settings, Protocol(), (), named)


def test_files_the_command_line_and_python_mean_the_same(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text("datasets: [digits]\nprotocol: {initial: [20, 100], query_size: 10, rounds: 3}\n")
    expected = ["20+2x10", "100+2x10"]
    assert shown(load_suite(file)) == shown(suite_from(initial="20,100", query_size="10", rounds="3")) == expected
    assert shown(suite_from(initial=[20, 100], query_size=10, rounds=3)) == expected
    assert shown(suite_from(budget=expected)) == expected
    assert shown(suite_from(file, rounds=[3, 6])) == ["20+2x10", "100+2x10", "20+5x10", "100+5x10"]
    file.write_text("datasets: [digits]\nbudgets: [20+2x10, 100+2x10]\nprotocol: {steps: 7}\n")
    suite = load_suite(file)
    assert shown(suite) == expected
    assert [(each.initial, each.steps) for each in suite.protocols] == [("20", 7), ("100", 7)]
    assert shown(suite_from(file, budget="7+2x3")) == []
    assert suite_from(file, budget="7+2x3").protocol == Protocol(initial="7", query_size="3", rounds=3, steps=7)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("budgets: []\n", 1, "budgets takes one or several"),
        ("seeds: 2\nbudgets: [20]\n", 2, "write INITIAL"),
        ("protocol:\n  initial: 20\nbudgets: [20+5x10]\n", 3, "a budget and initial say the same"),
        ("protocol:\n  steps: [100, 200]\n", 2, "steps takes one value"),
        ("protocol:\n  initial: [20, 20]\n", 2, "initial names 20 twice"),
        ("budget: 20+5x10\n", 1, "budgets as 20"),
    ],
)
def test_a_file_is_told_with_its_line(tmp_path: Path, text: str, line: int, why: str) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(text)
    with pytest.raises(SuiteError, match=rf"line {line}: .*{why}"):
        load_suite(file)


def test_each_budget_has_the_keys_of_a_suite_of_its_own() -> None:
    def keys(suite: Suite) -> list[str]:
        return [trial.key for trial in trials(suite, registry(()), {"digits": task(1, 8, 8)})]

    words = {"dataset": "digits", "method": "supervised", "strategy": "random", "seeds": 2, "backbone": "cnn"}
    alone = [keys(suite_from(initial=initial, **words)) for initial in (20, 100)]  # type: ignore[arg-type]
    both = keys(suite_from(initial=[20, 100], **words))  # type: ignore[arg-type]
    assert both == [*alone[0], *alone[1]]
    assert len(set(both)) == 4

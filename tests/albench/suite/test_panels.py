"""Panels: one word for several components, and the same trials as without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from albench import session
from albench.cli.list import command as list_command
from albench.components.plugin import Plugin
from albench.components.registry import Registry, registry
from albench.data.loading import load_data
from albench.errors import PluginError, SpecError, UnknownName
from albench.suite.panels import expanded, left_out, members, named
from albench.suite.suite_file import load_suite
from albench.suite.trials import trials

PLUGIN = """
from albench.api import Strategy, hookimpl


class Mine(Strategy):
    \"\"\"The first ones.\"\"\"

    def select(self, view, budget):
        return view.unlabeled[:budget]


@hookimpl
def albench_register(add):
    add.strategy("mine", Mine, panels={panels})
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN.replace("{panels}", '("standard", "ours")'))
    return path


def test_standard_is_a_dozen_with_the_baseline_first() -> None:
    for kind in ("strategy", "method"):
        standard = named(kind, registry())["standard"]
        assert len(standard) == 12
        assert registry().find(kind, standard[0]).family == "baseline"
        assert set(named(kind, registry())) == {"standard", "fast"}


def test_a_plugin_joins_a_panel_and_makes_its_own(plugin: Path) -> None:
    found = Registry([str(plugin)])
    assert "mine" in members("strategy", "standard", found)
    assert members("strategy", "ours", found) == ["mine"]
    assert "mine" in members("strategy", "all", found)


def test_all_are_those_that_need_no_option() -> None:
    every = members("strategy", "all", registry())
    known = registry().components("strategy")
    wrappers = [c.name for c in known if c.family in ("wrapper", "bridge")]
    oracles = [c.name for c in known if c.role == "oracle"]
    assert wrappers
    assert oracles
    assert sorted(every + wrappers + oracles) == registry().names("strategy"), "what sees labels is named by itself"


def test_a_panel_makes_the_trials_that_its_names_make() -> None:
    """What is stored goes on, whichever way it was asked for; an alias beside the panel stays one."""
    tasks = {"digits": load_data("digits", None, registry()).splits.task}
    names = named("strategy", registry())["fast"]

    def planned(strategies: list[str], method: str) -> list[tuple[str, str]]:
        suite = session.suite_from(dataset="digits", strategy=strategies, method=method, seeds=2)
        made = trials(expanded(suite, registry())[0], registry(), tasks)
        return [(trial.key, trial.shown[2]) for trial in made]

    assert planned(["@fast"], "fixmatch") == planned(names, "fixmatch")
    assert len(planned(["@fast", "random"], "@fast")) == len(planned(names, "@fast"))
    aliased = planned(["@fast", "mine=entropy"], "fixmatch")
    assert {key for key, _ in aliased} == {key for key, _ in planned(names, "fixmatch")}
    assert "mine" in {shown for _, shown in aliased}


def test_what_each_panel_stood_for_is_told() -> None:
    told = expanded(session.suite_from(strategy="@fast", method="@fast"), registry())[1]
    assert told["strategies @fast"][0] == "random"
    assert "supervised" in told["methods @fast"]


def test_a_panel_that_a_broken_plugin_may_add_to_says_so() -> None:
    found = Registry()
    found.plugins.append(Plugin("torn", "torn", "1", error="SyntaxError"))
    assert "'torn'" in left_out({"strategies @all": []}, found)[0]
    assert not left_out({}, found)


def test_panels_are_read_from_suite_files(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text("datasets: digits\nstrategies: ['@fast', bald]\nmethods: '@fast'\n")
    suite = expanded(load_suite(path), registry())[0]
    assert [spec.name for spec in suite.strategies] == [*named("strategy", registry())["fast"], "bald"]
    path.write_text("strategies: [@fast]\n")
    with pytest.raises(Exception, match=r"line 1: .*put what begins with @ in quotes, as '@standard'"):
        load_suite(path)


def test_an_unknown_panel_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown strategy panel '@standart': did you mean '@standard'"):
        expanded(session.suite_from(strategy="@standart"), registry())


@pytest.mark.parametrize(
    "given", [{"dataset": "@fast"}, {"strategy": "x=@fast"}, {"strategy": "@fast[a=1]"}, {"strategy": {"x": "@fast"}}]
)
def test_a_panel_where_none_can_stand_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="a panel stands by itself"):
        session.suite_from(**given)  # type: ignore[arg-type]  # one of its arguments


@pytest.mark.parametrize(
    ("panels", "why"),
    [("'standard'", "write them as panels="), ("('all',)", "leave it out"), ("('a b',)", "use letters")],
)
def test_panels_that_cannot_be_typed_are_refused_with_the_plugin(plugin: Path, panels: str, why: str) -> None:
    plugin.write_text(PLUGIN.replace("{panels}", panels))
    with pytest.raises(PluginError, match=f"mine.py.*{why}"):
        Registry([str(plugin)])


def test_list_shows_panels() -> None:
    rows = json.loads(CliRunner().invoke(list_command, ["panels", "--json"]).output)
    assert {(row["kind"], row["name"]) for row in rows} == {
        (kind, f"@{panel}") for kind in ("strategy", "method") for panel in ("standard", "fast", "all")
    }
    text = next(row["components"] for row in rows if row["name"] == "@fast" and row["kind"] == "strategy")
    assert text.split(", ") == named("strategy", registry())["fast"]

"""A comparison of what is named: the baseline stays, what is left out is said, corrected is what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click import Command

from albench.cli.compare import command as compare_command
from albench.cli.plot import command as plot_command
from albench.cli.report import command as report_command
from albench.compare import answer, compare
from albench.compare.choose import Choice, usual_baseline
from albench.errors import UnknownName, UserError
from albench.render import render
from albench.report.payload import payload
from albench.results.results import Results

GAINS = {"random": 0.0, "entropy": 0.05, "badge": 0.02, "galaxy": 0.01, "coreset": 0.0, "margin": 0.0, "typiclust": 0.0}


def records(datasets: tuple[str, ...] = ("digits", "tables")) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = [
        {
            **{"suite": "s", "key": f"{dataset}-{method}-{name}-{seed}", "dataset": dataset, "stand_in": ""},
            **{"method": method, "strategy": name, "backbone": "mlp", "seed": seed, "protocol": "1a2b"},
            **{"device": "cpu", "pool_size": 40, "round": at, "n_labeled": 20 + 20 * at},
            "test.macro_f1": 0.5 + 0.1 * (method == "supervised") + gain * (at > 0) + rng.normal(0, 0.01),
        }
        for dataset in datasets
        for method in ("boostmis", "supervised")
        for name, gain in GAINS.items()
        for seed in range(5)
        for at in range(2)
    ]
    return pd.DataFrame(rows)


def failed() -> pd.DataFrame:
    names = {"dataset": "digits", "method": "boostmis", "backbone": "mlp", "seed": 9, "protocol": "1a2b"}
    ends = {"status": "failed", "reason": "no memory"}
    return pd.DataFrame([{**names, **ends, "strategy": name} for name in ("entropy", "badge")])


def test_what_is_named_is_compared_with_its_baseline_and_corrected_over_itself_alone() -> None:
    frame = records()
    whole = compare(frame)
    named = compare(frame, strategies=["entropy"], methods=["boostmis"], datasets=["digits"], failed=failed())
    assert {(row.dataset, row.method, row.strategy) for row in named.rows} == {
        ("digits", "boostmis", "entropy"),
        ("digits", "boostmis", "random"),
    }
    assert named.n_tests == 1 < whole.n_tests
    assert [trial.strategy for trial in named.failed] == ["entropy"]
    assert named.n_left_out == len(whole.rows) - 2 == 26
    assert whole.n_left_out == 0
    assert not any("chosen" in note for note in whole.notes)


def test_every_format_says_what_is_left_out_and_over_what_marks_are_corrected() -> None:
    named = compare(records(), strategies=("entropy", "badge"), datasets="digits")
    assert named.notes[0] == (
        "6 of 28 rows chosen by name; left out: data set tables; strategies coreset, galaxy, margin and typiclust. "
        "Marks are corrected over the 4 differences of what was chosen, and hold where it was chosen before its "
        "results were seen."
    )
    assert "corrected for 4 comparisons, 6 of 28 rows chosen)" in answer(named).text
    for form in ("table", "markdown", "latex", "csv", "json"):
        assert "6 of 28 rows chosen" in render(named, form)


def test_a_baseline_that_is_named_stays_whatever_methods_and_strategies_are() -> None:
    found = compare(records(("digits",)), methods="boostmis", strategies="badge", baseline="supervised/random")
    assert [(row.method, row.strategy) for row in found.rows if row.is_baseline] == [("supervised", "random")]
    assert {(row.method, row.strategy) for row in found.rows} == {("boostmis", "badge"), ("supervised", "random")}


@pytest.mark.parametrize("typed", ["supervised + random", "supervised+random", " supervised/ random"])
def test_a_pair_may_be_typed_in_several_forms(typed: str) -> None:
    asked = {"methods": "boostmis", "strategies": "badge"}
    found, plain = (compare(records(("digits",)), **asked, baseline=name) for name in (typed, "supervised/random"))
    assert repr(found) == repr(plain)


def test_a_share_of_full_means_the_same_whatever_is_named() -> None:
    frame = records(("digits",))
    goals = [compare(frame, target="95%-of-full", methods=methods).groups[0].target for methods in ((), ("boostmis",))]
    assert goals[0] == goals[1] > 0


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({"strategies": ["entrpy"]}, "did you mean 'entropy'?"),
        ({"methods": "supervise"}, "did you mean 'supervised'?"),
        ({"datasets": ["digit"]}, "did you mean 'digits'?"),
    ],
    ids=["strategy", "method", "data set"],
)
def test_a_name_without_results_is_told_with_the_nearest(names: dict[str, Any], told: str) -> None:
    with pytest.raises(UnknownName, match=told.replace("?", r"\?")):
        compare(records(), **names)


def test_names_that_nothing_has_together_and_values_that_are_no_names_are_refused() -> None:
    frame = records()
    apart = frame[(frame["dataset"] == "digits") == (frame["method"] == "boostmis")]
    with pytest.raises(UserError, match="nothing is left"):
        compare(apart, datasets="digits", methods="supervised")
    with pytest.raises(UserError, match=r"strategies=3: write names, as strategies=\['entropy'\]"):
        Results((), frame, failed()).compare(strategies=3)


def test_a_page_shows_what_is_named_and_nothing_else() -> None:
    shown = payload(Results((), records(), failed()), strategies="entropy", datasets=["digits"])
    assert {row["strategy"] for row in shown["rows"]} == {"random", "entropy"}
    assert [group["dataset"] for group in shown["groups"]] == ["digits"]
    assert shown["notes"]["macro_f1"][0].startswith("4 of 28 rows chosen by name")


def test_the_commands_that_show_results_share_the_options_that_choose() -> None:
    def options(command: Command) -> list[tuple[Any, ...]]:
        chosen = [option for option in command.params if option.name in ("strategies", "methods", "datasets")]
        return [(option.name, option.opts, option.to_info_dict()["help"]) for option in chosen]

    assert options(compare_command) == options(report_command) == options(plot_command)
    assert [opts[0] for _, opts, _ in options(compare_command)] == ["-s", "-m", "-d"]


def named(*strategies: str) -> pd.DataFrame:
    return pd.DataFrame({"dataset": "digits", "method": "supervised", "strategy": strategies})


def test_the_usual_baseline_is_the_one_that_a_plugin_marks() -> None:
    assert usual_baseline(named("entropy", "random")) == "random"
    assert usual_baseline(pd.DataFrame()) == "random"


PLUGIN = """
from albench.api import Strategy, hookimpl


class Passive(Strategy):
    def scores(self, view):
        return view.index.float()


@hookimpl
def albench_register(add):
    add.strategy("passive-mine", Passive, role="baseline")
"""


def test_a_plugins_baseline_is_compared_with_where_it_alone_has_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    monkeypatch.setenv("ALBENCH_PLUGINS", str(tmp_path / "mine.py"))
    frame = records(("digits",)).replace({"strategy": {"random": "passive-mine"}})
    comparison = compare(frame)
    assert comparison.baseline == "passive-mine"
    assert comparison.n_tests == 2 * (len(GAINS) - 1)
    both = pd.concat([frame, records(("digits",)).query("strategy == 'random'")])
    assert compare(both).baseline == "random"


def test_one_that_is_named_is_taken_and_an_empty_one_is_none() -> None:
    table = named("entropy", "margin", "random")
    assert Choice(baseline="supervised + margin").baseline_in(table) == "supervised/margin"
    assert Choice(baseline="").baseline_in(table) == ""
    assert list(Choice(strategies=["entropy"]).of(table)["strategy"]) == ["entropy", "random"]
    assert list(Choice(strategies=["entropy"], baseline="").of(table)["strategy"]) == ["entropy"]

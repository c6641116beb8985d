"""Aliases: they are shown everywhere, decide nothing, and never stand for two things."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.cli.main import main
from albench.components.spec import Spec
from albench.errors import SpecError, UserError
from albench.results.records import read_manifest
from albench.suite.naming import components
from albench.suite.suite_file import load_suite

MINE = Spec("boostmis", (("n_neighbors", "5"),))


@pytest.mark.parametrize(
    "given",
    [
        "mine=boostmis[n_neighbors=5]",
        {"mine": "boostmis[n_neighbors=5]"},
        {"mine": {"boostmis": {"n_neighbors": 5}}},
        {"mine": MINE},
        [{"mine": "boostmis[n_neighbors=5]"}],
        ["boostmis[n_neighbors=5]", "mine=boostmis[n_neighbors=5]"],
    ],
)
def test_every_form_of_an_alias(given: Any) -> None:
    (spec,) = components("strategy", given)
    assert spec == MINE
    assert spec.alias == "mine"
    assert str(spec) == "boostmis[n_neighbors=5]"


def test_forms_can_be_mixed(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        "datasets: {xrays: 'imagefolder[path=a=b]', other: {npz: {path: c}}}\n"
        "strategies: [random, mine: boostmis, a=entropy, subsample: {of: entropy}]\n"
    )
    suite = load_suite(tmp_path / "s.yaml")
    assert [(spec.alias, str(spec)) for spec in suite.datasets] == [
        ("xrays", "imagefolder[path=a=b]"),
        ("other", "npz[path=c]"),
    ]
    assert [(spec.alias, str(spec)) for spec in suite.strategies] == [
        ("", "random"),
        ("mine", "boostmis"),
        ("a", "entropy"),
        ("", "subsample[of=entropy]"),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a=random", "b=random"], "strategy random has two aliases, 'a' and 'b'"),
        (["a=random", "a=entropy"], "the alias 'a' is given to random and to entropy"),
        ("=random", "is not an alias"),
        ("a/b=random", "is not an alias"),
        ("a=b=random", "is not a component spec"),
        ("a\x1b=random", "is not an alias"),
        ({"a": 3}, "3 is not a component"),
    ],
)
def test_an_alias_stands_for_one_component(given: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        components("strategy", given)


Run = Callable[..., albench.Results]


def test_an_alias_is_shown_and_decides_nothing(
    small_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], stable_records: Callable[..., Any]
) -> None:
    plain = small_run(strategy=["random", "boostmis[n_neighbors=5]"], rounds=2)
    keys, records = set(plain.frame["key"]), stable_records(plain.folders[0])
    stamps = {path: path.stat().st_mtime_ns for path in (plain.folders[0] / "trials").glob("*/rounds.jsonl")}
    named = small_run(
        dataset={"xrays": "blobs"}, strategy=["random", "mine=boostmis[n_neighbors=5]"], method="m1=fixmatch", rounds=2
    )
    assert set(named.frame["key"]) == keys
    assert stable_records(named.folders[0]) == records
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps, "nothing was run again"
    assert set(named.frame["strategy"]) == {"random", "mine"}
    assert set(named.frame["dataset"]) == {"xrays"}
    assert set(named.frame["method"]) == {"m1"}
    assert set(named.aliases.values()) == {"xrays", "m1", "mine"}
    folder = str(named.folders[0])
    for words in (
        ["compare", folder],
        *(["compare", folder, "--format", form] for form in ("markdown", "latex", "csv", "json")),
        ["watch", folder, "--once"],
    ):
        with pytest.raises(SystemExit):
            main(words)
        printed = capsys.readouterr().out
        assert "mine" in printed, words
        assert "xrays" in printed, words
        assert "n_neighbors=5" not in printed, words
    assert "xrays" in (page := _report(folder, tmp_path))
    assert "mine" in page
    stored = read_manifest(named.folders[0])["aliases"]
    assert json.loads(json.dumps(stored)) == named.aliases


def _report(folder: str, out: Path) -> str:
    with pytest.raises(SystemExit):
        main(["report", folder, "--output", str(out / "r.html")])
    return (out / "r.html").read_text(encoding="utf-8")


def test_progress_lines_have_aliases(
    tmp_path: Path, toy: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["run", "--plugin", toy, "-d", "xrays=blobs", "-m", "fixmatch", "-s", "mine=entropy", "--seeds", "1"]
    small = ["--initial", "12", "--query-size", "8", "--rounds", "2", "--steps", "5", "--executor", "local"]
    with pytest.raises(SystemExit) as end:
        main([*words, *small])
    printed = capsys.readouterr().out
    assert not end.value.code
    assert "xrays  blobs  pool" in printed
    assert "mine is entropy" in printed
    assert "[1/1] xrays  fixmatch + mine  seed 0  done" in printed


def test_an_alias_that_is_a_components_name_is_refused(small_run: Run) -> None:
    with pytest.raises(UserError, match="'entropy' is a strategy of its own, so it cannot be an alias of random"):
        small_run(strategy="entropy=random")
    with pytest.raises(UserError, match="'boostmis' is a strategy of its own"):
        small_run(strategy=["boostmis", "boostmis=boostmis[n_neighbors=5]"])


def test_an_alias_that_is_taken_in_the_folder_is_refused(small_run: Run) -> None:
    small_run(strategy="mine=entropy", rounds=1)
    with pytest.raises(UserError, match="the alias 'mine' is that of entropy there: take another word, or --name"):
        small_run(strategy="mine=margin", rounds=1)


def test_a_component_under_another_alias_is_shown_under_the_last(small_run: Run) -> None:
    first = small_run(strategy="mine=entropy", rounds=1)
    again = small_run(strategy="ours=entropy", rounds=1)
    assert set(again.frame["strategy"]) == {"ours"}
    assert set(again.frame["key"]) == set(first.frame["key"])


def test_suites_that_call_one_thing_differently_are_told(small_run: Run, tmp_path: Path) -> None:
    small_run(strategy=["random", "mine=entropy"], rounds=1, name="a")
    small_run(strategy=["random", "ours=entropy"], rounds=1, name="b", seeds=[5])
    both = albench.load(tmp_path / "results" / "a", tmp_path / "results" / "b")
    assert len(set(both.frame["strategy"])) == 2
    assert "entropy is mine in " in both.notes[0]
    assert both.notes[0] in both.compare().notes


def test_one_alias_for_two_things_in_two_suites_never_meets_in_a_row(small_run: Run, tmp_path: Path) -> None:
    small_run(strategy=["random", "mine=entropy"], rounds=1, name="a")
    small_run(strategy=["random", "mine=margin"], rounds=1, name="b")
    both = albench.load(tmp_path / "results")
    assert set(both.frame["strategy"]) == {"random", "entropy", "margin"}
    assert "the alias mine is that of entropy and of margin: each is shown by its spec." in both.notes


def test_merged_suites_keep_their_aliases(small_run: Run, tmp_path: Path) -> None:
    small_run(strategy="mine=entropy", rounds=1)
    results = tmp_path / "results"
    shutil.copytree(results, tmp_path / "copy")
    small_run(strategy="ours=margin", rounds=1)
    with pytest.raises(SystemExit) as end:
        main(["merge", str(results), str(tmp_path / "copy"), "--output", str(tmp_path / "both")])
    assert not end.value.code
    assert set(albench.load(tmp_path / "both").frame["strategy"]) == {"mine", "ours"}


def test_two_spellings_of_one_component_are_refused(small_run: Run) -> None:
    with pytest.raises(UserError, match=r"strategy boostmis and boostmis\[n_neighbors=20\] are the same"):
        small_run(strategy=["boostmis", "boostmis[n_neighbors=20]"])

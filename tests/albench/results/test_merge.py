"""Suites of several machines in one folder, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from made_up_suites import content, key_of, make_suite, records

from albench.results.records import read_manifest
from albench.results.store import SuiteStore

Say = Callable[..., tuple[int, str]]


SOURCES = ("one", "two", "--output", "m")


def test_machines_are_united(say: Say) -> None:
    make_suite(Path("one/s"), "random", "entropy", started="2026-01-01")
    make_suite(Path("two/s"), "random", "coreset", started="2026-01-02", seconds=9.0)
    make_suite(Path("two/t"), "random")
    assert say("export", "one", "--output", "one.zip")[0] == 0
    code, shown = say("merge", "one.zip", "two", "--output", "deep/m")
    assert code == 0, shown
    assert "2 suites, 8 trials from 2 sources" in shown
    assert "4 from one.zip/s" in shown
    assert "2 in more than one source, kept once" in shown
    assert records(Path("deep/m/s")) == {**records(Path("two/s")), **records(Path("one/s"))}
    manifest = read_manifest(Path("deep/m/s"))
    assert [run["command"][-1] for run in manifest["runs"]] == ["one", "two"]
    assert [run["host"]["name"] for run in manifest["runs"]] == ["one", "two"]
    assert manifest["host"] == {"name": "two"}, "as in every manifest, of the last run"
    assert say("merge", "deep/m", "one", "two/s", "two/t", "--output", "again")[0] == 0
    assert content(Path("again")) == content(Path("deep/m")), "what is merged can be merged again"


def test_classes_that_are_named_otherwise_are_told(say: Say) -> None:
    make_suite(Path("one/s"), "random", class_names=["ill", "well"])
    make_suite(Path("two/s"), "coreset", class_names=["0", "1"])
    code, shown = say("merge", "one", "two", "--output", "m")
    assert code == 0
    assert "digits are not named alike everywhere: ill and well in one/s; 0 and 1 in two/s." in " ".join(shown.split())


def test_the_order_of_sources_does_not_matter(say: Say) -> None:
    make_suite(Path("one/s"), "random", started="2026-01-01")
    make_suite(Path("two/s"), "coreset", started="2026-01-02")
    assert say("merge", "one", "two", "--output", "a")[0] == 0
    assert say("merge", "two", "one", "--output", "b")[0] == 0
    assert content(Path("a")) == content(Path("b"))


@pytest.mark.parametrize("order", [("part", "whole"), ("whole", "part")])
def test_the_most_complete_copy_of_a_trial_is_kept(order: tuple[str, str], say: Say) -> None:
    make_suite(Path("part/s"), "random", rounds=1)
    SuiteStore(Path("part/s")).trial(key_of("random", 1)).outcome("failed", "down")
    make_suite(Path("whole/s"), "random", seconds=3.0)
    assert say("merge", *order, "--output", "m")[0] == 0
    assert records(Path("m/s")) == records(Path("whole/s"))
    assert not list(Path("m").rglob("outcome.json"))


def test_other_versions_are_said(say: Say) -> None:
    make_suite(Path("one/s"), "random")
    make_suite(Path("two/s"), "entropy")
    SuiteStore(Path("two/s")).update_manifest({"versions": {"torch": "2.7"}})
    assert "made with other versions of torch: 2.6 in one/s, 2.7 in two/s" in say("merge", *SOURCES)[1]


def test_a_stopped_merge_leaves_nothing(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from albench.results import merge

    make_suite(Path("one/s"), "random")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(merge, "manifest_text", stop)
    code, _ = say("merge", "one", "--output", "m")
    assert code == 130
    assert [path.name for path in Path().iterdir()] == ["one"]

"""What a terminal and a pipe are shown of a suite that is being run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from watched import KEYS, PARTS_OF, Worker, text, watched_suite, workers

from albench.render.watch import PlainWatch, view
from albench.results.follow import Follower
from albench.results.store import SuiteStore


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return watched_suite(tmp_path / "s")


@pytest.fixture
def worker(suite: Path) -> Iterator[Callable[[int], Worker]]:
    with workers(suite) as make:
        yield make


def test_failed_and_skipped_trials_are_told_with_their_reason(suite: Path) -> None:
    store = SuiteStore(suite)
    for key, status in zip(KEYS, ("failed", "failed", "skipped"), strict=False):
        store.trial(key).describe(PARTS_OF["facts"](key))
        store.trial(key).outcome(status, "no [idea]")
    shown = text(Follower(suite).look())
    assert "seeds 0, 1  failed: no [idea]" in shown
    assert "seed 2  skipped: no [idea]" in shown


def test_names_are_not_broken_on_a_narrow_terminal(suite: Path) -> None:
    store = SuiteStore(suite)
    for key, strategy in zip(KEYS, ("expected-gradient-length", "random"), strict=False):
        store.trial(key).describe({**PARTS_OF["facts"](key), "strategy": strategy})
    console = Console(file=io.StringIO(), width=66, color_system=None)
    with console.capture() as captured:
        console.print(view([Follower(suite).look()]))
    lines = captured.get().splitlines()
    assert any(line.split()[:1] == ["expected-gradient-length"] for line in lines)
    assert max(map(len, lines)) <= 66


def test_pipes_get_a_line_for_each_change(suite: Path, worker: Callable[[int], Worker]) -> None:
    console = Console(file=io.StringIO(), width=120)
    follower = Follower(suite)
    with PlainWatch(console) as display:
        display.show([follower.look()])
        first = worker(0)
        for words in (["start", "0"], ["1", "end"]):
            first.tell(*words)
            display.show([follower.look()])
        SuiteStore(suite).trial(KEYS[1]).describe(PARTS_OF["facts"](KEYS[1]))
        SuiteStore(suite).trial(KEYS[1]).outcome("failed", "down")
        display.show([follower.look()])
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "s  4 trials: 4 waiting; no process is running it"
    assert lines[1].startswith("digits  fixmatch + random  seed 0  round 1/2, test macro_f1 0.500, about ")
    assert lines[2] == "digits  fixmatch + random  seed 0  round 2/2, test macro_f1 0.600, no process is running it"
    assert lines[3:] == [
        "digits  fixmatch + random  seed 0  done",
        "digits  fixmatch + random  seed 1  failed: down",
        "s  4 trials: 1 done, 2 waiting, 1 failed; 2 of 8 rounds; no process is running it",
    ]


def test_protocols_that_differ_in_their_budgets_are_named_by_them(suite: Path) -> None:
    store = SuiteStore(suite)
    for key, initial in zip(KEYS, ("100", "20"), strict=False):
        facts = PARTS_OF["facts"](key)
        buys = {"initial": initial, "query_size": "10", "rounds": 6}
        facts |= {"protocol": {**facts["protocol"], **buys}, "protocol_hash": f"hash{initial}"}
        store.trial(key).describe(facts)
    shown = text(Follower(suite).look())
    assert "budget" in shown
    assert shown.index("20+5x10") < shown.index("100+5x10")
    assert "hash" not in shown

"""The listeners of a process: hooks of every plugin, and the trackers that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from albench.components.registry import Registry
from albench.components.trackers import Trackers, trackers
from albench.errors import UnknownName

LISTENERS = """
from albench.api import Tracker, hookimpl

heard = []


class Heard(Tracker):
    def round_end(self, event):
        heard.append(("tracker", event))


class Broken(Tracker):
    def round_end(self, event):
        raise ValueError("disk full")


@hookimpl
def albench_round_end(event):
    heard.append(("hook", event))


@hookimpl
def albench_register(add):
    add.tracker("heard", Heard)
    add.tracker("broken", Broken)
"""


@pytest.fixture
def plugins(tmp_path: Path) -> Registry:
    file = tmp_path / "listeners.py"
    file.write_text(LISTENERS)
    return Registry([str(file)])


def heard(plugins: Registry) -> list[tuple[str, object]]:
    (module,) = (one for one in plugins.manager.get_plugins() if hasattr(one, "heard"))
    found: list[tuple[str, object]] = module.heard
    return found


def test_hooks_are_told_in_any_case_and_trackers_that_were_asked_for_after_them(plugins: Registry) -> None:
    assert Trackers(plugins, ()).call("round_end", event=1) == []
    assert Trackers(plugins, ("heard",)).call("round_end", event=2) == []
    assert heard(plugins) == [("hook", 1), ("hook", 2), ("tracker", 2)]


def test_one_that_fails_is_named_and_the_others_are_told(plugins: Registry) -> None:
    (error,) = Trackers(plugins, ("broken", "heard")).call("round_end", event=3)
    assert error == (
        "tracker broken: round_end failed: ValueError: disk full (the records are whole; mend it, or leave out its "
        "--tracker)"
    )
    assert heard(plugins)[-1] == ("tracker", 3)


def test_a_tracker_that_is_not_there_is_told_before_anything_happens(plugins: Registry) -> None:
    with pytest.raises(UnknownName, match="did you mean 'heard'"):
        Trackers(plugins, ("herd",))


def test_a_process_keeps_its_listeners_from_trial_to_trial() -> None:
    first = trackers((), ())
    assert trackers((), ()) is first
    trackers.cache_clear()

"""Settings of a run: what is typed or given to Python becomes one frozen object, or one line that says what can."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import pytest

from albench.errors import SuiteError, UserError
from albench.suite.settings import RunSettings, run_settings


def test_without_words_they_are_the_defaults() -> None:
    assert run_settings() == RunSettings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        run_settings().share = False  # type: ignore[misc]


def test_words_become_values() -> None:
    before = time.time()
    made = run_settings(
        out="there", executor="processes[workers=2]", trackers="jsonl", plugins=Path("mine.py"), data_dir=Path("data"),
        time_limit="1m30s", query_time_limit=5, share=False, fresh=True, strict=True, device="cuda:1",
    )  # fmt: skip
    assert made.out == Path("there")
    assert made.executor is not None
    assert (made.executor.name, str(made.executor)) == ("processes", "processes[workers=2]")
    assert (made.trackers, made.plugin_files, made.data_dir) == (("jsonl",), ("mine.py",), "data")
    assert made.deadline is not None
    assert 90 <= made.deadline - before < 100
    assert (made.query_time_limit, made.share, made.fresh, made.strict, made.device) == (5, False, True, True, "cuda:1")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"fresh": "no"}, "fresh='no': write fresh=True or fresh=False"),
        ({"strict": 1}, "strict=1: write strict=True or strict=False"),
        ({"out": 3}, "out=3: write a folder"),
        ({"query_time_limit": 0}, "--query-time-limit 0: it is a number of seconds above 0"),
        ({"query_time_limit": "5"}, "query_time_limit='5': write seconds"),
        ({"time_limit": "soon"}, "--time-limit soon: write seconds, or a time such as 45s"),
        ({"executor": 2}, "executor=2: write a spec"),
        ({"executor": "processes[workers=2"}, "processes"),
        ({"trackers": {"jsonl": 1}}, "trackers={'jsonl': 1}: write specs"),
        ({"plugins": [1]}, "plugins=[1]: write files"),
    ],
    ids=str,
)
def test_what_can_be_none_of_a_setting_is_told(words: dict[str, Any], told: str) -> None:
    with pytest.raises((SuiteError, UserError)) as error:
        run_settings(**words)
    assert told in str(error.value)
    assert "\n" not in str(error.value)

"""Earlier code that gave the same records stands for today's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from albench.components.code_files import digest
from albench.components.registry import registry
from albench.results.lineage import CORE, NOT_THERE, NOW, PLUGINS, SAME, as_now, files_as_now, has_part
from albench.results.provenance import Provenance

ROOT = Path(__file__).parents[3]
EARLIER = json.loads(Path(__file__).with_name("earlier_code.json").read_text())
"""Component -> the files that an earlier commit counted for it, with their hashes: trials that people have on disk."""
EVERY = {CORE: (NOW, SAME), **PLUGINS}


def test_code_with_the_same_numbers_counts_as_todays_and_no_other_does() -> None:
    for file, (today, same) in EVERY.items():
        for earlier in same:
            assert as_now(file, earlier, today) == today
            assert as_now(file, earlier, "edited since") == earlier
        assert as_now(file, "another", today) == "another"
    assert as_now("somebody's/own.py", "then", "now") == "then"


def test_hashes_are_each_there_once() -> None:
    for today, same in EVERY.values():
        assert today not in same
        assert all(re.fullmatch("[0-9a-f]{16}", name) for name in (today, *(same - {NOT_THERE})))


@pytest.mark.parametrize("file", PLUGINS)
def test_a_file_is_what_it_is_taken_for(file: str) -> None:
    """Where it was edited and every number is as it was, the hash that was here goes among the earlier ones."""
    path = ROOT / file if file.startswith("albench/") else ROOT / "plugins" / file
    assert digest(path) == PLUGINS[file][0]


@pytest.mark.parametrize(
    ("own", "beside"),
    [
        ("albench_encoders/tfidf.py", "albench_encoders/efficientnet.py"),
        ("albench_estimators/sklearn_.py", "albench_estimators/boosting.py"),
    ],
)
def test_files_that_lay_beside_an_encoder_or_estimator_have_no_part_in_it(own: str, beside: str) -> None:
    now = {own: "1"}
    assert has_part(own, now)
    assert not has_part(beside, now)
    assert has_part("somebody's/own.py", now)


@pytest.mark.parametrize("component", EARLIER)
def test_a_trial_of_an_earlier_commit_goes_on(component: str) -> None:
    """Where a component's numbers are changed on purpose, its line in ``earlier_code.json`` becomes what it is now."""
    kind, name = component.split()
    now = Provenance(registry(), None).part(kind, name)["files"]
    assert files_as_now(EARLIER[component], now) == now

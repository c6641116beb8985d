"""What cannot stand in one table is refused by name, and so is what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up_suites import PROTOCOL, make_suite

Say = Callable[..., tuple[int, str]]


Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data_hash": "d2"}, "data set digits is not the same data everywhere: d1 in one/s, d2 in two/s"),
        (
            {"protocol_hash": "bbbb", "protocol": {**PROTOCOL, "steps": 20, "lr": 0.1, "neighbors": "exact"}},
            "suite s was run on digits under other settings in one/s than in two/s: steps 10 and 20, lr 0.03 and 0.1.",
        ),
        ({"initial_hash": "x"}, "seed 0 of digits does not start from the same labels everywhere"),
        ({"accuracy": 0.6}, "the largest difference is 0.100 in test accuracy (0.500 and 0.600), trial digits--"),
    ],
)
def test_differences_are_refused_by_name(changes: dict[str, Any], message: str, say: Say, refused: Refused) -> None:
    make_suite(Path("one/s"), "random")
    make_suite(Path("two/s"), "random", **changes)
    line = refused("merge", "one/s", "two/s", "--output", "m")
    assert message in line
    make_suite(Path("three/s"), "entropy")
    assert say("merge", "one", "three", "--output", "m")[0] == 0


def test_a_wider_source_may_hold_the_protocols_of_the_others(say: Say, refused: Refused) -> None:
    other = {"protocol_hash": "bbbb", "protocol": {**PROTOCOL, "steps": 20}}
    make_suite(Path("one/s"), "random")
    make_suite(Path("two/s"), "entropy", **other)
    make_suite(Path("two/s"), "coreset")
    assert say("merge", "one", "two", "--output", "m")[0] == 0
    make_suite(Path("three/s"), "margin", **other)
    assert say("merge", "one", "three", "two", "--output", "n")[0] == 0
    assert "steps" in refused("merge", "one", "three", "--output", "o")


def test_merge_refuses_what_it_cannot_read_or_write(refused: Refused) -> None:
    make_suite(Path("one/s"), "random")
    assert "there is no absent" in refused("merge", "absent", "--output", "m")
    Path("m").mkdir()
    assert "m is there already" in refused("merge", "one", "--output", "m")
    Path("file").write_text("x")
    assert "not an archive of 'albench export'" in refused("merge", "file", "--output", "n")
    assert "cannot be written" in refused("merge", "one", "--output", "file/n")
    make_suite(Path("empty/s"))
    assert "no trial to merge" in refused("merge", "empty", "--output", "n")
    assert "Missing option '--output'" in refused("merge", "one")
    assert "Missing argument 'SOURCE...'" in refused("merge", "--output", "n")

"""The looks of a manifest, of one protocol and of several."""

from __future__ import annotations

from albench.compare.looks import Looks
from albench.results.looks import farthest, looks_of, looks_text, taken_in

ONE = {"until_sure": "0.02", "at": [5, 10], "shares": [0.4, 0.6], "taken": [{"seeds": 5, "run": "r", "open": ["a"]}]}
MANIFEST = {"looks": {"p1": ONE, "p2": {**ONE, "taken": []}}}


def test_looks_are_those_of_the_protocol() -> None:
    assert looks_of(MANIFEST, "p1") == (Looks((5, 10), (0.4, 0.6)), 1)
    assert looks_of(MANIFEST, "p3") == (Looks(), 0)
    assert looks_of({}, "p1") == (Looks(), 0)
    assert looks_text(MANIFEST, "p2") == "5:0.4 10:0.6"
    assert looks_text({}, "p2") == ""


def test_of_several_protocols_that_counts_of_which_most_were_taken() -> None:
    assert farthest(MANIFEST, ["p2", "p1"]) == (Looks((5, 10), (0.4, 0.6)), 1)
    assert farthest(MANIFEST, ["p3"]) == (Looks(), 0)
    assert taken_in(MANIFEST, ["p2", "p1", "p3"]) == tuple(ONE["taken"])
    assert taken_in({}, ["p1"]) == ()

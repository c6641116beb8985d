"""Hashes of plain content, which name trials and protocols."""

from __future__ import annotations

from albench.suite.keys import digest


def test_a_digest_is_of_the_content_alone() -> None:
    assert digest({"a": 1, "b": [2, "c"]}, 6) == digest({"b": [2, "c"], "a": 1}, 6)
    assert digest([1, 2], 6) != digest([2, 1], 6)
    assert (len(digest([], 4)), len(digest([], 8))) == (8, 16)


def test_digests_stay_what_stored_keys_are_made_of() -> None:
    assert digest([1, "digits", 0, {"rounds": 6}], 6) == "24a768a1d9bb"

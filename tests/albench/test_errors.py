"""An unknown name is told with the one that was meant, or with where all of them are."""

from __future__ import annotations

import pytest

from albench.errors import ClaimLost, UnknownName, nearest, unknown

NAMES = ("entropy", "margin", "coreset", "random", "least-confidence", "badge")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("entropi", "entropy"),
        ("core-set", "coreset"),
        ("ranodm", "random"),
        ("bagde", "badge"),
        ("least", "least-confidence"),
        ("marg", "margin"),
        ("entropies", "entropy"),
        ("xyz", None),
        ("", None),
        ("b", None),
    ],
)
def test_the_name_that_was_meant(typed: str, meant: str | None) -> None:
    assert nearest(typed, NAMES) == meant
    assert nearest(typed, []) is None


def test_without_one_that_is_close_all_are_told_where_they_are_few() -> None:
    assert str(unknown("split", "xyz", ["val", "test"])) == "unknown split 'xyz': choose from test, val."
    many = [f"name-{number}" for number in range(13)]
    assert str(unknown("strategy", "xyz", many)) == "unknown strategy 'xyz': see 'albench list'."
    assert str(unknown("strategy", "xyz", many, "look there.")) == "unknown strategy 'xyz': look there."
    assert isinstance(unknown("strategy", "entropi", NAMES), UnknownName)
    assert str(unknown("strategy", "entropi", NAMES)) == "unknown strategy 'entropi': did you mean 'entropy'?"


def test_who_took_a_claim_over_is_told() -> None:
    assert str(ClaimLost("process 7 on far")).startswith("process 7 on far took it over")

"""What may be typed for the seeds that are added until it is sure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from albench.errors import SuiteError
from albench.session import suite_from
from albench.suite.until_sure import check_until_sure, parse_max_seeds, parse_until_sure


@pytest.mark.parametrize(("typed", "meant"), [(None, ""), ("0.02", "0.02"), (0.02, "0.02"), ("ranking", "ranking")])
def test_what_has_to_be_decided(typed: Any, meant: str) -> None:
    assert parse_until_sure(typed) == meant


@pytest.mark.parametrize("typed", ["", "rank", "-0.1", "0", "2", "nan", True, "2%"])
def test_what_no_comparison_can_decide_is_refused(typed: Any) -> None:
    with pytest.raises(SuiteError, match=r"as 0\.02, or ranking"):
        parse_until_sure(typed)


@pytest.mark.parametrize("typed", [0, 2, "many", True, "3.5"])
def test_a_largest_number_that_is_none_is_refused(typed: Any) -> None:
    with pytest.raises(SuiteError, match="at least 3, as 50"):
        parse_max_seeds(typed)


def test_a_largest_number() -> None:
    assert (parse_max_seeds(None), parse_max_seeds("30"), parse_max_seeds(30)) == (0, 30, 30)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("", 30, (0, 1)), "name both, or write --seeds N"),
        (("ranking", 30, (3, 5)), "no list of them"),
        (("0.1", 6, tuple(range(8))), "less than the 8 seeds"),
    ],
)
def test_what_does_not_go_together_is_told(given: tuple[str, int, tuple[int, ...]], says: str) -> None:
    with pytest.raises(SuiteError, match=says):
        check_until_sure(*given)
    check_until_sure("0.1", 0, (0, 1, 2))


def test_a_suite_file_says_it_and_arguments_take_its_place(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text("datasets: digits\nstrategies: [random, entropy]\nuntil_sure: 0.02\nmax_seeds: 30\n")
    suite = suite_from(file)
    assert (suite.until_sure, suite.max_seeds) == ("0.02", 30)
    other = suite_from(file, until_sure="ranking", max_seeds=12)
    assert (other.until_sure, other.max_seeds) == ("ranking", 12)
    file.write_text("datasets: digits\nuntil_sure: often\n")
    with pytest.raises(SuiteError, match=r"suite\.yaml, line 2: until_sure often"):
        suite_from(file)

"""``-s``, ``-m``, ``-d``: options of the commands that show stored results, handed on by the names of a choice."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from albench.cli.choosing import choosing
from albench.compare.choose import Choice


@pytest.mark.parametrize(
    ("words", "choice"),
    [
        ([], Choice(datasets=(), methods=(), strategies=())),
        (["-s", "entropy", "--strategy", "badge"], Choice((), (), ("entropy", "badge"))),
        (["-d", "digits", "-m", "fixmatch"], Choice(("digits",), ("fixmatch",), ())),
    ],
)
def test_each_option_may_be_repeated_and_makes_a_choice(words: list[str], choice: Choice) -> None:
    made: list[Choice] = []

    @click.command()
    @choosing
    def command(**named: Any) -> None:
        made.append(Choice(**named))

    assert CliRunner().invoke(command, words).exit_code == 0
    assert made == [choice]

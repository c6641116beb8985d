"""``albench merge``: what it says of the folder that it made."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from made_up_suites import make_suite

Inside = Callable[..., subprocess.CompletedProcess[str]]
Refuse = Callable[..., str]


def test_sources_copies_and_what_follows_are_told(inside: Inside, tmp_path: Path) -> None:
    make_suite(tmp_path / "one" / "s", "random", "entropy")
    make_suite(tmp_path / "two" / "s", "random")
    done = inside("merge", "one", "two", "--output", "both")
    assert done.stdout.splitlines() == [
        "Wrote both: 1 suite, 4 trials from 2 sources.",
        "  s: 4 complete",
        "    4 from one/s",
        "    2 from two/s",
        "    2 in more than one source, kept once",
        *[line for line in done.stdout.splitlines() if "not kept" in line],
        "Next: albench compare both",
    ]


def test_strict_refuses_what_does_not_say_with_what_it_was_made(refuse: Refuse, tmp_path: Path) -> None:
    make_suite(tmp_path / "one" / "s", "random")
    assert "--strict: suite s, digits (aaaa)" in refuse("merge", "one", "--output", "m", "--strict")
    assert not (tmp_path / "m").exists()

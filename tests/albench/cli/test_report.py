"""``albench report``: the page is written, and its size is told."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from made_up_suites import make_suite

Inside = Callable[..., subprocess.CompletedProcess[str]]
Refuse = Callable[..., str]


def test_the_page_is_one_file_that_holds_what_was_asked_for(inside: Inside, tmp_path: Path) -> None:
    make_suite(tmp_path / "results" / "s", "random", "entropy")
    done = inside("report", "--metric", "accuracy", "--output", "page.html", "--details")
    assert done.returncode == 2  # the page has all details, and no option for them
    done = inside("report", "--metric", "accuracy", "--output", "page.html")
    assert re.fullmatch(r"Wrote page.html \(\d\.\d MB\). Open it in a browser.\n", done.stdout), done.stderr
    assert '"metric":"accuracy"' in Path("page.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_one_line(refuse: Refuse, tmp_path: Path) -> None:
    make_suite(tmp_path / "results" / "s", "random")
    assert "no/page.html cannot be written" in refuse("report", "--metric", "accuracy", "--output", "no/page.html")

"""Docstrings for the terminal: what is filled, and what stays as it is."""

from __future__ import annotations

import io

from rich.console import Console

from albench.render.prose import lines, prose

TEXT = """One line.

Words that
go on, with ``code``; the rule is::

    a = b
      + c

Back to words:

- an item
  of two lines
- another

State
-----
memory
    (N,) what
    is kept.
"""


def test_paragraphs_are_joined_and_the_rest_stays() -> None:
    assert list(lines(TEXT)) == [
        (0, "One line."),
        (0, ""),
        (0, "Words that go on, with code; the rule is:"),
        (0, ""),
        (4, "a = b"),
        (6, "+ c"),
        (0, ""),
        (0, "Back to words:"),
        (0, ""),
        (0, "- an item of two lines"),
        (0, "- another"),
        (0, ""),
        (0, "State"),
        (0, "-----"),
        (0, "memory"),
        (4, "(N,) what is kept."),
        (0, ""),
    ]


def test_it_fits_any_width() -> None:
    for width in (20, 40, 200):
        out = io.StringIO()
        Console(file=out, width=width).print(prose(TEXT))
        printed = out.getvalue().splitlines()
        assert max(map(len, printed)) <= width
        assert [line.strip() for line in printed[:2]] == ["One line.", ""]

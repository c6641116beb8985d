"""Docstrings for a terminal of any width."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text


def prose(docstring: str) -> RenderableType:
    """A cleaned docstring whose paragraphs fill the width; literal blocks and headings stay as they are."""
    return Group(
        *[Padding(Text(text), (0, 0, 0, indent)) if indent else Text(text) for indent, text in lines(docstring)]
    )


def lines(docstring: str) -> Iterator[tuple[int, str]]:
    """Indentation and text of each paragraph, heading, literal line and empty line."""
    indent, hanging, words = 0, 0, ""
    literal: int | None = None  # a literal block goes on while lines are indented deeper than this
    for line in [*docstring.splitlines(), ""]:
        depth, text = len(line) - len(line.lstrip()), line.strip()
        underline = bool(words) and bool(text) and not text.strip("-=")
        item = text.startswith("- ")
        if words and (not text or underline or item or depth != indent + hanging):
            if words.endswith("::"):
                literal, words = indent, words[:-1]
            yield indent, words
            words = ""
        if literal is not None and text and depth <= literal:
            literal = None
        if literal is not None or underline or not text:
            yield depth, text
            continue
        if not words:
            indent, hanging = depth, 2 if item else 0
        words = f"{words} {_plain(text)}".strip()


def _plain(text: str) -> str:
    """Text without the marks of code."""
    return re.sub(r"``(.+?)``", r"\1", text)

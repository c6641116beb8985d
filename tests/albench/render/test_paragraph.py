"""Paragraphs for a paper: one a line, an empty line between them."""

from __future__ import annotations

from albench.compare import Comparison
from albench.compare.paragraph import paragraphs
from albench.render import render


def test_each_paragraph_is_a_line_of_its_own(comparison: Comparison) -> None:
    text = render(comparison, "paragraph")
    assert text.endswith("\n")
    assert text.rstrip("\n").split("\n\n") == list(paragraphs(comparison))

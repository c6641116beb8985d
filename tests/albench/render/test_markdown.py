"""Markdown: every line of a table has its columns."""

from __future__ import annotations

import re

from albench.compare import Comparison
from albench.render import render


def test_markdown_tables_have_one_number_of_columns(comparison: Comparison) -> None:
    lines = [line for line in render(comparison, "markdown").splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert any(r"a\_b\|50%" in line for line in lines)

"""The comparison as paragraphs for a paper, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from albench.compare.paragraph import paragraphs

if TYPE_CHECKING:
    from albench.compare.comparison import Comparison


def to_text(comparison: Comparison) -> str:
    return "\n\n".join(paragraphs(comparison)) + "\n"

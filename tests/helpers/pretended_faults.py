"""What is known to be wrong on CUDA and not mended yet; what is mended has to leave this list, as its test says."""

from __future__ import annotations

KNOWN: dict[str, dict[str, str]] = {}
"""Strategy -> kind of fault (see ``pretended_work.Found``) -> why it is still there."""

"""One name typed in two ways: Unicode has a letter with its accent as one sign (NFC) or as two (NFD)."""

from __future__ import annotations

import unicodedata
from pathlib import Path


def composed(text: str) -> str:
    """``text`` in the Unicode form NFC: a letter and its accent are one sign, as most keyboards write it."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def as_on_disk(path: Path) -> Path:
    """The path as the disk spells it, where it is there in another Unicode form than typed; else the path itself."""
    if path.exists() or str(path).isascii():
        return path
    found = Path(path.anchor)
    for part in path.relative_to(path.anchor).parts:
        if not (found / part).exists():
            try:
                alike = [entry.name for entry in found.iterdir() if composed(entry.name) == composed(part)]
            except OSError:
                return path
            if len(alike) != 1:
                return path
            part = alike[0]
        found /= part
    return found

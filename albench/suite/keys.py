"""How trials and protocols get their names: a hash of everything that decides records."""

from __future__ import annotations

import hashlib
import json
from typing import Any

FORMAT = 1
"""Version of the trial key: it changes when the same settings would give other records."""


def digest(content: Any, size: int) -> str:
    """``2 * size`` hexadecimal digits that name plain content."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()

"""What tests of several packages take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tiny_trial import Tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    from tiny_trial import Tiny  # torch, which most tests do without

    return Tiny(tmp_path)

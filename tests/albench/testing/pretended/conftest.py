"""What is pretended is tested where it can be."""

from __future__ import annotations

import pytest

from albench.testing.pretended import unavailable


@pytest.fixture(autouse=True)
def can_be_pretended() -> None:
    if reason := unavailable():
        pytest.skip(reason)

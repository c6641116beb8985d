"""Every test here is on the pretended CUDA device, and is skipped where torch cannot be made to believe in one."""

from __future__ import annotations

import pytest

from albench.testing.pretended import unavailable


@pytest.fixture(autouse=True)
def can_be_pretended() -> None:
    if reason := unavailable():
        pytest.skip(reason)

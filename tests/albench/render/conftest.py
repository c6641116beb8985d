"""A comparison that every format shows."""

from __future__ import annotations

import pytest
from rendered import gapped

from albench.compare import Comparison


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    return gapped()

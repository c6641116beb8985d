"""Results that were made up: what a page shows of them is known beforehand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made_up import made_results

from albench.results.results import Results


@pytest.fixture(scope="session")
def results() -> Callable[..., Results]:
    return made_results

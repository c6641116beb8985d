"""What tests of several packages take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tiny_trial import Tiny


@pytest.fixture
def a_cuda_device() -> Iterator[None]:
    """The machine's, or a pretended one."""
    from albench.testing.on_device import a_device
    from albench.testing.report import NotApplicable

    try:
        with a_device("cuda"):
            yield
    except NotApplicable as why:
        pytest.skip(str(why))


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    from tiny_trial import Tiny  # torch, which most tests do without

    return Tiny(tmp_path)

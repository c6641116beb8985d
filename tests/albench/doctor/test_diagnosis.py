"""A diagnosis that is not well says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from albench.doctor.diagnosis import Diagnosis


@pytest.mark.parametrize("status", ["warning", "broken"])
def test_no_warning_without_what_to_do(status: Any) -> None:
    with pytest.raises(ValueError, match="without a word on what to do"):
        Diagnosis("a", status, "b")

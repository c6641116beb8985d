"""TabPFN, a transformer that was trained on made-up tables and predicts in one pass; an optional extra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albench_estimators.library import Extra


@dataclass(frozen=True)
class TabPFN(Extra):
    """TabPFN (Hollmann et al., Nature 2025); needs ``pip install 'albench[tabpfn]'``, and loads its weights once.

    It is made for up to ten classes, and for tables of up to some ten thousand labelled rows and 500 columns.
    """

    path = "tabpfn.TabPFNClassifier"
    called = "tabpfn"

    @property
    def given(self) -> Mapping[str, Any]:
        """On the CPU: a trial's device is for networks that it trains."""
        return {"device": "cpu"}

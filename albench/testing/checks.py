"""Every check of the kit, by kind of component."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from albench.api.kinds import Kind
from albench.testing.backbones import BACKBONE_CHECKS
from albench.testing.dataset_subject import DatasetSubject
from albench.testing.datasets import DATASET_CHECKS
from albench.testing.encoders import ENCODER_CHECKS
from albench.testing.executors import EXECUTOR_CHECKS
from albench.testing.methods import METHOD_CHECKS
from albench.testing.report import Check, Finding
from albench.testing.strategies import STRATEGY_CHECKS
from albench.testing.targets import Target
from albench.testing.trackers import TRACKER_CHECKS

CHECKS: dict[Kind, dict[str, Check]] = {
    "strategy": STRATEGY_CHECKS,
    "method": METHOD_CHECKS,
    "dataset": DATASET_CHECKS,
    "encoder": ENCODER_CHECKS,
    "backbone": BACKBONE_CHECKS,
    "executor": EXECUTOR_CHECKS,
    "tracker": TRACKER_CHECKS,
}
"""Kind -> check's name -> check."""


def findings(target: Target, root: Path | None = None) -> Iterator[Finding]:
    """The findings on a component, check by check.

    Parameters
    ----------
    root
        The data folder, for data sets.
    """
    for check in CHECKS[target.kind].values():
        if target.kind == "dataset":
            check = replace(check, subject=partial(DatasetSubject, root=root))
        yield check(target.build, name=target.spec)

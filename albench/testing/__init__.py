"""What a plugin author tests with: the conformance kit, and views made by hand.

``albench check NAME`` runs the kit; so does pytest, one test for each component and check::

    import pytest


    @pytest.mark.albench("my-idea")
    def test_conformance(albench_finding):
        assert not albench_finding.failed, albench_finding

From Python, ``check_strategy(MyStrategy, name="mine")`` gives the findings of all checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from albench.testing.backbones import BACKBONE_CHECKS, check_backbone
    from albench.testing.datasets import DATASET_CHECKS, check_dataset
    from albench.testing.encoders import ENCODER_CHECKS, check_encoder
    from albench.testing.executors import EXECUTOR_CHECKS, check_executor
    from albench.testing.methods import METHOD_CHECKS, check_method
    from albench.testing.report import Finding
    from albench.testing.strategies import STRATEGY_CHECKS, check_strategy
    from albench.testing.trackers import TRACKER_CHECKS, check_tracker
    from albench.testing.views import make_view

_LAZY = {
    "BACKBONE_CHECKS": "backbones",
    "DATASET_CHECKS": "datasets",
    "ENCODER_CHECKS": "encoders",
    "EXECUTOR_CHECKS": "executors",
    "METHOD_CHECKS": "methods",
    "STRATEGY_CHECKS": "strategies",
    "TRACKER_CHECKS": "trackers",
    "Finding": "report",
    "check_backbone": "backbones",
    "check_dataset": "datasets",
    "check_encoder": "encoders",
    "check_executor": "executors",
    "check_method": "methods",
    "check_strategy": "strategies",
    "check_tracker": "trackers",
    "make_view": "views",
}

__all__ = [
    "BACKBONE_CHECKS",
    "DATASET_CHECKS",
    "ENCODER_CHECKS",
    "EXECUTOR_CHECKS",
    "METHOD_CHECKS",
    "STRATEGY_CHECKS",
    "TRACKER_CHECKS",
    "Finding",
    "check_backbone",
    "check_dataset",
    "check_encoder",
    "check_executor",
    "check_method",
    "check_strategy",
    "check_tracker",
    "make_view",
]


def __getattr__(name: str) -> Any:
    """Imported when asked for: worker processes import what they run, and nothing else."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(f"albench.testing.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'albench.testing' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)

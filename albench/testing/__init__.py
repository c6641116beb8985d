"""What a plugin author tests with: the conformance kit, and views made by hand.

``albench check NAME`` runs the kit; so does pytest, one test for each component and check::

    import pytest


    @pytest.mark.albench("my-idea")
    def test_conformance(albench_finding):
        assert not albench_finding.failed, albench_finding

From Python, ``check_strategy(MyStrategy, name="mine")`` gives the findings of all checks.
"""

from albench.testing.backbones import BACKBONE_CHECKS, check_backbone
from albench.testing.datasets import DATASET_CHECKS, check_dataset
from albench.testing.executors import EXECUTOR_CHECKS, check_executor
from albench.testing.methods import METHOD_CHECKS, check_method
from albench.testing.report import Finding
from albench.testing.strategies import STRATEGY_CHECKS, check_strategy
from albench.testing.trackers import TRACKER_CHECKS, check_tracker
from albench.testing.views import make_view

__all__ = [
    "BACKBONE_CHECKS",
    "DATASET_CHECKS",
    "EXECUTOR_CHECKS",
    "METHOD_CHECKS",
    "STRATEGY_CHECKS",
    "TRACKER_CHECKS",
    "Finding",
    "check_backbone",
    "check_dataset",
    "check_executor",
    "check_method",
    "check_strategy",
    "check_tracker",
    "make_view",
]

"""What a plugin author tests with: views made by hand, and the conformance kit.

One test for each check, with pytest::

    from albench.testing import STRATEGY_CHECKS

    @pytest.mark.parametrize("check", STRATEGY_CHECKS.values(), ids=lambda check: check.name)
    def test_conformance(check):
        finding = check(MyStrategy, name="mine")
        assert not finding.failed, finding
"""

from albench.testing.methods import METHOD_CHECKS, check_method
from albench.testing.report import Finding
from albench.testing.strategies import STRATEGY_CHECKS, check_strategy
from albench.testing.views import make_view

__all__ = ["METHOD_CHECKS", "STRATEGY_CHECKS", "Finding", "check_method", "check_strategy", "make_view"]

"""Registers the uncertainty strategies; light, so that listing them imports nothing heavy."""

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """Register the strategies of this package."""
    add.strategy("random", "albench_uncertainty.random:Random", "uniform, without replacement: the baseline")
    add.strategy("entropy", "albench_uncertainty.scores:Entropy", "largest predictive entropy")
    add.strategy("margin", "albench_uncertainty.scores:Margin", "smallest gap between the two top classes")

"""Registers the wrappers; light, so that listing them imports nothing heavy."""

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """Register the strategies of this package."""
    for name, target, summary, paper in (
        ("subsample", "subsample:Subsample", "another strategy on a random part of the pool", ""),
        ("balanced", "balanced:Balanced", "another strategy, as many for each predicted class", ""),
        ("sharded", "sharded:Sharded", "another strategy on a pool split into shards", "Mirzasoleiman et al. 2013"),
        ("stochastic", "stochastic:Stochastic", "samples by another strategy's scores", "Kirsch et al. 2023"),
    ):
        add.strategy(name, f"albench_wrappers.{target}", summary, family="wrapper", paper=paper)

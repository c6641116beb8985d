"""Registers the BoostMIS strategy; light, so that listing it imports nothing heavy."""

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """Register the strategy of this package."""
    add.strategy(
        "boostmis",
        "albench_boostmis.annotate:BoostMIS",
        "unstable when pushed, or uncertain in a dense region",
        family="hybrid",
        paper="Zhang et al. 2022",
        panels=("standard",),
        role="default",
    )

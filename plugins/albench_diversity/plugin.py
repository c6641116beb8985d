"""Registers the diversity strategies; light, so that listing them imports nothing heavy."""

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """Register the strategies of this package."""
    add.strategy("coreset", "albench_diversity.coreset:Coreset", "k-center greedy on embeddings, from the labelled set")

"""Registers the hybrid strategies; light, so that listing them imports nothing heavy."""

from albench.api import Add, hookimpl

STRATEGIES = [
    ("information-density", "information_density:InformationDensity", "entropy weighted by density",
     "Settles and Craven 2008"),
    ("badge", "badge:BADGE", "k-means++ on gradient embeddings of the last layer", "Ash et al. 2020"),
    ("bait", "bait:BAIT", "lowers the Fisher information bound of the last layer", "Ash et al. 2021"),
    ("cluster-margin", "cluster_margin:ClusterMargin", "small margins, spread over clusters", "Citovsky et al. 2021"),
    ("clue", "clue:CLUE", "k-means weighted by entropy", "Prabhu et al. 2021"),
    ("dropquery", "dropquery:DropQuery", "centres of what dropout makes change its class", "Gupte et al. 2024"),
    ("falcun", "falcun:FALCUN", "uncertain, and unlike what is chosen, on probabilities", "Gilhuber et al. 2024"),
    ("alfa-mix", "alfa_mix:ALFAMix", "changes its class when mixed with labelled items", "Parvaneh et al. 2022"),
    ("galaxy", "galaxy:GALAXY", "bisects a margin-ordered graph between classes", "Zhang et al. 2022"),
    ("contrastive", "contrastive:ContrastiveAL", "predicted unlike its labelled neighbours", "Margatina et al. 2021"),
    ("discriminative", "discriminative:DiscriminativeAL", "told apart from the labelled items",
     "Gissin and Shalev-Shwartz 2019"),
]  # fmt: skip
PANELS = {
    "badge": ("standard",),
    "cluster-margin": ("standard",),
    "alfa-mix": ("standard",),
}
"""What each is run with, as in ``-s @standard``; a paper is asked for the standard ones, the fast ones cost least."""


@hookimpl
def albench_register(add: Add) -> None:
    """Register the strategies of this package."""
    for name, target, summary, paper in STRATEGIES:
        add.strategy(
            name, f"albench_hybrid.{target}", summary, family="hybrid", paper=paper, panels=PANELS.get(name, ())
        )

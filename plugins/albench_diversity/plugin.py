"""Registers the diversity strategies; light, so that listing them imports nothing heavy."""

from albench.api import Add, hookimpl

STRATEGIES = [
    ("coreset", "coreset:Coreset", "farthest from all that is labelled or chosen", "Sener and Savarese 2018"),
    ("kmeans", "kmeans:KMeans", "nearest to the centres of k-means", "Zhdanov 2019"),
    ("typiclust", "typiclust:TypiClust", "most typical item of each uncovered cluster", "Hacohen et al. 2022"),
    ("probcover", "probcover:ProbCover", "covers most uncovered items within a radius", "Yehuda et al. 2022"),
    ("max-herding", "herding:MaxHerding", "raises the kernel coverage of the pool most", "Bae et al. 2024"),
    (
        "uncertainty-herding",
        "herding:UncertaintyHerding",
        "kernel coverage of the pool weighted by uncertainty",
        "Bae et al. 2025",
    ),
]
PANELS = {
    "coreset": ("standard", "fast"),
    "typiclust": ("standard",),
    "probcover": ("standard",),
}
"""What each is run with, as in ``-s @standard``; a paper is asked for the standard ones, the fast ones cost least."""


@hookimpl
def albench_register(add: Add) -> None:
    """Register the strategies of this package."""
    for name, target, summary, paper in STRATEGIES:
        add.strategy(
            name, f"albench_diversity.{target}", summary, family="diversity", paper=paper, panels=PANELS.get(name, ())
        )

"""Registers the uncertainty strategies and what they are measured against; light: nothing heavy is imported."""

from albench.api import Add, hookimpl

STRATEGIES = [
    ("entropy", "scores:Entropy", "largest predictive entropy", "Settles 2009"),
    ("margin", "scores:Margin", "smallest gap between the two top classes", "Scheffer et al. 2001"),
    ("least-confidence", "scores:LeastConfidence", "smallest top probability", "Lewis and Gale 1994"),
    ("variation-ratios", "dropout:VariationRatios", "dropout samples that disagree with their mode", "Freeman 1965"),
    ("mean-std", "dropout:MeanStd", "mean standard deviation over dropout samples", "Kampffmeyer et al. 2016"),
    ("bald", "dropout:BALD", "mutual information of label and weights under dropout", "Houlsby et al. 2011"),
    ("power-bald", "dropout:PowerBALD", "BALD, sampled in proportion to a power of its scores", "Kirsch et al. 2023"),
    ("batch-bald", "batch_bald:BatchBALD", "joint mutual information of the batch", "Kirsch et al. 2019"),
    (
        "expected-gradient-length",
        "gradient_length:ExpectedGradientLength",
        "longest expected gradient of the last layer",
        "Settles et al. 2007",
    ),
    ("deepfool", "deepfool:DeepFool", "smallest step across the decision boundary", "Ducoffe and Precioso 2018"),
]
ORACLES = [
    ("balanced-oracle", "oracles:BalancedOracle", "as many labels of each class, by the hidden labels", ""),
    ("lookahead-oracle", "oracles:LookaheadOracle", "best of random batches, each trained on", "Werner et al. 2024"),
]
PANELS = {
    "entropy": ("standard", "fast"),
    "margin": ("standard", "fast"),
    "least-confidence": ("standard", "fast"),
    "bald": ("standard",),
}
"""What each is run with, as in ``-s @standard``; a paper is asked for the standard ones, the fast ones cost least."""
OF_TWO = dict.fromkeys(("entropy", "margin", "least-confidence"), "distance of the probability from one half")
"""Of two classes each of these is a falling function of it."""


@hookimpl
def albench_register(add: Add) -> None:
    """Register the strategies of this package."""
    add.strategy(
        "random",
        "albench_uncertainty.random:Random",
        "uniform, without replacement",
        family="baseline",
        panels=("standard", "fast"),
        role="baseline",
    )
    for name, target, summary, paper in ORACLES:
        add.strategy(name, f"albench_uncertainty.{target}", summary, family="reference", paper=paper, role="oracle")
    for name, target, summary, paper in STRATEGIES:
        add.strategy(
            name,
            f"albench_uncertainty.{target}",
            summary,
            family="uncertainty",
            paper=paper,
            panels=PANELS.get(name, ()),
            order_of_two=OF_TWO.get(name, ""),
        )

"""Registers the built-in methods; imports none of them."""

from __future__ import annotations

from typing import Literal

from albench.api import Add, hookimpl

METHODS = [
    ("supervised", "supervised:Supervised", "labelled items only: the floor to beat", "baseline", ""),
    ("entropy-minimization", "entropy_minimization:EntropyMinimization", "push predictions away from the flat one",
     "entropy", "Grandvalet and Bengio 2004"),
    ("pseudo-label", "pseudo_label:PseudoLabel", "trust confident predictions as labels", "pseudo-labels", "Lee 2013"),
    ("pi-model", "pi_model:PiModel", "two views, one prediction", "consistency", "Laine and Aila 2017"),
    ("mean-teacher", "mean_teacher:MeanTeacher", "agree with the weights' moving average", "consistency",
     "Tarvainen and Valpola 2017"),
    ("vat", "vat:VAT", "steady under the worst small push", "consistency", "Miyato et al. 2018"),
    ("ict", "ict:ICT", "mixed items have mixed predictions", "mixing", "Verma et al. 2019"),
    ("mixmatch", "mixmatch:MixMatch", "sharpened guesses, mixed with the labelled items", "mixing",
     "Berthelot et al. 2019"),
    ("remixmatch", "remixmatch:ReMixMatch", "MixMatch with aligned guesses and strong anchors",
     "mixing", "Berthelot et al. 2020"),
    ("uda", "uda:UDA", "sharpened weak view teaches the strong one", "consistency", "Xie et al. 2020"),
    ("fixmatch", "fixmatch:FixMatch", "confident weak view labels the strong view", "thresholds", "Sohn et al. 2020"),
    ("flexmatch", "flexmatch:FlexMatch", "FixMatch with a threshold for each class's progress", "thresholds",
     "Zhang et al. 2021"),
    ("freematch", "freematch:FreeMatch", "thresholds that adapt by themselves, and fairness", "thresholds",
     "Wang et al. 2023"),
    ("softmatch", "softmatch:SoftMatch", "weights in place of a threshold", "thresholds", "Chen et al. 2023"),
    ("adamatch", "adamatch:AdaMatch", "aligned distributions, relative threshold", "thresholds",
     "Berthelot et al. 2022"),
    ("dash", "dash:Dash", "loss threshold that falls with the steps", "thresholds", "Xu et al. 2021"),
    ("simmatch", "simmatch:SimMatch", "semantic and instance similarity agree", "similarity", "Zheng et al. 2022"),
    ("comatch", "comatch:CoMatch", "labels and embeddings teach each other over a graph", "similarity",
     "Li et al. 2021"),
    ("debiaspl", "debiaspl:DebiasPL", "pseudo labels with the running bias taken off", "thresholds",
     "Wang et al. 2022"),
    ("abc", "auxiliary_balanced:ABC", "a second classifier, fair to all classes, predicts", "imbalance",
     "Lee et al. 2021"),
    ("crest", "crest:CReST", "self-training that adds most of the rare classes", "imbalance",
     "Wei et al. 2021"),
    ("cossl", "cossl:CoSSL", "a balanced classifier labels what another learns from", "imbalance",
     "Fan et al. 2022"),
    ("saw", "saw:SAW", "weighs each class by how seldom it is predicted", "imbalance", "Lai et al. 2022"),
    ("daso", "daso:DASO", "pseudo labels blended with those of prototypes", "imbalance",
     "Oh et al. 2022"),
    ("darp", "darp:DARP", "pseudo labels refined to the labels' class shares", "imbalance", "Kim et al. 2020"),
    ("boostmis", "boostmis:BoostMIS", "FixMatch whose threshold follows learning and queries", "thresholds",
     "Zhang et al. 2022"),
]  # fmt: skip
PANELS = {
    "supervised": ("standard", "fast"),
    "entropy-minimization": ("fast",),
    "pseudo-label": ("standard", "fast"),
    "mean-teacher": ("standard",),
    "vat": ("standard",),
    "mixmatch": ("standard",),
    "uda": ("standard",),
    "fixmatch": ("standard",),
    "flexmatch": ("standard",),
    "freematch": ("standard",),
    "softmatch": ("standard",),
    "simmatch": ("standard",),
    "boostmis": ("standard",),
}
"""What each is run with, as in ``-m @standard``; a paper is asked for the standard ones, the fast ones cost least."""
ROLES: dict[str, Literal["", "default", "baseline"]] = {"boostmis": "default", "supervised": "baseline"}
"""What is run where no method is named, and what stands for none."""


@hookimpl
def albench_register(add: Add) -> None:
    """Register the methods."""
    for name, target, summary, family, paper in METHODS:
        panels, role = PANELS.get(name, ()), ROLES.get(name, "")
        add.method(name, f"albench_ssl.{target}", summary, family=family, paper=paper, panels=panels, role=role)

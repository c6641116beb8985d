"""What is published of data sets that need no download, and of MESCC, whose files are asked for by hand."""

from __future__ import annotations

from dataclasses import replace

from albench.api import Published
from albench_datasets.published import CLASS_NAMES, COUNTS

_BOOSTMIS = "Zhang et al. 2022, BoostMIS, CVPR, arXiv 2203.02533"
_SIX = COUNTS["six"]

DIGITS = Published(
    spec="digits",
    title="handwritten digits, 8 x 8 grey",
    n_classes=10,
    items={"": 1797},
    per_class={"": (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)},
    licence="CC BY 4.0",
    citation="Alpaydin and Kaynak 1998, Optical recognition of handwritten digits, UCI Machine Learning Repository",
    homepage="https://archive.ics.uci.edu/dataset/80",
    comes_with="scikit-learn",
)
MESCC = Published(
    spec="mescc",
    title="spinal cord compression on MRI in six grades, features of a ResNet-50",
    n_classes=len(CLASS_NAMES["six"]),
    items={split: sum(counts) for split, counts in _SIX.items()},
    per_class=_SIX,
    licence="none stated",
    citation=_BOOSTMIS,
)
MESCC_SIM = Published(
    spec="mescc-sim",
    title="simulated stand-in for MESCC's features",
    n_classes=MESCC.n_classes,
    items=MESCC.items,
    per_class=_SIX,
    licence="MIT",
    citation="docs/stand-in.md",
    comes_with="albench",
)
MESCC_PHANTOM = replace(MESCC_SIM, spec="mescc-phantom", title="drawn stand-in for MESCC's images, 64 x 64 grey")

OF_DIGITS = (DIGITS,)
OF_MESCC = (MESCC,)
OF_MESCC_SIM = (MESCC_SIM,)
OF_MESCC_PHANTOM = (MESCC_PHANTOM,)

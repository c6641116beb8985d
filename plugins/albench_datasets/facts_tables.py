"""What is published of the tables that come with scikit-learn."""

from __future__ import annotations

from albench.api import Published

BREAST_CANCER = Published(
    spec="breast-cancer",
    title="biopsies by 30 measures of their cell nuclei, malignant or benign",
    n_classes=2,
    items={"": 569},
    per_class={"": (212, 357)},
    licence="CC BY 4.0",
    citation="Street, Wolberg and Mangasarian 1993, Nuclear feature extraction for breast tumor diagnosis, IS&T/SPIE",
    homepage="https://archive.ics.uci.edu/dataset/17",
    comes_with="scikit-learn",
)
WINE = Published(
    spec="wine",
    title="wines of three growers by 13 measures of their chemistry",
    n_classes=3,
    items={"": 178},
    per_class={"": (59, 71, 48)},
    licence="CC BY 4.0",
    citation="Forina et al. 1988, PARVUS, an extendible package for data exploration, classification and correlation",
    homepage="https://archive.ics.uci.edu/dataset/109",
    comes_with="scikit-learn",
)

OF_BREAST_CANCER = (BREAST_CANCER,)
OF_WINE = (WINE,)

"""What is known to be wrong on CUDA and not mended yet. What is mended has to leave this list, which its test sees to.

Numbers are those of the examination of the CUDA path: 1 sums in no fixed order decide picks; 4 draws are the device's.
"""

from __future__ import annotations

DRAWS = {"draws": 4, "answer": 4}
SUMS_AND_DRAWS = {"sums": 1, **DRAWS}
KNOWN: dict[str, dict[str, int]] = {
    "alfa-mix": SUMS_AND_DRAWS,
    "badge": SUMS_AND_DRAWS,
    "bald": DRAWS,
    "batch-bald": DRAWS,
    "boostmis": DRAWS,
    "clue": SUMS_AND_DRAWS,
    "cluster-margin": DRAWS,
    "discriminative": DRAWS,
    "dropquery": SUMS_AND_DRAWS,
    "falcun": SUMS_AND_DRAWS,
    "kmeans": SUMS_AND_DRAWS,
    "max-herding": {"draws": 4},
    "mean-std": DRAWS,
    "power-bald": DRAWS,
    "probcover": SUMS_AND_DRAWS,
    "stochastic": DRAWS,
    "typiclust": SUMS_AND_DRAWS,
    "uncertainty-herding": {"draws": 4},
    "variation-ratios": DRAWS,
}
"""Strategy -> kind of fault -> number of the finding."""
FIRST_LABELS = dict.fromkeys(("kmeans", "probcover", "typiclust"), SUMS_AND_DRAWS)
"""The same of what chooses a trial's first labels."""

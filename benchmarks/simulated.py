"""Learning curves with the spread of real ones, of strategies that are all the same.

``random``, and ``random`` on another stream, 10 seeds each, on three data sets, test macro-F1:

    for data in digits "mescc-sim[grading=six]" "mescc-sim[grading=two]"; do
        albench run -d "$data" -m supervised -s random -s "subsample[of=random,size=500]" --seeds 10 --name spread
    done

gave ``MEASURED``. Round 0 is one training for all strategies of a seed. How much of the later spread they share depends
on the data set: the AUBC of two trials of a seed correlates by 0.68, 0.12 and 0.50. What they do not share has an
excess kurtosis of -0.7, -0.5 and -0.4; ``NOISE`` gives it other shapes of the same mean and variance, through a
Gaussian copula over rounds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

LABELS = np.arange(100, 700, 100)
MEASURED = {
    "digits": [
        [0.9255, 0.9376, 0.9484, 0.9556, 0.9574, 0.9573],
        [0.0151, 0.0118, 0.0027, 0.0056, 0.0064, 0.0057],
        [0.0, 0.0098, 0.0102, 0.0094, 0.0061, 0.007],
    ],
    "mescc-sim[grading=six]": [
        [0.4309, 0.5226, 0.5763, 0.6267, 0.648, 0.6643],
        [0.0452, 0.0153, 0.0029, 0.0177, 0.0, 0.0064],
        [0.0, 0.0446, 0.0339, 0.0282, 0.0393, 0.0377],
    ],
    "mescc-sim[grading=two]": [
        [0.7979, 0.8772, 0.9035, 0.9168, 0.9238, 0.9253],
        [0.0664, 0.0177, 0.0109, 0.0082, 0.0, 0.0],
        [0.0, 0.0345, 0.0221, 0.0148, 0.019, 0.0153],
    ],
}
"""Data set -> at 100 to 600 labels: mean macro-F1; deviation of what trials of a seed share; deviation of the rest."""
WITHIN = {
    "digits": [[-0.0455, 0.007, 0.018, 0.0206], [0.0222, 0.0093, 0.0085, 0.0091]],
    "mescc-sim[grading=six]": [[-0.0056, 0.0014, 0.0028, 0.0014], [0.0048, 0.003, 0.0025, 0.0032]],
    "mescc-sim[grading=two]": [[-0.0013, 0.0006, 0.0006, 0.0002], [0.0027, 0.0019, 0.0013, 0.0013]],
}
"""Data set -> of the four weights of a round that are validated: mean and deviation of their test macro-F1 from that of
the round's mean; ``supervised`` + ``random``, 100 and 200 labels, ``validation=1x``, four seeds."""
ITEMS_SHARED = 0.5
"""How much of whether a model has a validation item right is the item's: assumed, not measured."""
LAG = (0.6, 0.4)
"""Correlation of neighbouring rounds: of what is shared, of the rest."""
NOISE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "normal": lambda z: z,
    "t with 3 df": lambda z: stats.t.ppf(stats.norm.cdf(z), 3) / np.sqrt(3),
    "skewed": lambda z: stats.expon.ppf(stats.norm.cdf(z)) - 1,
    "bounded": lambda z: (stats.norm.cdf(z) - 0.5) * np.sqrt(12),
    "coarse": lambda z: np.round(z) / np.sqrt(1 + 1 / 12),
}
"""Shape -> standard normal numbers to numbers of that shape, mean 0 and variance 1 (coarse: whole steps, many ties)."""


def trials(rng: np.random.Generator, noise: str, n_datasets: int, n_rows: int, n_seeds: int) -> np.ndarray:
    """(D, R, S, L) curves of strategies that are all the same."""
    mean, shared, own = np.array(list(MEASURED.values()))[:n_datasets, :, None, None].swapaxes(0, 1)
    of_seed = steps(rng.standard_normal((n_datasets, 1, n_seeds, len(LABELS))), LAG[0])
    of_trial = NOISE[noise](steps(rng.standard_normal((n_datasets, n_rows, n_seeds, len(LABELS))), LAG[1]))
    return mean + shared * of_seed + own * of_trial


def steps(z: np.ndarray, lag: float) -> np.ndarray:
    """Independent standard normal numbers -> an autoregression along the last axis."""
    for at in range(1, z.shape[-1]):
        z[..., at] = lag * z[..., at - 1] + np.sqrt(1 - lag**2) * z[..., at]
    return z


def chosen(rng: np.random.Generator, levels: np.ndarray, n_validation: np.ndarray | None) -> np.ndarray:
    """Test scores (D, R, S, L) of the weights that validation chooses in each round, or of the last ones.

    The test scores of a round's weights lie around its level as ``WITHIN`` says; half of that variance the rows of a
    seed share, as they share batches and first weights. Each has as many validation items right as chance gives by its
    own score; ``ITEMS_SHARED`` of the chance is the item's, the same for all rows and rounds of a seed, as these have
    the same items. Of equals the later weights are chosen. So noise by validation is shared by the rows of a seed in
    part. Round 0 is one training for all rows.

    Parameters
    ----------
    levels
        (D, R, S, L), of data sets as in ``MEASURED``.
    n_validation
        (L,) items that are paid for by each round, the first of one order; None keeps the last weights.
    """
    mean, spread = np.array(list(WITHIN.values()))[: len(levels)].swapaxes(0, 1)[:, :, None, None, None]
    luck = rng.standard_normal((2, *levels.shape, mean.shape[-1]))
    scores = np.clip(levels[..., None] + mean + spread * (luck[0, :, :1] + luck[1]) / np.sqrt(2), 0.001, 0.999)
    if n_validation is None:
        found = scores[..., -1]
    else:
        bar = stats.norm.ppf(scores).astype(np.float32)
        of_item = np.sqrt(ITEMS_SHARED) * rng.standard_normal(
            (len(levels), 1, levels.shape[2], 1, max(n_validation)), dtype=np.float32
        )
        right = np.empty(scores.shape, dtype=np.int64)
        for at, n in enumerate(n_validation):
            own = rng.standard_normal((*scores[..., at, :].shape, n), dtype=np.float32)
            right[..., at, :] = (of_item[..., :n] + np.sqrt(1 - ITEMS_SHARED) * own < bar[..., at, :, None]).sum(
                axis=-1
            )
        last = mean.shape[-1] - 1 - right[..., ::-1].argmax(axis=-1)
        found = np.take_along_axis(scores, last[..., None], axis=-1)[..., 0]
    found[:, 1:, :, 0] = found[:, :1, :, 0]
    return found

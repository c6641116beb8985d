"""What a number of seeds can tell, said before they are run: the power of the tests, turned into a difference."""

from __future__ import annotations

from albench.compare.common import LEAST_COMPARED
from albench.compare.pairs import POWER, power
from albench.compare.statistics import ALPHA
from albench.wording import counted

TYPICAL = 0.03
"""Standard deviation over seeds of a difference of macro F1 (AUBC) between a strategy and ``random`` of one method,
where no trials say another: about the median of all that is published (``results/published``); a test asks it there."""
ENOUGH = (20, 50, 100, 200, 500, 1000)
"""Numbers of seeds that are named beside the run's own."""
_LARGEST = 1e3
"""Of the effects that are looked at (Cohen's d)."""


def detectable(n_seeds: int, n_tests: int, spread: float, share: float = 1.0) -> float:
    """The smallest difference that the paired t-test tells with 80 % power, corrected over ``n_tests``.

    Parameters
    ----------
    n_seeds
        At least two.
    spread
        Standard deviation over seeds of the difference, in the metric's unit, as is what comes back.
    share
        What of the 5 % the tests may use (``albench.compare.looks``).
    """
    level = ALPHA * share / max(n_tests, 1)
    low, high = 0.0, _LARGEST
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle, n_seeds, level) >= POWER else (middle, high)
    return high * spread


def seeds_advice(n_seeds: int, n_tests: int, spread: float | None, share: float = 1.0) -> str:
    """One line: which differences so many seeds will tell, and which more would.

    Parameters
    ----------
    n_tests
        Differences that are corrected together.
    spread
        As it was measured; ``TYPICAL`` where None.
    share
        Of the last look, where seeds are added.
    """
    sd = TYPICAL if spread is None else spread
    source = "typical of the published results" if spread is None else "measured by the trials that are there"
    more = next((n for n in ENOUGH if n > n_seeds), 2 * n_seeds)
    would = f"{more:,} would find {detectable(more, n_tests, sd, share):.2g}"
    told = "no difference is tested (three are the least)"
    if n_seeds >= LEAST_COMPARED:
        told = f"a difference below {detectable(n_seeds, n_tests, sd, share):.2g} will mostly not be told apart"
    look = ", the last look," if share < 1 else ""
    return (
        f"with {counted(n_seeds, 'seed')}{look} {told}; {would} (macro F1, mean over the labels, 80 % power, "
        f"{counted(n_tests, 'difference')} corrected together, standard deviation {sd:.2g}: {source})."
    )

"""What seeds can tell, beforehand: against the noncentral t of SciPy's own distribution.

That the typical spread is the published one is told in ``tests/benchmarks/test_publish.py``, where all sets are loaded.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from albench.compare.advice import detectable, seeds_advice


@pytest.mark.parametrize(("n", "tests"), [(3, 1), (5, 4), (20, 1), (20, 10)])
def test_a_detectable_difference_has_a_power_of_80_percent(n: int, tests: int) -> None:
    effect = detectable(n, tests, 0.03) / 0.03
    limit = stats.t.ppf(1 - 0.05 / tests / 2, n - 1)
    shift = effect * np.sqrt(n)
    assert stats.nct.sf(limit, n - 1, shift) + stats.nct.cdf(-limit, n - 1, shift) == pytest.approx(0.8, abs=1e-4)


def test_at_a_look_the_level_is_its_share() -> None:
    assert detectable(10, 2, 1.0, 0.5) == pytest.approx(detectable(10, 4, 1.0))


@pytest.mark.parametrize(
    ("n", "says"),
    [
        (1, "with 1 seed no difference is tested (three are the least); 20 would find 0.02 "),
        (3, "with 3 seeds a difference below 0.098 will mostly not be told apart; 20 would find 0.02 "),
        (20, "with 20 seeds a difference below 0.02 will mostly not be told apart; 50 would find 0.012 "),
        (2000, "4,000 would find"),
    ],
)
def test_the_line_says_what_seeds_tell(n: int, says: str) -> None:
    assert says in seeds_advice(n, 1, None)
    assert "typical of the published results" in seeds_advice(n, 1, None)
    assert "standard deviation 0.05: measured by the trials that are there" in seeds_advice(n, 1, 0.05)

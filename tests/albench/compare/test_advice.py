"""What seeds can tell, beforehand: against the noncentral t of SciPy's own distribution, and the published spread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from albench.compare.advice import TYPICAL, detectable, seeds_advice
from albench.compare.statistics import area
from albench.results.load import load

PUBLISHED = Path(__file__).parents[3] / "results" / "published"


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


def test_the_typical_spread_is_that_of_the_published_results() -> None:
    """Of each published set: the deviations of all differences from random; the constant lies in their middle half."""
    spreads = []
    for folder in sorted(PUBLISHED.iterdir()):
        frame = load(folder).frame
        for _, part in frame.groupby(["dataset", "protocol", "method"]):
            wide = part.pivot_table(index=["strategy", "seed"], columns="n_labeled", values="test.macro_f1").dropna()
            values = dict(zip(wide.index, area(wide.to_numpy(), wide.columns.to_numpy()), strict=True))
            for strategy in {name for name, _ in values} - {"random"}:
                own = {seed: value for (name, seed), value in values.items() if name == strategy}
                gaps = [own[seed] - values["random", seed] for seed in own if ("random", seed) in values]
                spreads += [np.std(gaps, ddof=1)] if len(gaps) > 2 else []
    low, high = np.quantile(spreads, [0.25, 0.75])
    assert len(spreads) > 20
    assert low <= TYPICAL <= high

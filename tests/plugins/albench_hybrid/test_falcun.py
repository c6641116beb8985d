"""FALCUN: its relevance against the definition and scikit-activeml, its sampling against the shares."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.testing import make_view
from albench_hybrid import falcun
from albench_hybrid.falcun import FALCUN, _Distances, _sample, power_

# Margins 1, 0, 0.4, 0.2, 0.6: uncertainties 0, 1, 0.6, 0.8, 0.4.
PROBS = torch.tensor([[1.0, 0, 0], [0.5, 0.5, 0], [0.6, 0.2, 0.2], [0.5, 0.2, 0.3], [0.1, 0.75, 0.15]])
UNCERTAIN = torch.tensor([0.0, 1.0, 0.6, 0.8, 0.4], dtype=torch.float64)


def _definition(probs: np.ndarray, picks: list[int]) -> np.ndarray:
    """The relevance of every item after some picks, written out."""
    top = np.sort(probs, axis=1)
    uncertainty = 1 - (top[:, -1] - top[:, -2])
    distance = uncertainty.copy()
    for pick in picks:
        distance = np.minimum(distance, np.abs(probs - probs[pick]).sum(axis=1))
    free = np.delete(distance, picks)
    span = np.ptp(free)
    return uncertainty + ((distance - free.min()) / span if span else 0.0)


def test_relevance_by_hand() -> None:
    distances = _Distances(PROBS, UNCERTAIN)
    # At first the distance is the uncertainty, here from 0 to 1 already.
    assert distances.relevance(UNCERTAIN).tolist() == pytest.approx([0, 2, 1.2, 1.6, 0.8])
    # After item 1 the L1 distances to it are 1, 0, 0.6, 0.6, 0.8, and the lesser ones 0, 0, 0.6, 0.6, 0.4; left are
    # 0, 2, 3 and 4, whose distances 0, 0.6, 0.6, 0.4 become 0, 1, 1, 2/3.
    distances.take(torch.tensor([1]))
    assert distances.relevance(UNCERTAIN).tolist() == pytest.approx([0, -np.inf, 1.6, 1.8, 0.4 + 2 / 3])


def test_distances_are_those_of_all_pairs_where_few_come_nearer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(falcun, "_FEW", 0)
    probs = torch.randn(500, 4, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    probs[250:] = probs[:250]
    start = torch.linspace(0, 1, 500, dtype=torch.float64)
    distances, wanted = _Distances(probs, start), start.clone()
    for item in range(0, 60, 7):
        distances.take(torch.tensor([item]))
        wanted = torch.minimum(wanted, torch.cdist(probs, probs[[item]], p=1.0)[:, 0].double())
    left = ~distances.taken
    lowest, span = wanted[left].min(), wanted[left].max() - wanted[left].min()
    assert torch.equal(distances.relevance(torch.zeros_like(start))[left], (wanted[left] - lowest) / span)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0, 7.0, 10.0, 64.0, 1e6])
def test_a_power_is_that_of_torch(exponent: float) -> None:
    x = torch.linspace(0, 1, 100, dtype=torch.float64)
    torch.testing.assert_close(power_(x.clone(), exponent), x**exponent, rtol=1e-13, atol=0)


def test_a_large_power_takes_the_most_relevant() -> None:
    # After 1 and 3 the distances of 0, 2 and 4 are 0, 0.2 (to 3) and 0.4 (its uncertainty): relevances 0, 1.1 and 1.4.
    view = make_view(PROBS.clamp(min=1e-9).log())
    assert FALCUN(gamma=1e4).select(view, 5).tolist() == [1, 3, 4, 2, 0]


def test_a_large_power_follows_the_definition_on_random_pools() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        probs = rng.dirichlet(np.ones(4), size=30)
        picks = FALCUN(gamma=1e9).select(make_view(torch.from_numpy(probs).log()), 30).tolist()
        for n in range(30):
            wanted = np.delete(_definition(probs, picks[:n]), picks[:n])
            assert _definition(probs, picks[:n])[picks[n]] == pytest.approx(wanted.max(), abs=1e-6)


def test_the_shares_of_the_first_two_picks_are_those_of_scikit_activeml() -> None:
    # Later ones differ by design, and before the first pick it does not scale: here margins reach from 0 to 1. For the
    # second it scales over all items, for which a copy of the first pick stays in the pool.
    from skactiveml.base import SkactivemlClassifier
    from skactiveml.pool import Falcun

    probs = torch.cat([PROBS, PROBS[[1]].repeat(3, 1)]).double().numpy()

    class Fixed(SkactivemlClassifier):
        def fit(self, X: object, y: object, sample_weight: object = None) -> Fixed:
            return self

        def predict_proba(self, X: object) -> np.ndarray:
            return probs

    x = np.arange(8.0)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        strategy = Falcun(random_state=0)
        picks, shares = strategy.query(
            x, np.full(8, np.nan), Fixed(classes=[0, 1, 2]), fit_clf=False, batch_size=2, return_utilities=True
        )
    for n in range(2):
        weight = _definition(probs, picks[:n].tolist()) ** 10
        weight[picks[:n]] = np.nan
        np.testing.assert_allclose(shares[n], weight / np.nansum(weight), rtol=1e-9)


def test_items_are_sampled_in_proportion_to_a_power() -> None:
    shares = power_(torch.tensor([1.0, 2.0, 0.0, 3.0], dtype=torch.float64), 2.0)
    # Squares 1, 4, 9: shares up to 1/14, 5/14, 1.
    for draw, pick in ((0.0, 0), (0.07, 0), (0.072, 1), (0.357, 1), (0.358, 3), (1.0, 3)):
        assert _sample(shares, draw) == pick


def test_sampled_shares_match_over_many_seeds() -> None:
    logits = PROBS.clamp(min=1e-9).log()
    counts = torch.zeros(5)
    for seed in range(600):
        counts[FALCUN(gamma=1.0).select(make_view(logits, seed=seed), 1)] += 1
    # Relevances 0, 2, 1.2, 1.6, 0.8 of 5.6 in all; the standard deviation of a count is at most 12.
    assert (counts - 600 * torch.tensor([0, 2, 1.2, 1.6, 0.8]) / 5.6).abs().max() < 50


@pytest.mark.parametrize(
    "logits",
    [torch.zeros(6, 3), torch.tensor([[0.0, 200.0]]).repeat(6, 1), torch.eye(2).repeat(3, 1) * 50, torch.zeros(1, 2)],
)
@pytest.mark.parametrize("gamma", [0.0, 10.0, 1e6])
def test_the_whole_pool_can_be_chosen(logits: torch.Tensor, gamma: float) -> None:
    picks = FALCUN(gamma=gamma).select(make_view(logits), len(logits))
    assert sorted(picks.tolist()) == list(range(len(logits)))
    assert picks.dtype == torch.int64


def test_the_seed_decides_and_nothing_else() -> None:
    logits = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    picks = [FALCUN().select(make_view(logits, seed=seed), 10).tolist() for seed in (0, 0, 1)]
    assert picks[0] == picks[1] != picks[2]


def test_non_finite_probabilities_raise() -> None:
    logits = torch.zeros(4, 2)
    logits[2, 0] = torch.nan
    with pytest.raises(ContractError, match="1 of 4 rows of probabilities are not finite"):
        FALCUN().select(make_view(logits), 2)

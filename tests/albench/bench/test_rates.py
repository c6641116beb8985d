"""What a machine computes and reads a second: how it is timed."""

from __future__ import annotations

import pytest

from albench.bench.rates import best_seconds, measured_rates, product_rate


def test_the_first_try_does_not_count() -> None:
    times = iter([0.0, 1.0, 10.0, 15.0, 20.0, 23.0])
    assert best_seconds(lambda: None, tries=2, clock=lambda: next(times)) == 3.0


def test_a_rate_counts_two_operations_for_a_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("albench.bench.rates.best_seconds", lambda *_, **__: 0.5)
    assert product_rate(side=10) == 2 * 10**3 / 0.5
    assert measured_rates(small=True).read == 4 * 1_000_000 / 0.5

"""The table of what is measured, and the floors that it counts."""

from __future__ import annotations

from albench.bench.floors import QuerySizes
from albench.bench.measured import LANES, METHOD, QUERIES, STEPS, STRATEGY, TimedCase
from albench.bench.rates import Rates
from albench.components.registry import registry

RATES = Rates(read=4e9, product=1e11, logarithm=1e9)
POOL = QuerySizes(n=1000, q=20, size=100, n_classes=10, n_labeled=1000)


def test_all_that_is_measured_is_there() -> None:
    found = registry()
    assert [*QUERIES] == ["entropy", "coreset", "badge", "boostmis"]
    assert {*QUERIES, STRATEGY} <= {*found.names("strategy")}
    for case in (*STEPS.values(), *LANES.values()):
        found.build("backbone", case.backbone)
        found.build("method", case.method)


def test_a_case_trains_the_method_of_the_bare_step() -> None:
    assert TimedCase("mlp", (16,), 3, 200).method == METHOD == "fixmatch"
    assert TimedCase("mlp", (16,), 3, 200, method="vat").method == "vat"

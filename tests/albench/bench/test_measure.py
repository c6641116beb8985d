"""All that is measured is there under its name, with what is good beside it."""

from __future__ import annotations

import pytest

from albench.bench import measure
from albench.bench.floors import QuerySizes
from albench.bench.measured import QUERIES, STEPS
from albench.bench.queries import CLASSES, LABELED
from albench.bench.rates import Rates

RATES = Rates(read=4e9, product=1e11, logarithm=1e9)


@pytest.fixture(autouse=True)
def timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose times are known."""
    known = {
        "measured_rates": lambda *_, **__: RATES,
        "whole_and_bare": lambda *_, **__: (0.012, 0.010),
        "lane_seconds": lambda *_, **__: (1.0, 2.0, 1.5),
        "query": lambda *_: lambda: None,
        "query_seconds": lambda *_: 0.25,
        "start_seconds": lambda: 3.0,
    }
    for name, value in known.items():
        monkeypatch.setattr(measure, name, value)


def test_each_measurement_has_its_seconds_and_what_is_good() -> None:
    told: list[str] = []
    content = measure.measure("cpu", told.append, small=True)
    assert content["rates"] == {"one": vars(RATES), "all": vars(RATES)}
    assert set(content["steps"]) == set(STEPS)
    for name, case in STEPS.items():
        assert content["steps"][name] == {"whole": 0.012, "bare": 0.010, "goal": case.goal + measure.SLACK}
    lanes = content["lanes"]
    assert (lanes["lanes"], lanes["one"], lanes["each"], lanes["together"]) == (2, 1.0, 2.0, 1.5)
    assert content["start"] == 3.0
    assert told[0] == "reading, multiplying"
    assert [words for words in told if words.startswith("queries")] == [f"queries, {name}" for name in QUERIES]


def test_the_floor_of_a_query_is_that_of_its_pool_at_the_rates_of_one_core() -> None:
    queries = measure.measure("cpu", lambda _: None, small=True)["queries"]
    pool = QuerySizes(500, measure.QUERY, measure.SIZE, CLASSES, LABELED)
    for name, query in QUERIES.items():
        assert queries[name]["floor"] == query.floor.seconds(pool, RATES)
        assert (queries[name]["seconds"], queries[name]["goal"]) == (0.25, query.goal)
        assert (queries[name]["items"], queries[name]["size"]) == (500, measure.SIZE)

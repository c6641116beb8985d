"""One colour a name whatever its rank; baselines are black."""

from __future__ import annotations

from collections.abc import Callable

from albench.render.colors import color_of
from albench.report.payload import payload
from albench.results.results import Results

Made = Callable[..., Results]


def test_colours_are_by_name_whatever_the_rank_and_the_baseline_is_black(results: Made) -> None:
    for gains in ((0.0, 0.2, 0.1), (0.2, 0.0, 0.1), (0.1, 0.2, 0.0)):
        rows = payload(results(gains=gains))["rows"]
        assert {row["label"]: row["color"] for row in rows} == {
            "random": None,
            "entropy": color_of("entropy"),
            "badge": color_of("badge"),
        }
    alone = payload(results(strategies=("random",), methods=("fixmatch", "boostmis")))["rows"]
    assert {row["label"]: row["color"] for row in alone} == {
        "fixmatch": color_of("fixmatch"),
        "boostmis": color_of("boostmis"),
    }

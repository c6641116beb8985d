"""What stands above and below every table: facts, how marks are read, and trials that are not complete."""

from __future__ import annotations

import dataclasses

from made_up_tables import comparison, gap, of, row

from albench.compare.tables import Failure
from albench.render.words import facts, failures, heading, legend

ROWS = (row("galaxy", 0.9, gap(0.04, "better"), protocol="1a2b"), row("random", 0.86, rank=2))


def test_facts_are_what_all_rows_share() -> None:
    group = dataclasses.replace(of(*ROWS), seeds=tuple(range(10)))
    assert facts(group, comparison(group)) == [
        "test macro_f1 (higher is better)",
        "ranked by AUBC",
        "method boostmis",
        "backbone cnn",
        "10 seeds",
        "protocol 1a2b on cpu",
    ]
    of_one = dataclasses.replace(group, ranked=80)
    assert facts(of_one, comparison(of_one, at="final"))[1] == "ranked by 80 labels"
    assert facts(group, comparison(group, at="round:9"))[1] == "ranked by nothing: there is no round:9"


def test_a_stand_in_is_called_one() -> None:
    assert heading(of(*ROWS)) == ("digits", "")
    assert heading(of(*ROWS, stand_in="MESCC"))[1] == "stand-in for MESCC: simulated, not patient data"


def test_the_legend_explains_what_is_there_alone() -> None:
    lines = legend(comparison(ROWS))
    assert lines[0].startswith("Mean ± half width of the 95 % t-interval over seeds")
    assert any(line.startswith("Bold: best of its column") for line in lines)
    assert any(line.startswith("Against random: difference paired by seed, with the interval") for line in lines)
    assert not any(line.startswith(("At equal cost", "Labels to the target", "IQM")) for line in lines)
    more = legend(comparison(ROWS, details=True, target="0.8", cost="price-per-label=2"))
    assert [line.partition(" ")[0] for line in more if line not in lines] == ["Labels", "At", "IQM:"]


def test_seeds_that_ended_for_one_reason_are_a_line() -> None:
    def ended(seed: int, reason: str) -> Failure:
        return Failure("digits", "boostmis", "galaxy", "cnn", seed, "1a2b", "failed", reason)

    found = comparison(ROWS)
    found = dataclasses.replace(found, failed=(ended(0, "no\nmemory"), ended(1, "no memory"), ended(2, "nan")))
    assert failures(found) == [
        "failed: digits boostmis + galaxy, seeds 0, 1: no memory",
        "failed: digits boostmis + galaxy, seed 2: nan",
    ]

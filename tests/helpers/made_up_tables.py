"""Tables of a comparison that were made up: how its sentences have to read is known beforehand."""

from __future__ import annotations

from typing import Any

from albench.compare import Comparison, Difference, Estimate, Group, Row
from albench.compare.estimates import Verdict

NAN = float("nan")


def gap(mean: float, verdict: Verdict, needed: int | None = None, n: int = 10, **names: str) -> Difference:
    """A difference whose interval reaches 0.029 to each side."""
    names = {"method": "boostmis", "strategy": "random"} | names
    facts = {"p": 0.5, "p_holm": 0.5, "seeds_needed": needed, "effect": 1.0, "low": mean - 0.029, "high": mean + 0.029}
    return Difference(mean=mean, half_width=0.029, n=n, verdict=verdict, **facts, **names)


def row(strategy: str, mean: float, difference: Difference | None = None, rank: int = 1, **facts: Any) -> Row:
    """A row with two label counts: the last has the mean, the first 0.5."""
    clear, best, n = facts.pop("clear", False), facts.pop("best", rank == 1), facts.pop("n", 10)
    half = 0.01 if n > 1 else NAN
    value = Estimate(mean, half, n, best=best, clear=clear)
    cells = {20: Estimate(0.5, half, n), 80: Estimate(mean, half, n)}
    facts = {"dataset": "digits", "protocol": "1a2b", "backbone": "cnn", "method": "boostmis"} | facts
    facts |= {"cells": cells, "aubc": value, "value": value, "seeds": tuple(range(n))}
    is_baseline = difference is None and strategy == "random"
    return Row(strategy=strategy, rank=rank, difference=difference, is_baseline=is_baseline, **facts)


def comparison(*groups: Group | tuple[Row, ...], **facts: Any) -> Comparison:
    """A comparison of groups, each told whole or by its rows."""
    usual = {"metric": "macro_f1", "split": "test", "at": "aubc", "higher_is_better": True, "baseline": "random"}
    found = tuple(group if isinstance(group, Group) else of(*group) for group in groups)
    n_tests = sum(row.difference is not None for group in found for row in group.rows)
    return Comparison(n_tests=n_tests, groups=found, failed=(), notes=(), **(usual | facts))


def of(*rows: Row, **facts: Any) -> Group:
    """The group of some rows, at 20 and at 80 labels."""
    facts = {"dataset": "digits", "stand_in": "", "protocol": "1a2b", "ranked": None} | facts
    return Group(devices=("cpu",), n_labeled=(20, 80), rows=rows, **facts)

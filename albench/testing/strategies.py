"""The conformance checks of query strategies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import albench.testing.strategy_conduct as conduct
import albench.testing.strategy_edges as edges
import albench.testing.strategy_numbers as numbers
from albench.testing.report import Check, Finding, collect
from albench.testing.strategy_subject import StrategySubject

STRATEGY_CHECKS: dict[str, Check[StrategySubject]] = collect(
    StrategySubject,
    [
        conduct.position_type,
        conduct.exact_budget,
        conduct.unique_positions,
        conduct.positions_in_range,
        conduct.same_seed_same_picks,
        conduct.other_seed,
        conduct.seeds_from_the_view,
        conduct.global_state_untouched,
        conduct.hidden_labels_unread,
        conduct.declared_quantities,
        conduct.public_view,
        conduct.inputs_unchanged,
        conduct.no_state_between_calls,
        edges.whole_pool,
        edges.one_item,
        edges.two_classes,
        edges.one_predicted_class,
        edges.saturated_probabilities,
        edges.duplicate_embeddings,
        edges.constant_embeddings,
        edges.one_labeled_item,
        edges.no_labeled_item,
        edges.nothing_rejected,
        edges.everything_rejected,
        edges.cold_start,
        numbers.non_finite_embeddings,
        numbers.non_finite_probabilities,
        numbers.non_finite_labeled_items,
        numbers.float64_inputs,
        numbers.cuda_agrees,
        numbers.memory_below_pairs,
    ],
)
"""Every check of a strategy by name; ``STRATEGY_CHECKS[name](build, name="mine")`` gives one finding."""


def check_strategy(build: Callable[[], Any], *, name: str) -> list[Finding]:
    """Try all checks on a strategy.

    Parameters
    ----------
    build
        Returns a fresh strategy.
    name
        What the findings call it.
    """
    return [check(build, name=name) for check in STRATEGY_CHECKS.values()]

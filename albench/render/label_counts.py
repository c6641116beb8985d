"""How many labels a plan buys, under each of its budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from albench.suite.protocol import validation_count
from albench.wording import counted

if TYPE_CHECKING:
    from albench.execution.plan import Plan
    from albench.suite.protocol import Protocol


def rounds_text(protocols: Sequence[Protocol]) -> str:
    """``6 rounds``; ``6 or 11 rounds`` where budgets differ in them."""
    numbers = sorted({protocol.rounds for protocol in protocols})
    return f"{' or '.join(map(str, numbers))} rounds" if len(numbers) > 1 else counted(numbers[0], "round")


def label_counts(plan: Plan, dataset: str) -> list[str]:
    """Of each budget the labels of each round, and how many it needs in all, those of val and test among them."""
    named = plan.suite.budgets or ("",)
    return [
        f"{f'{budget}: ' if budget else ''}{_under(plan, dataset, protocol)}"
        for budget, protocol in zip(named, plan.suite.protocols, strict=True)
    ]


def _under(plan: Plan, dataset: str, protocol: Protocol) -> str:
    splits, counts = plan.data[dataset].splits, plan.amounts[dataset, protocol].labels
    shown = [*map(str, counts[:3]), "...", str(counts[-1])] if len(counts) > 5 else list(map(str, counts))
    pool, whole_val, n_test = map(len, (splits.train, splits.val, splits.test))
    n_val = validation_count(protocol.validation, counts[-1], whole_val)
    needed = f"{counts[-1] + n_val + n_test:,} of {pool + whole_val + n_test:,}"
    of_pool = f"labels {', '.join(shown)} of {pool:,}"
    beside = f"{n_val:,} of val and " if n_val else ""
    return f"{of_pool}; with {beside}{n_test:,} of test the protocol needs {needed} labelled"

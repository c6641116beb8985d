"""Strategies that choose alike on a data set, so that a run of several pays for one result several times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from albench.api.task import Task
from albench.components.registry import Registry
from albench.components.spec import parse
from albench.suite.trials import Trial
from albench.wording import listed


def alike_notes(todo: Iterable[Trial], tasks: Mapping[str, Task], found: Registry) -> list[str]:
    """A line for each data set of two classes on which strategies of the run order items in one way."""
    orders: dict[str, dict[str, dict[str, str]]] = {}
    for trial in todo:
        spec = parse(trial.strategy)
        order = found.find("strategy", spec.name).order_of_two
        if order and not spec.options and tasks[trial.dataset].n_classes == 2:
            orders.setdefault(trial.dataset, {}).setdefault(order, {})[trial.strategy] = trial.shown[2]
    return [
        f"{dataset}: with two classes {listed(list(names.values()))} order items alike: their rows will be the same, "
        "and each is paid for and counts as a comparison of its own; one of them is enough."
        for dataset, by_order in orders.items()
        for names in by_order.values()
        if len(names) > 1
    ]

"""All measurements of ``albench bench``, as plain numbers."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import torch

from albench.bench.floors import QuerySizes
from albench.bench.machine import FORMAT, start_seconds, this_machine
from albench.bench.measured import LANES, QUERIES, STEPS
from albench.bench.queries import CLASSES, LABELED, query, query_seconds
from albench.bench.rates import Rates, measured_rates, product_rate
from albench.bench.steps import lane_seconds, whole_and_bare
from albench.devices import can, is_accelerator
from albench.disk.processes import cores
from albench.execution.failures import Work, in_one_line
from albench.trial.numerics import numerics

ITEMS, SIZE, QUERY = 20_000, 256, 100
"""Of the pool of the timed queries, and labels that they ask for."""
WORK = Work(
    lower="end what else computes there, or write --small",
    again="nothing was kept; run the same command again",
    who="what was measured",
)
"""For what is said where the device fails."""
SLACK = 0.1
"""Added to what a step may cost: a few blocks on a machine with other work vary by so much."""


def measure(device: str, tell: Callable[[str], None], *, small: bool = False) -> dict[str, Any]:
    """What a machine reaches; about half a minute on a CPU.

    Parameters
    ----------
    device
        ``cpu``, or an accelerator's name as ``cuda:0``.
    tell
        Called with what is being measured.
    small
        A try in a second or two, whose numbers mean little.

    Returns
    -------
    ``machine``, ``rates`` (bytes, operations and logarithms a second), ``steps``, ``lanes`` and ``queries`` (seconds).

    Raises
    ------
    DeviceLacks
        Where the device has no memory left.
    DeviceLost
        Where it answers no more.
    """
    with in_one_line(device, WORK):
        return _measured(device, tell, small)


def _measured(device: str, tell: Callable[[str], None], small: bool) -> dict[str, Any]:
    tell("reading, multiplying")
    rates: dict[str, Any] = {}
    with numerics(1):
        found = measured_rates(device, small=small)
        rates["one"] = asdict(found)
    if can(device).mixed:
        rates["bfloat16"] = product_rate(device, torch.bfloat16, 256 if small else 0)
    if not is_accelerator(device):
        with numerics(cores()):
            rates["all"] = asdict(measured_rates(small=small))
    with numerics(1):
        return {
            "format": FORMAT,
            "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "machine": asdict(this_machine(device)),
            "rates": rates,
            "steps": _steps(device, tell, small),
            "lanes": _lanes(device, tell, small),
            "queries": _queries(device, tell, found, small),
            "start": _start(tell),
        }


def _start(tell: Callable[[str], None]) -> float:
    tell("the start of a worker")
    return start_seconds()


def _steps(device: str, tell: Callable[[str], None], small: bool) -> dict[str, Any]:
    steps: dict[str, Any] = {}
    for name, case in STEPS.items():
        tell(f"training steps, {name}")
        case = replace(case, size=256, steps=1) if small else case
        whole, bare = whole_and_bare(case, device, blocks=1 if small else 6)
        steps[name] = {"whole": whole, "bare": bare, "goal": case.goal + SLACK}
    return steps


def _lanes(device: str, tell: Callable[[str], None], small: bool) -> dict[str, Any]:
    count = 2 if small else 32 if is_accelerator(device) else 8
    tell(f"{count} seeds in one step")
    (name, case), *_ = LANES.items()
    case = replace(case, size=256, steps=1) if small else case
    one, each, together = lane_seconds(case, count, device, blocks=1 if small else 6)
    return {"case": name, "lanes": count, "one": one, "each": each, "together": together}


def _queries(device: str, tell: Callable[[str], None], rates: Rates, small: bool) -> dict[str, Any]:
    queries: dict[str, Any] = {}
    n = 500 if small else ITEMS
    pool = {"items": n, "size": SIZE, "query_size": QUERY}
    for name, timed in QUERIES.items():
        tell(f"queries, {name}")
        query(name, 500, 20, SIZE, device)()  # imports, and pages touched for the first time
        least = timed.floor.seconds(QuerySizes(n, QUERY, SIZE, CLASSES, LABELED), rates)
        took = query_seconds(query(name, n, QUERY, SIZE, device), device)
        queries[name] = {"seconds": took, "floor": least, "goal": timed.goal} | pool
    return queries

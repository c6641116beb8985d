"""Training steps, alone and as lanes, and queries: on one device, with the CPU's results, at no more cost than before.

A step never waits for the device. Nothing is computed in float64 that the CPU computes in float32, nothing is added in
no fixed order, and nothing is drawn on the device. What is known to be wrong stands in ``pretended_faults``.
"""

from __future__ import annotations

import device_counts
import pytest
from pretended_faults import KNOWN
from pretended_work import APART, found, strategies, works

from albench.components.registry import registry

RECORD = device_counts.recorded()


@pytest.mark.parametrize("work", works(), ids=" ".join)
def test_the_device_does_what_the_cpu_does(work: tuple[str, ...]) -> None:
    known = KNOWN.get(work[1], {}) if work[0] == "query" else {}
    made = found(work)
    new = {kind: what for kind, what in made.faults.items() if kind not in known}
    assert not new, "\n".join(f"{kind}: {what}" for kind, what in new.items())
    mended = set(known) - set(made.faults)
    assert not mended, f"{work[1]} is mended: take {sorted(mended)} from tests/helpers/pretended_faults.py"
    assert not device_counts.grown(" ".join(work), made.counts, RECORD)


def test_the_record_is_of_what_there_is() -> None:
    assert list(RECORD) == [" ".join(work) for work in works()], "python tests/devices/renew.py"


def test_the_list_of_faults_names_strategies() -> None:
    assert set(KNOWN) <= set(strategies())
    assert set(registry().names("strategy")) >= APART


def test_a_count_that_grew_is_told() -> None:
    record = {"query one": {"kernels": 100, "waits": 10, "float64": 0}}
    within = {"kernels": 105, "waits": 10, "float64": 0}
    assert device_counts.grown("query one", within, record) == []
    assert len(device_counts.grown("query one", {"kernels": 106, "waits": 11, "float64": 1}, record)) == 3
    assert device_counts.grown("query two", within, record)

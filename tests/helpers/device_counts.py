"""The record of kernels, waits and operations on float64 of every step and query: ``tests/devices/counts.txt``."""

from __future__ import annotations

from pathlib import Path

RECORD = Path(__file__).parents[1] / "devices" / "counts.txt"
HEAD = "# kernels  waits  float64  of what; renew with: python tests/devices/renew.py\n"
SLACK = 1.05
"""How far a count may lie above its record: rounds of k-means hang on the last digit of a sum."""


def recorded() -> dict[str, dict[str, int]]:
    """Work -> its counts."""
    found = {}
    for line in RECORD.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kernels, waits, float64, work = line.split(maxsplit=3)
            found[work] = {"kernels": int(kernels), "waits": int(waits), "float64": int(float64)}
    return found


def write(counts: dict[str, dict[str, int]]) -> None:
    """Put all counts on record."""
    lines = [f"{c['kernels']:9} {c['waits']:6} {c['float64']:8}  {work}\n" for work, c in counts.items()]
    RECORD.write_text(HEAD + "".join(lines), encoding="utf-8")


def grown(work: str, counts: dict[str, int], record: dict[str, dict[str, int]]) -> list[str]:
    """What is above the record, in words."""
    before = record.get(work)
    if before is None:
        return [f"{work} is not on record: python tests/devices/renew.py"]
    return [
        f"{counts[kind]} {kind} for {work}, {limit} on record: see to it, or python tests/devices/renew.py"
        for kind, limit in before.items()
        if counts[kind] > limit * SLACK
    ]

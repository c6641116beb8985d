"""What ``albench bench`` measured, as tables for people who see it for the first time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from albench.wording import counted

WIDTHS = (24, 27, 18, 4)
"""Of the columns: what was measured, what came out, what is good, and whether it is."""


@dataclass(frozen=True)
class Line:
    """One measurement: what was measured, what came out, what is good in words, and whether it is that."""

    what: str
    here: str
    good: str
    fine: bool


@dataclass(frozen=True)
class Section:
    """Measurements of a kind, and what they mean for a run."""

    title: str
    meaning: str
    lines: list[Line]


def sections(measured: dict[str, Any]) -> Iterator[Section]:
    """The measurements, in the order in which they are read."""
    cuda = "bfloat16" in measured["rates"]
    yield _gpu(measured["rates"]) if cuda else _processor(measured["rates"], measured["machine"]["cores"])
    yield Section(
        "Training steps",
        "A whole step makes its batch and its views, trains and averages; the bare one only trains.",
        [_step(name, step) for name, step in measured["steps"].items()],
    )
    yield _lanes(measured["lanes"])
    first = next(iter(measured["queries"].values()))
    yield Section(
        "Queries",
        f"{first['query_size']} of {first['items']:,} items x {first['size']}; the floor is the work that a rule "
        "cannot leave out, at the rates above.",
        [_query(name, query) for name, query in measured["queries"].items()],
    )
    start = measured["start"]
    line = Line("import albench and torch", _time(start), "up to 6 s", start <= 6)
    yield Section("Start", "Each worker of a run pays this once.", [line])


def _processor(rates: dict[str, Any], cores: int) -> Section:
    one, every = rates["one"], rates["all"]["product"]
    gain = max(1.0, every / one["product"])
    return Section(
        "The processor",
        f"A trial has one thread: {counted(cores, 'trial')} at once, as fast as {min(gain, cores):.1f} one by one.",
        [
            Line("multiply, one thread", _flops(one["product"]), "30 GFLOP/s or more", one["product"] >= 3e10),
            Line(
                f"multiply, {counted(cores, 'thread')}",
                f"{_flops(every)}, {gain:.1f} x one",
                f"{0.8 * cores:.1f} x or more",
                gain >= 0.8 * cores,
            ),
            Line("read memory, one thread", _bytes(one["read"]), "8 GB/s or more", one["read"] >= 8e9),
        ],
    )


def _gpu(rates: dict[str, Any]) -> Section:
    one, half = rates["one"], rates["bfloat16"]
    return Section(
        "The GPU",
        "Training multiplies in bfloat16, queries in float32; queries that scan the pool read memory.",
        [
            Line("multiply, float32", _flops(one["product"]), "10 TFLOP/s or more", one["product"] >= 1e13),
            Line(
                "multiply, bfloat16",
                f"{_flops(half)}, {half / one['product']:.1f} x float32",
                "2 x or more",
                half >= 2 * one["product"],
            ),
            Line("read memory", _bytes(one["read"]), "400 GB/s or more", one["read"] >= 4e11),
        ],
    )


def _step(name: str, step: dict[str, float]) -> Line:
    ratio = step["whole"] / step["bare"]
    here = f"{_time(step['whole'])}, {ratio:.2f} x bare"
    return Line(name, here, f"up to {step['goal']:.2f} x", ratio <= step["goal"])


def _lanes(lanes: dict[str, Any]) -> Section:
    ratio = lanes["together"] / lanes["each"]
    here = f"{_time(lanes['together'])}, {ratio:.2f} x"
    advice = "--lanes auto pays for models as small as this" if ratio < 1 else "keep --lanes off on this machine"
    return Section(
        "Lanes",
        f"{lanes['lanes']} seeds of {lanes['case']} in one step, against one by one: {advice}.",
        [Line(f"{lanes['lanes']} seeds together", here, "below 1 x", ratio < 1)],
    )


def _query(name: str, query: dict[str, float]) -> Line:
    ratio = query["seconds"] / query["floor"]
    here = f"{_time(query['seconds'])}, {ratio:.1f} x floor"
    return Line(name, here, f"up to {query['goal']:g} x", ratio <= query["goal"])


def bench_tables(measured: dict[str, Any]) -> Group:
    """The tables, with the machine above them."""
    machine = measured["machine"]
    where = (
        machine["device"]
        if machine["device"] != "cpu"
        else f"{machine['processor']}, {counted(machine['cores'], 'core')}"
    )
    shown: list[Any] = [Text(f"{where}, torch {machine['torch']}", style="bold")]
    slow = False
    for part in sections(measured):
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        for width in WIDTHS:
            table.add_column(width=width, overflow="fold")
        for line in part.lines:
            slow = slow or not line.fine
            mark = Text("ok", style="green") if line.fine else Text("slow", style="yellow")
            table.add_row(line.what, line.here, Text(line.good, style="dim"), mark)
        shown += [Text(), Text.assemble((part.title, "bold"), ("  " + part.meaning, "dim")), table]
    if slow:
        hint = "'slow' is often other work on the machine: end it and measure again before you look further."
        shown += [Text(), Text(hint, style="yellow")]
    return Group(*shown)


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e3:.{0 if seconds >= 0.1 else 1 if seconds >= 0.01 else 2}f} ms"


def _flops(rate: float) -> str:
    return f"{rate / 1e12:.0f} TFLOP/s" if rate >= 1e13 else f"{rate / 1e9:.0f} GFLOP/s"


def _bytes(rate: float) -> str:
    return f"{rate / 1e9:,.0f} GB/s"

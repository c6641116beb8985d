"""The section of docs/methods.md on constants that count steps: the authors', and what a default round makes of them.

The numbers are asked of the rule and of the methods, so that the table cannot say another thing than they do.
"""

from __future__ import annotations

import importlib
from typing import NamedTuple

import torch

from albench.api import RoundFacts, Task
from albench.api.horizon import kept_at, momentum_at, window_at
from albench.components.registry import Registry
from albench.suite.protocol import Protocol

DEFAULT, LONG = Protocol().steps, 2**20
TEXT = f"""
## Constants that count steps

Authors chose momenta, windows, ramps and warm-ups for their own length of training, most of them for 2^20 steps; a
round here has {DEFAULT} by default. Carried over as they are, they would leave a method that is not at work: over
{DEFAULT} steps a momentum of 0.999 keeps {0.999**DEFAULT:.0%} of where an average began. One rule,
`albench.api.horizon`, says what they are in a round of any length, and leaves the authors' own value at the authors'
length:

- **How far an average looks back.** At step `t` since the weights were initialised an average keeps
  `min(momentum, (1 + t) / (10 + t))` of itself, and a window covers the last `min(window, (11 + 2t) // 9)` batches,
  which are of the same mean age: about a ninth of the steps so far, until the authors' value is less. The weights'
  average follows it as well.
- **How long something lasts.** The authors' share of their training is taken of the round. What has to wait until the
  network has learnt something lasts at least a given share of a round of up to {DEFAULT} steps, and as many steps in
  longer ones.

The option `momentum` is the authors' value, which holds from some step on. The options in steps are `none` for the
rule; a number is that many steps, whatever the round's length. On a warm start `t` goes on from round to round.
"""


class Lasting(NamedTuple):
    """Something that lasts for steps: of which method, by what name in its state, and what authors say of it."""

    method: str
    name: str
    authors: str


AVERAGES = [
    ("every method", "the protocol's `ema`, of the weights", Protocol().ema),
    *((name, "`momentum`", 0.999) for name in ("adamatch", "debiaspl", "freematch", "softmatch")),
]
WINDOWS = [
    ("adamatch", "the unlabelled predictions' mean"),
    ("comatch", "the predictions' mean"),
    ("crest", "the predictions' mean"),
    ("daso", "the pseudo labels' shares"),
    ("remixmatch", "the predictions' mean"),
    ("simmatch", "the predictions' mean"),
]
LASTING = [
    Lasting("abc", "ramp_steps", "500 of 500 epochs"),
    Lasting("adamatch", "ramp_steps", "half of training"),
    Lasting("cossl", "wait_steps", "400 of 500 epochs"),
    Lasting("darp", "wait_steps", "200 of 500 epochs"),
    Lasting("dash", "warm_up_steps", "10 of 1,024 epochs"),
    Lasting("dash", "drop_steps", "9 of 1,024 epochs"),
    Lasting("daso", "wait_steps", "5,000 of 250,000 steps"),
    Lasting("ict", "ramp_steps", "a quarter of the epochs"),
    Lasting("mean-teacher", "ramp_steps", "40,000 of 150,000 steps"),
    Lasting("mixmatch", "ramp_steps", "2^14 of 2^20 steps"),
    Lasting("pi-model", "ramp_steps", "80 of 300 epochs"),
    Lasting("pseudo-label", "ramp_steps", "the first 0.4 of training in USB"),
    Lasting("remixmatch", "ramp_steps", "2^14 of 2^20 steps"),
    Lasting("uda", "tsa_steps", "all of training"),
]
AS_THEY_ARE = """
The same at every length: what counts items and not steps (`bank_size`, `queue_size`, memories of the pool), what weighs
a loss, and the batch normalisation of `wrn`, whose `bn_momentum` of 0.1 looks back over ten batches; its authors' is
0.001. A method of your own has the rule from `albench.api`: `momentum_at`, `window_at`, `lasting_steps`.
"""


def section(found: Registry) -> list[str]:
    """Lines of Markdown."""
    last = torch.tensor(DEFAULT - 1)
    rows = []
    for method, name, authors in AVERAGES:
        end = f"{kept_at(DEFAULT - 1):.3f} at its end"
        rows.append(f"| {method} | {name} | {authors:g}, from step {_reached(authors):,} on | {end} |")
    for method, name in WINDOWS:
        size = _module(found, method).WINDOW
        steps = next(t for t in range(10**5) if window_at(torch.tensor(t), size) == size)
        count = window_at(last, size).item()
        rows.append(f"| {method} | {name} | {size} batches, from step {steps:,} on | {count} batches at its end |")
    for one in LASTING:
        share, ours = _lasting(found, one, LONG) / LONG, _lasting(found, one, DEFAULT)
        rows.append(f"| {one.method} | `{one.name}` | {one.authors} ({share:.1%}) | {_number(ours)} steps |")
    header = [f"| method | constant | authors' value | in a round of {DEFAULT} steps |", "|---|---|---|---|"]
    return [TEXT, *header, *rows, AS_THEY_ARE]


def _reached(authors: float) -> int:
    return next(t for t in range(10**6) if momentum_at(torch.tensor(t, dtype=torch.float64), authors) == authors)


def _module(found: Registry, method: str) -> object:
    return importlib.import_module(found.find("method", method).load().__module__)


def _lasting(found: Registry, one: Lasting, steps: int) -> float:
    task = Task("features", (2,), 2, ("low", "high"), pool_size=4, embedding_size=2)
    method = found.find("method", one.method).load()()
    labeled = torch.zeros(4, dtype=torch.bool)
    facts = RoundFacts(0, 1, steps, 2, 4, 0, 2, 0, labeled, torch.ones(2))
    return float(method.round_start(method.init(task, torch.device("cpu")), facts)[one.name])


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")

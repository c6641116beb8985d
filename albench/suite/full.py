"""Full supervision: what the labels of the whole pool give, a reference beside the curves of a suite."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from albench.api.kinds import Kind
from albench.components.defaults import baselines
from albench.components.spec import Spec
from albench.errors import PluginError, SuiteError
from albench.suite.protocol import Protocol

if TYPE_CHECKING:
    from albench.components.registry import Registry

WHOLE = "100%"
"""Its budget, as it is typed and shown."""
SPARED: tuple[Kind, ...] = ("method", "strategy")
"""Kinds of which full supervision takes the baseline, whatever the suite has of them."""


def full_protocol(settings: Protocol) -> Protocol:
    """One round on the labels of the whole pool; training, validation and all else as in the other trials.

    What says how labels are drawn or bought has no meaning there, and stands at its default: budgets share one.
    """
    nothing = ("initial_draw", "initial_strategy", "query_size")
    return dataclasses.replace(settings, initial=WHOLE, rounds=1, **{name: getattr(Protocol, name) for name in nothing})


def reference(kind: Kind, named: Iterable[Spec], registry: Registry) -> Spec:
    """The baseline of a kind, as the suite names it where it does: with its alias, and its options.

    Raises
    ------
    PluginError
        Where no plugin marks one.
    """
    marked = baselines(registry, kind)
    if not marked:
        raise PluginError(f"full supervision needs a {kind} that a plugin marks as baseline, and there is none.")
    return next((spec for spec in named if spec.name == marked[0] and not spec.options), Spec(marked[0]))


def parse_full(value: Any) -> bool:
    """``true`` or ``false`` of a suite file.

    Raises
    ------
    SuiteError
        With the form.
    """
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if str(value).lower() not in words:
        raise SuiteError(f"full: {value}: write true to train on all labels of the pool too, or false.")
    return words[str(value).lower()]

"""What a suite takes of the kinds of which it names nothing: what plugins mark as default."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from albench.api.kinds import Kind
from albench.components.defaults import baselines, default, default_dataset
from albench.components.spec import Spec
from albench.wording import plural

if TYPE_CHECKING:
    from albench.components.registry import Registry
    from albench.suite.trials import Suite

NAMED: tuple[Kind, ...] = ("dataset", "method", "strategy")
"""Kinds that a run has to have; which backbone is the default depends on each data set."""


def with_defaults(suite: Suite, registry: Registry, data_dir: str | None) -> Suite:
    """The suite with data set, method and strategy where it names none, and with the kinds of which it named none.

    Parameters
    ----------
    data_dir
        The data folder that the user named, where the default data set may lie.

    Raises
    ------
    PluginError
        Where two plugins mark a default that is needed, or none does.
    """
    missing = tuple(kind for kind in NAMED if not getattr(suite, plural(kind)))
    taken: dict[str, Any] = {
        plural(kind): (
            Spec(default_dataset(registry, data_dir) if kind == "dataset" else _fitting(kind, suite, registry)),
        )
        for kind in missing
    }
    return dataclasses.replace(suite, by_default=missing, **taken)


def _fitting(kind: Kind, suite: Suite, registry: Registry) -> str:
    """The default method or strategy; where it goes with none of the backbones that are named, a baseline that does."""
    name = default(registry, kind)
    backbones = [registry.build("backbone", spec) for spec in suite.backbones]
    for each in (name, *baselines(registry, kind)):
        made = registry.build(kind, each)
        for backbone in backbones:
            if made.training & backbone.training if kind == "method" else made.needs <= backbone.gives:
                return each
    return name

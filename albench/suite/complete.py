"""A declared suite with all that it leaves open settled, and every name in it looked up."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from albench.components.defaults import ORACLE
from albench.devices import can, kind_of
from albench.errors import SuiteError
from albench.suite.defaults import with_defaults
from albench.suite.encoded import read_through
from albench.suite.naming import check_aliases
from albench.suite.panels import expanded
from albench.suite.trials import first_labels

if TYPE_CHECKING:
    from albench.components.registry import Registry
    from albench.suite.protocol import PrecisionName
    from albench.suite.settings import RunSettings
    from albench.suite.trials import Suite


def completed(suite: Suite, settings: RunSettings, registry: Registry) -> tuple[Suite, dict[str, list[str]]]:
    """The suite with its defaults, its name and its kind of device, and components in the place of panels.

    A mistyped name is told here, before any data is read.

    Parameters
    ----------
    settings
        Whose device is one that is there.

    Returns
    -------
    And what each panel stood for: ``"strategies @standard"`` -> names.

    Raises
    ------
    UserError
        For whatever in the suite cannot be used.
    """
    suite = with_defaults(suite, registry, settings.data_dir)
    suite = dataclasses.replace(
        suite,
        name=suite.name or "-".join(spec.name for spec in (*suite.datasets, *suite.encoders)),
        datasets=read_through(suite.datasets, suite.encoders, registry),
        encoders=(),
        protocol=dataclasses.replace(
            suite.protocol,
            device=kind_of(settings.device),
            precision=_precision(suite.protocol.precision, settings.device),
        ),
    )
    suite, in_panels = expanded(suite, registry)
    for spec in suite.methods:
        registry.find("method", spec.name)
    for spec in suite.strategies:
        registry.find("strategy", spec.name)
    for spec in suite.backbones:
        registry.find("backbone", spec.name)
    _check_validated(suite, registry)
    check_aliases(suite, registry)
    first_labels(registry, suite.protocol)
    return suite, in_panels


def _precision(wanted: PrecisionName, device: str) -> PrecisionName:
    """A precision in the one form that stands in keys: ``auto`` where it is what the kind of device does by itself."""
    if wanted == "tf32" and not can(device).tf32:
        raise SuiteError(
            f"precision tf32 is of CUDA devices: on {kind_of(device)} write precision=fp32 or precision=bf16."
        )
    return "auto" if wanted == ("bf16" if can(device).mixed else "fp32") else wanted


def _check_validated(suite: Suite, registry: Registry) -> None:
    """Refuse a strategy that chooses by validation labels where the protocol pays for none."""
    for spec in suite.strategies if suite.protocol.validation == "none" else ():
        if (
            registry.find("strategy", spec.name).role == ORACLE
            and "score_after" in registry.build("strategy", spec).needs
        ):
            raise SuiteError(
                f"strategy {spec} chooses by validation labels, and validation none pays for none: leave it out, or "
                "write how many, as --set validation=1x."
            )

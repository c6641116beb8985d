"""Data sets read through encoders: what ``--encoder`` makes of ``-d``."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from albench.components.defaults import ENCODES, encodes
from albench.components.spec import Spec
from albench.errors import SuiteError

if TYPE_CHECKING:
    from albench.components.registry import Registry

OF, ENCODER = "of", "encoder"
"""Options of ``albench.api.EncodedDataset``."""


def read_through(datasets: Sequence[Spec], encoders: Sequence[Spec], registry: Registry) -> tuple[Spec, ...]:
    """Each data set through each encoder; as they are where no encoder is named.

    A data set keeps its alias; where there are several encoders, their names stand behind it.

    Raises
    ------
    UserError
        For an encoder that is not there, and a data set that is encoded already.
    """
    if not encoders:
        return tuple(datasets)
    for encoder in encoders:
        registry.find("encoder", encoder.name)
    for dataset in datasets:
        if registry.find("dataset", dataset.name).role == ENCODES:
            raise SuiteError(f"dataset {dataset} is encoded already: leave --encoder out, or name what it is of.")
    name = encodes(registry)
    made = []
    for dataset, encoder in itertools.product(datasets, encoders):
        alias = dataset.alias
        if encoder.alias or (alias and len(encoders) > 1):
            alias = f"{alias or dataset.name} {encoder.alias or encoder.name}"
        plain = [dataclasses.replace(each, alias="") for each in (dataset, encoder)]
        made.append(Spec(name, ((ENCODER, str(plain[1])), (OF, str(plain[0]))), alias))
    return tuple(made)

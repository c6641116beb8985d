"""What ``trial.json`` says of a trial."""

from __future__ import annotations

import dataclasses
from typing import Any

from albench import item_predictions
from albench.components import spec as specs
from albench.components.defaults import ORACLE
from albench.components.registry import Registry
from albench.data.loading import Data
from albench.results.mixing import parts_of
from albench.results.provenance import MADE_BY, Made
from albench.results.records import SEES_LABELS
from albench.suite.trials import Trial


def described(trial: Trial, data: Data, registry: Registry, made: Made) -> dict[str, Any]:
    """``trial.json``: what the trial is and where its parts come from."""
    parts = parts_of(trial)
    origin = {kind: registry.find(kind, specs.parse(part).name).distribution for kind, part in parts.items()}
    return {
        "format": 1,
        "key": trial.key,
        **{str(kind): part for kind, part in parts.items()},
        "resolved": dict(zip(parts, trial.resolved, strict=True)),
        "from": origin,
        MADE_BY: dict(made),
        "seed": trial.seed,
        "protocol_hash": trial.protocol.hash,
        "protocol": dataclasses.asdict(trial.protocol),
        "data_hash": data.hash,
        **({"n_unlabeled": data.splits.n_unlabeled} if data.splits.n_unlabeled else {}),
        "stand_in": data.splits.stand_in,
        **({SEES_LABELS: True} if _sees_labels(trial, registry) else {}),
        "class_names": list(data.splits.task.class_names),
        item_predictions.KEY: item_predictions.facts_of(data.splits.test.y, data.splits.groups.get("test")),
    }


def _sees_labels(trial: Trial, registry: Registry) -> bool:
    return registry.find("strategy", specs.parse(trial.strategy).name).role == ORACLE

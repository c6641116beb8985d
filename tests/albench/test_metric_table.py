"""One table of metrics: what is measured, what protocols may choose by, and what docs say are the same names."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

from albench.compare import metric_words
from albench.metric_table import METRICS, metric_named
from albench.metrics import metrics
from albench.suite.protocol import Protocol

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_what_is_measured_is_in_the_table_within_its_range(n_classes: int) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(60) % n_classes
    probs = rng.dirichlet(np.ones(n_classes), 60)
    found = metrics(probs, y, [f"c{label}" for label in range(n_classes)], ordinal=True)
    named = {name for name in found if not name.startswith("recall.")}
    assert named <= set(METRICS)
    assert set(METRICS) - named == ({"sensitivity_at_95_specificity"} if n_classes > 2 else set())
    for name, value in found.items():
        low, high = metric_named(name).range
        assert math.isnan(value) or low <= value <= high


def test_a_protocol_may_choose_weights_by_those_that_say_so() -> None:
    choices = get_args(get_type_hints(Protocol)["checkpoint_metric"])
    assert set(choices) == {name for name, metric in METRICS.items() if metric.chooses_weights}


def test_docs_define_each_of_them() -> None:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    table = text[text.index("## Metrics") : text.index("Where a split has no item of a class")]
    named = {name for line in table.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+)`", line)}
    assert set(METRICS) <= named


def test_each_has_its_name_in_words() -> None:
    assert metric_words("macro_f1", "test") == "test macro F1"
    assert metric_words("recall.glioma") == "recall of glioma"
    assert metric_words("brier.of_mine") == "brier of of_mine"
    assert metric_words("some_score") == "some score"
    assert not metric_named("ece").higher_is_better
    assert metric_named("some_score").range == (-math.inf, math.inf)

"""Several metrics from one basis: each comparison is the one that its metric has alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up import frame, trial

from albench.compare.basis import basis_of
from albench.compare.build import compared
from albench.compare.question import Question
from albench.errors import UnknownName, UserError

RNG = np.random.default_rng(0)
DATA = frame(
    *(
        trial(name, seed, RNG.normal(0.5 + 0.1 * at, 0.05, 3), dataset=dataset, rare_recalls="recall.b")
        for dataset in ("digits", "moons")
        for at, name in enumerate(("random", "entropy", "margin"))
        for seed in range(5)
    )
)
DATA = DATA.assign(
    **{"test.accuracy": DATA["test.macro_f1"] * RNG.uniform(0.8, 1, len(DATA)), "test.recall.b": RNG.random(len(DATA))},
    **{"seconds.train": 1.0, "seconds.query": 0.1},
)


@pytest.mark.parametrize("options", [{}, {"datasets": ["moons"], "strategies": ["entropy"]}, {"at": "final"}])
def test_each_metric_is_compared_as_it_is_alone(options: dict) -> None:
    question = Question(details=True, **options)
    basis = basis_of(DATA, question, ["accuracy", "recall.b"])
    for metric in ("macro_f1", "recall.b", "accuracy"):
        asked = replace(question, metric=metric)
        assert repr(compared(DATA, asked, basis=basis)) == repr(compared(DATA, asked))


def test_every_metric_is_looked_for_before_anything_is_counted() -> None:
    with pytest.raises(UnknownName, match=r"unknown metric 'acuracy': did you mean 'accuracy'\?"):
        basis_of(DATA, Question(), ["acuracy"])
    with pytest.raises(UserError, match="no finished round"):
        basis_of(pd.DataFrame(), Question(), ["accuracy"])

"""Boosted trees of other libraries: XGBoost, LightGBM and CatBoost, each an optional extra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from albench_estimators.columns import Leaves
from albench_estimators.library import Extra


@dataclass(frozen=True)
class XGBoost(Extra):
    """Boosted trees (Chen and Guestrin, KDD 2016); needs ``pip install 'albench[xgboost]'``."""

    path = "xgboost.XGBClassifier"
    called = "xgboost"

    @property
    def given(self) -> Mapping[str, Any]:
        """One thread, and no line of its own."""
        return {"n_jobs": 1, "verbosity": 0}

    def leaves(self, model: Any) -> Leaves | None:
        """Leaves of all trees."""
        return lambda x: np.asarray(model.apply(x)).reshape(len(x), -1).astype(np.int64)


@dataclass(frozen=True)
class LightGBM(Extra):
    """Boosted trees (Ke et al., NeurIPS 2017); needs ``pip install 'albench[lightgbm]'``."""

    path = "lightgbm.LGBMClassifier"
    called = "lightgbm"

    @property
    def given(self) -> Mapping[str, Any]:
        """One thread, sums in one order, and no line of its own."""
        return {"n_jobs": 1, "verbose": -1, "deterministic": True, "force_col_wise": True}

    def leaves(self, model: Any) -> Leaves | None:
        """Leaves of all trees."""
        return lambda x: np.asarray(model.predict(x, pred_leaf=True)).reshape(len(x), -1)


@dataclass(frozen=True)
class CatBoost(Extra):
    """Boosted trees (Prokhorenkova et al., NeurIPS 2018); needs ``pip install 'albench[catboost]'``."""

    path = "catboost.CatBoostClassifier"
    called = "catboost"

    @property
    def given(self) -> Mapping[str, Any]:
        """One thread, no file and no line of its own."""
        return {"thread_count": 1, "verbose": False, "allow_writing_files": False}

    def leaves(self, model: Any) -> Leaves | None:
        """Leaves of all trees."""
        return lambda x: np.asarray(model.calc_leaf_indexes(x)).reshape(len(x), -1)

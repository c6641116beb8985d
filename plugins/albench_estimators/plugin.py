"""Registers the estimators and their methods; imports none of them."""

from __future__ import annotations

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """Register the estimators and their methods."""
    here = "albench_estimators"
    add.backbone("linear", f"{here}.linear:Linear", "logistic regression, fitted whole or by gradient steps")
    add.backbone("sklearn", f"{here}.sklearn_:Sklearn", "a classifier of scikit-learn, or of any class like one")
    add.backbone("xgboost", f"{here}.boosting:XGBoost", "boosted trees of XGBoost")
    add.backbone("lightgbm", f"{here}.boosting:LightGBM", "boosted trees of LightGBM")
    add.backbone("catboost", f"{here}.boosting:CatBoost", "boosted trees of CatBoost")
    add.backbone("tabpfn", f"{here}.tabpfn_:TabPFN", "a transformer pretrained on tables")
    add.method(
        "self-training",
        f"{here}.self_training:SelfTraining",
        "estimators: sure predictions become labels, fitted again",
        family="estimators",
        paper="Yarowsky 1995",
    )
    add.method(
        "label-spreading",
        f"{here}.label_spreading:LabelSpreading",
        "estimators: labels spread over a graph of the pool first",
        family="estimators",
        paper="Zhou et al. 2004",
    )

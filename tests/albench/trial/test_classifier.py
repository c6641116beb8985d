"""A fitted classifier in the place of probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import albench
from albench.errors import UserError

RNG = np.random.default_rng(0)
X, XL, YL = RNG.normal(size=(50, 3)), RNG.normal(size=(12, 3)), np.arange(12) % 3


def test_it_chooses_by_the_classifiers_probabilities_and_the_items() -> None:
    model = LogisticRegression().fit(XL, YL)
    probs = model.predict_proba(X)
    picks = albench.select("margin", 5, model=model, pool=X)
    assert picks.tolist() == albench.select("margin", 5, probs=probs).tolist()
    whole = albench.select("badge", 5, model=model, pool=X, labeled=XL, labeled_y=YL)
    assert whole.tolist() == albench.select("badge", 5, probs=probs, embeddings=X).tolist()
    forest = RandomForestClassifier(10, random_state=0).fit(XL, YL)
    assert len(set(albench.select("coreset", 5, model=forest, pool=X, labeled=XL, labeled_y=YL).tolist())) == 5
    own = albench.select("coreset", 5, model=forest, pool=X, embeddings=X[:, :1])
    assert own.tolist() == albench.select("coreset", 5, embeddings=X[:, :1]).tolist(), "embeddings that are given stand"


def test_columns_go_to_their_classes() -> None:
    model = LogisticRegression().fit(XL[YL != 1], YL[YL != 1])
    picks = albench.select("galaxy", 5, model=model, pool=X, labeled=XL, labeled_y=YL)
    assert len(picks) == 5, "labels of the class that it never saw have a column"
    words = LogisticRegression().fit(XL, np.array(["a", "b", "c"])[YL])
    assert albench.select("margin", 5, model=words, pool=X).shape == (5,)


def test_what_is_missing_or_twice_there_is_told() -> None:
    model = LogisticRegression().fit(XL, YL)
    with pytest.raises(UserError, match="give pool="):
        albench.select("margin", 5, model=model, probs=model.predict_proba(X))
    with pytest.raises(UserError, match="probs would come from it and are given too"):
        albench.select("margin", 5, model=model, pool=X, probs=model.predict_proba(X))
    with pytest.raises(UserError, match="model is a list: give a torch module or a fitted classifier"):
        albench.select("margin", 5, model=[1], pool=X)
    with pytest.raises(UserError, match="last layer"):
        albench.select("deepfool", 5, model=model, pool=X)

"""Estimators, which are fitted whole: scikit-learn's, boosted trees, a linear model; and their methods."""

"""Strategies that albench did not write: a function in anybody's file, and those of scikit-activeml."""

"""Strategies that cover the pool: they look at where items lie, not at how sure the model is."""

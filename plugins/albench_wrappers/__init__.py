"""Strategies that take any other strategy and change what it may see or how its scores are read."""

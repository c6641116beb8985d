"""Strategies that ask for what the model is least sure of, and the random baseline that every one has to beat."""

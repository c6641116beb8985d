"""Strategies that weigh what the model is unsure of against where items lie."""

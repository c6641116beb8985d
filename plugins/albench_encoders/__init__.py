"""Frozen models that turn images and texts into vectors, and the data set that is read through one."""

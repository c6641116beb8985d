"""The kinds of components, and the version of what plugins may use."""

from __future__ import annotations

from typing import Literal

PROJECT = "albench"
API_VERSION = "1.0"
"""Version of what plugins may use: ``albench.api``, ``albench.kernels`` and ``albench.testing``."""
Kind = Literal["strategy", "method", "dataset", "encoder", "backbone", "executor", "tracker"]
KINDS: tuple[Kind, ...] = ("strategy", "method", "dataset", "encoder", "backbone", "executor", "tracker")

"""A plugin file that makes every step of writing slow, as on a network folder: --plugin benchmarks/faults/slow_disk.py

A run that is killed at a random moment is then killed inside a write more often than not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from albench.api import Add, hookimpl

SECONDS = 0.02


def _slow(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        time.sleep(SECONDS)
        return real(*arguments, **options)

    return call


for _name in ("fsync", "replace", "rename", "link", "unlink", "utime"):
    setattr(os, _name, _slow(getattr(os, _name)))


@hookimpl
def albench_register(add: Add) -> None:
    """It brings no component."""

"""albench: the benchmark suite for active learning joined with semi-supervised learning."""

from __future__ import annotations

from albench.version import __version__

__all__ = ["Query", "Results", "__version__", "arrays", "load", "run", "select"]

TYPE_CHECKING = False  # as type checkers know it: nothing is imported before ``albench.__main__`` heeds Ctrl-C

if TYPE_CHECKING:
    from typing import Any

    from albench.data.in_memory import arrays
    from albench.results.load import load
    from albench.results.results import Results
    from albench.selection import Query, select
    from albench.session import run

_LAZY = {
    "Query": "albench.selection",
    "Results": "albench.results.results",
    "arrays": "albench.data.in_memory",
    "load": "albench.results.load",
    "run": "albench.session",
    "select": "albench.selection",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'albench' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)

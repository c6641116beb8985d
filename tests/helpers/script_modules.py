"""Scripts that lie outside of packages, as modules."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def loaded(path: Path) -> Any:
    """The module that a script is; it is not entered into ``sys.modules``."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def benchmark(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of ``benchmarks``, read anew with what several of them share; its folder is on the path for the test."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for each in (name, "simulated"):
        monkeypatch.delitem(sys.modules, each, raising=False)
    return importlib.import_module(name)

"""Writes docs/checks.md: the conformance kit's checks, and the planted faults that the tests prove each to catch."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType

from albench.api import KINDS
from albench.testing.checks import CHECKS
from albench.wording import plural

TESTS = Path(__file__).resolve().parents[1] / "tests" / "albench" / "testing"
"""Where each kind has a file that plants faults, in a list such as STRATEGY_FAULTS; two more plant faults of methods
that fit estimators, and of all kinds on CUDA and MPS."""
HELPERS = TESTS.parents[1] / "helpers"
"""What these files import beside albench, as pytest's ``pythonpath`` has it."""

INTRODUCTION = """# What the conformance kit checks

`albench check NAME`, a plugin file or a distribution in place of the name; `@pytest.mark.albench("NAME")` in a test; or
`albench.testing` from Python. A check passes, fails with the smallest case that shows the fault, or does not apply,
with the reason.

Each check is proven by planted faults: components that break one rule, which the tests require to be caught by the
check that is there for it. *Planted* lists them by name, {n_faults} in all.
"""


def page() -> str:
    """The text of the page."""
    caught = _caught()
    lines = [INTRODUCTION.format(n_faults=sum(len(names) for kind in caught.values() for names in kind.values()))]
    for kind in KINDS:
        lines += [f"## {kind.capitalize()}\n", "| check | what it tries | planted |", "|---|---|---|"]
        for name, check in CHECKS[kind].items():
            purpose = check.purpose.replace("|", "\\|")
            lines.append(f"| `{name}` | {purpose} | {', '.join(caught[kind][name])} |")
        lines.append("")
    return "\n".join(lines)


def _caught() -> dict[str, dict[str, list[str]]]:
    """Kind -> check -> names of the faults that it is proven to catch."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind in KINDS:
        for build, check, *_ in getattr(_module(f"test_{plural(kind)}"), f"{kind.upper()}_FAULTS"):
            found[kind][check].append(_words(getattr(build, "__name__", type(build).__name__)))
    for build, check, *_ in _module("test_method_whole").FAULTS:
        found["method"][check].append(_words(build.__name__))
    on_device = _module("test_on_device")
    for where, faults in on_device.FAULTS.items():
        found[where[0]][on_device.CHECKS[where].name] += [_words(build.__name__) for build, _ in faults]
    return found


def _module(name: str) -> ModuleType:
    """A test file, which finds its helpers where pytest would have it find them."""
    if str(HELPERS) not in sys.path:
        sys.path.append(str(HELPERS))
    spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    sys.path.append(str(HELPERS))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(HELPERS))
    return module


def _words(name: str) -> str:
    """``PoolIds`` as "pool ids"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).replace("_", " ").strip().lower()

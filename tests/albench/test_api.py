"""What plugins may use is recorded in tests/api.txt: a change of it is seen, and is made on purpose.

Renew the record with ``python tests/albench/test_api.py --write``; what is taken away or changed raises
``albench.api.API_VERSION`` (docs/plugins/stability.md).
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RECORD = Path(__file__).parents[1] / "api.txt"
MODULES = ("albench.api", "albench.kernels", "albench.testing")


def describe() -> str:
    """Every public name with its signature, one a line."""
    lines = [f"API {importlib.import_module('albench.api').API_VERSION}"]
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name in sorted(module.__all__):
            lines += described(f"{module_name}.{name}", getattr(module, name))
    return "\n".join(lines) + "\n"


def described(name: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        yield f"class {name}({bases})"
        fields = [] if not dataclasses.is_dataclass(value) else dataclasses.fields(value)
        for field in fields:
            yield f"  {field.name}: {field.type}{'' if _required(field) else ' = ...'}"
        for member, found in sorted(vars(value).items()):
            kind = found.__func__ if isinstance(found, classmethod | staticmethod) else found
            if member.startswith("_") or member in {field.name for field in fields}:
                continue
            if isinstance(kind, property):
                yield f"  {member} (property)"
            elif inspect.isfunction(kind):
                yield f"  {member}{signature(kind)}"
            else:
                yield f"  {member}"
    elif inspect.isfunction(value):
        yield f"{name}{signature(value)}"
    else:
        yield f"{name}: {type(value).__name__}"


def signature(function: Any) -> inspect.Signature:
    """The signature; a default that is no plain value is shown as ``...``."""
    found = inspect.signature(function)
    plain = (bool, int, float, str, tuple, type(None), type(inspect.Parameter.empty))
    parameters = [p if isinstance(p.default, plain) else p.replace(default=...) for p in found.parameters.values()]
    return found.replace(parameters=parameters)


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def test_the_public_api_is_as_recorded() -> None:
    assert describe() == RECORD.read_text(encoding="utf-8"), __doc__


if __name__ == "__main__" and "--write" in sys.argv:
    RECORD.write_text(describe(), encoding="utf-8")

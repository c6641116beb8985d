"""The plugin module is light, and what it registers exists."""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
import sys

from albench.api import Method
from albench_ssl import plugin


class Recorder:
    """Stands in for ``add``: keeps the registrations."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[str, str]] = {}

    def method(self, name: str, target: str, summary: str = "", **about: object) -> None:
        self.found[name] = (target, summary)


def test_every_registered_component_can_be_built_with_its_defaults() -> None:
    recorder = Recorder()
    plugin.albench_register(recorder)
    assert len(recorder.found) == 18
    for target, summary in recorder.found.values():
        module, _, name = target.partition(":")
        component = getattr(importlib.import_module(module), name)
        assert summary
        assert isinstance(component(), Method)
        assert dataclasses.is_dataclass(component)
        assert all(field.metadata["help"] for field in dataclasses.fields(component))


def test_the_plugin_module_does_not_import_torch() -> None:
    code = "import sys, albench_ssl.plugin; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

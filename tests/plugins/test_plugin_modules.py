"""The plugin modules of the built-in packages are light, and what they register is there."""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from albench.components.component import Component
from albench.components.plugin import Plugin, Registrar

MODULES = sorted(entry.module for entry in entry_points(group="albench") if entry.dist and entry.dist.name == "albench")
HEAVY = ("torch", "numpy", "pandas", "sklearn", "scipy")


def registered(module: str) -> list[Component]:
    plugin = Plugin(module, "albench", "")
    importlib.import_module(module).albench_register(Registrar(plugin))
    return plugin.components


def test_there_is_a_module_for_each_package() -> None:
    assert [module.partition(".")[2] for module in MODULES] == ["plugin"] * 13


@pytest.mark.parametrize("module", MODULES)
def test_every_registered_component_is_there_with_its_help(module: str) -> None:
    components = registered(module)
    assert components
    for component in components:
        made = component.load()
        assert component.summary, component.name
        assert dataclasses.is_dataclass(made), component.name
        assert all(field.metadata["help"] for field in dataclasses.fields(made) if field.init), component.name


@pytest.mark.parametrize("module", ["albench_backbones.plugin", "albench_ssl.plugin"])
def test_methods_and_backbones_need_no_option(module: str) -> None:
    assert [component.load()() for component in registered(module)]


def test_no_plugin_module_imports_what_is_heavy_nor_do_the_digits_their_library() -> None:
    there = f"print([name for name in {HEAVY!r} if name in sys.modules])"
    load = "from albench_datasets.digits import Digits\nDigits().load(None)\nprint('sklearn' in sys.modules)"
    code = f"import sys, {', '.join(MODULES)}\n{there}\n{load}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "False"]

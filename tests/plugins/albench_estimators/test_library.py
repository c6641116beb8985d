"""Estimators whose library is an extra say how it is installed."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path

import pytest

from albench.api import PluginError
from albench.components.registry import registry

EXTRAS = ("xgboost", "lightgbm", "catboost", "tabpfn")
PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("name", EXTRAS)
def test_the_command_that_installs_an_extra_names_one_that_there_is(name: str) -> None:
    estimator = registry().build("backbone", name)
    assert estimator.install == f"pip install 'albench[{name}]'"
    assert any(each.startswith(name) for each in PROJECT["optional-dependencies"][name])
    if importlib.util.find_spec(name):
        estimator.ready()
        return
    with pytest.raises(PluginError, match=rf"^{name} needs {name}: pip install 'albench\[{name}\]'$"):
        estimator.ready()


def test_a_class_of_any_other_library_is_installed_by_its_packages_name() -> None:
    assert registry().build("backbone", "sklearn[class=somebodys.part.Class]").install == "pip install somebodys"

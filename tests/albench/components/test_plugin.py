"""A plugin: what it registers, and whether it fits this albench."""

from __future__ import annotations

import types
from collections.abc import Callable

import pluggy
import pytest

from albench.api import Add, Strategy, hookimpl, hooks
from albench.api.kinds import API_VERSION, PROJECT
from albench.components.plugin import Plugin, Registrar, check_hooks, check_version
from albench.errors import PluginError
from albench.version import __version__


class Mine(Strategy):
    """Picks well.

    And more of it.
    """

    def scores(self, view: object) -> object:
        return view


@pytest.fixture
def plugin() -> Plugin:
    return Plugin("mine", "dist", "1.0")


def module(**content: object) -> types.ModuleType:
    made = types.ModuleType("made")
    vars(made).update(content)
    return made


def test_a_plugin_is_called_by_its_file_or_its_distribution(plugin: Plugin) -> None:
    assert plugin.label == "'mine' (dist)"
    assert Plugin("mine", "mine.py", "file", path="./mine.py").label == "'mine' (./mine.py)"


def test_what_is_registered_is_filed_under_its_plugin_with_its_marks(plugin: Plugin) -> None:
    add: Add = Registrar(plugin)
    add.strategy("a", Mine, family="hybrid", paper="Me 2026", panels=["fast"], order_of_two="x", role="baseline")
    add.backbone("b", "package.net:Net", "a net", default_for=["image"])
    add.dataset("c", "package.data:Data", stand_in_for="mescc")
    add.method("d", "package.method:Method", role="default")
    a, b, c, d = plugin.components
    assert (a.plugin, a.distribution, a.summary) == ("mine", "dist", "Picks well.")
    assert (a.family, a.paper, a.panels, a.order_of_two, a.role) == ("hybrid", "Me 2026", ("fast",), "x", "baseline")
    assert (b.kind, b.summary, b.default_for) == ("backbone", "a net", ("image",))
    assert (c.summary, c.default_for, c.stand_in_for) == ("", (), "mescc")
    assert (d.role, d.default_for) == ("default", ())


@pytest.mark.parametrize(
    ("register", "message"),
    [
        (lambda add: add.strategy("a b", Mine), "strategy name 'a b' cannot be typed"),
        (lambda add: add.strategy("a", Mine()), "register the class, not an instance: write Mine"),
        (lambda add: add.strategy("a", Mine, panels="fast"), r"write them as panels=\('standard',\)"),
        (lambda add: add.executor("a", "p:E", default_for=("two",)), r"choose from one, several|did you mean"),
    ],
)
def test_what_cannot_be_registered_is_told_at_once(
    plugin: Plugin, register: Callable[[Add], None], message: str
) -> None:
    with pytest.raises(PluginError, match=message):
        register(Registrar(plugin))
    assert plugin.components == []


@pytest.mark.parametrize("stated", [None, ">=1,<2", f"=={API_VERSION}"])
def test_a_range_that_holds_todays_plugin_api_fits(stated: str | None) -> None:
    check_version(module(**({} if stated is None else {"albench_api": stated})))


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (
            ">=2",
            f"it supports the plugin API >=2, and albench {__version__} has {API_VERSION}: install",
        ),
        ("new", "its albench_api is 'new', not a range such as '>=1,<2'"),
        (3, "its albench_api is 3, not a range such as '>=1,<2'"),
    ],
)
def test_another_range_is_told(stated: object, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        check_version(module(albench_api=stated))


def hooked(**functions: Callable[..., object]) -> tuple[pluggy.PluginManager, types.ModuleType]:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    made = module(**{name: hookimpl(function) for name, function in functions.items()})
    manager.register(made)
    return manager, made


def test_hooks_that_are_there_fit() -> None:
    check_hooks(*hooked(albench_register=lambda add: None))  # noqa: ARG005  # the hook's argument


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        ({}, r"it implements no albench hook: decorate a function albench_register\(add\) with @hookimpl"),
        ({"albench_registr": lambda add: None}, "albench_registr.*; the hooks are albench_commands, "),  # noqa: ARG005
    ],
)
def test_a_module_without_hooks_or_with_a_wrong_one_is_told(
    functions: dict[str, Callable[..., object]], message: str
) -> None:
    with pytest.raises(PluginError, match=message):
        check_hooks(*hooked(**functions))

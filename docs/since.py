"""Writes docs/since.md: the version in which each hook, mark, option and setting came.

The page is its own record. What it names keeps its version, what is new gets that of albench as it is now, and what is
gone goes: ``pages()`` of ``components.py`` asks for the text, ``python docs/check.py`` says where it is stale.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from albench.api import KINDS, Forward, Method, hooks, option
from albench.cli.main import cli
from albench.components.fields import options
from albench.components.registry import registry
from albench.selection import Query, select
from albench.session import run
from albench.suite.protocol import Protocol
from albench.suite.suite_file import KEYS
from albench.version import __version__
from albench.wording import plural

PAGE = Path(__file__).with_name("since.md")
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \| (?P<since>[\d.]+) \|$", re.MULTILINE)
INTRODUCTION = """# Since when

The version of albench in which each hook, mark, option and setting came. Which of them stay as they are, and how one
goes, is in [what stays as it is](plugins/stability.md).
"""


def page(record: str | None = None) -> str:
    """The page's text.

    Parameters
    ----------
    record
        The page as it was; that in docs/ where None.
    """
    if record is None:
        record = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    known = {match["name"]: match["since"] for match in ROW.finditer(record)}
    now = ".".join(__version__.split(".")[:2])
    lines = [INTRODUCTION]
    for title, names in sections().items():
        rows = [f"| `{name}` | {known.get(name, now)} |" for name in names]
        lines += [f"## {title}\n", "| | since |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def sections() -> dict[str, list[str]]:
    """Title -> what is public there, by the name that a reader would look for."""
    return {
        "Hooks": list(_hooks()),
        "Marks beside a registration": list(_marks()),
        "What a method defines": list(_members(Method)),
        "The model inside a method's loss": list(_members(Forward)),
        "What an option is declared with": [f"option({name})" for name in inspect.signature(option).parameters],
        "Keys of a suite file": [f"{key}:" for key in KEYS],
        "Settings of the protocol": [f"protocol {field.name}" for field in dataclasses.fields(Protocol)],
        "albench.run": [f"run({name})" for name in _arguments(run)],
        "albench.select": [f"select({name})" for name in _arguments(select)],
        "albench.Query": [*(f"Query({name})" for name in _arguments(Query)), *_members(Query)],
        "Commands": list(_commands()),
        **{plural(kind).capitalize(): list(_options(kind)) for kind in KINDS},
    }


def _hooks() -> Iterator[str]:
    """Each hook with its exact arguments."""
    for name, function in sorted(vars(hooks).items()):
        if name.startswith("albench_"):
            yield f"{name}({', '.join(inspect.signature(function).parameters)})"


def _members(contract: type) -> Iterator[str]:
    """Each function of a contract that one may write or call, with its arguments."""
    for name, function in vars(contract).items():
        if inspect.isfunction(function) and (not name.startswith("_") or name == "__call__"):
            called = "forward" if name == "__call__" else f"{contract.__name__.lower()}.{name}"
            yield f"{called}({', '.join(_arguments(function))})"


def _marks() -> Iterator[str]:
    for kind in KINDS:
        yield f"add.{kind}"
        yield from (f"add.{kind}({name})" for name in _arguments(getattr(hooks.Add, kind)) if name != "name")


def _arguments(function: Callable[..., Any]) -> Iterable[str]:
    open_ended = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.name != "self" and one.kind not in open_ended]


def _commands() -> Iterator[str]:
    """Each command and its options, by their long names."""
    waiting: list[tuple[str, click.Command]] = [("albench", cli)]
    while waiting:
        words, command = waiting.pop(0)
        yield words
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                yield f"{words} {max(parameter.opts, key=len)}"
        if isinstance(command, click.Group):
            context = click.Context(command)
            inner = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
            waiting += [(f"{words} {name}", found) for name, found in inner if found]


def _options(kind: Any) -> Iterator[str]:
    for component in registry().components(kind):
        if component.distribution == "albench":
            yield f"{kind} {component.name}"
            yield from (f"{kind} {component.name}[{found.name}]" for found in options(component.load()))

"""Parameter types and options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from albench.api.kinds import Kind

F = TypeVar("F", bound=Callable[..., Any])


class SpecType(click.ParamType):
    """A component spec; the shell completes the names of its kind."""

    name = "spec"

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from albench.components.declared import EVERY
        from albench.components.registry import registry
        from albench.suite.naming import PANELLED

        files = tuple(ctx.params.get("plugins") or ())
        components = registry(files).components(self._kind)
        named = {c.name: c.summary for c in components}
        if self._kind in PANELLED:
            named |= {f"@{panel}": "panel" for c in components for panel in (*c.panels, EVERY)}
        return [CompletionItem(name, help=text) for name, text in named.items() if name.startswith(incomplete)]


def plugin_option(function: F) -> F:
    """``--plugin FILE``, several times, and ``--no-plugins``."""
    option = click.option(
        "--plugin",
        "plugins",
        multiple=True,
        metavar="FILE",
        help="Load a plugin from a Python file (also ALBENCH_PLUGINS); may be repeated.",
    )
    none = click.option(
        "--no-plugins",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_no_plugins,
        help="Load albench's own plugins alone (ALBENCH_DISABLE_PLUGINS=NAME,... leaves out some).",
    )
    return option(none(function))


def _no_plugins(_ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    """Set the environment, which worker processes inherit."""
    if wanted:
        os.environ["ALBENCH_NO_PLUGINS"] = "1"


def data_dir_option(function: F) -> F:
    """``--data-dir DIR``."""
    option = click.option(
        "--data-dir", metavar="DIR", envvar="ALBENCH_DATA", help="Folder with data files (or set ALBENCH_DATA)."
    )
    return option(function)


def offline_option(function: F) -> F:
    """``--offline``."""
    option = click.option("--offline", is_flag=True, help="Download no data (or set ALBENCH_OFFLINE).")
    return option(function)

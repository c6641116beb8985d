"""A registered component: what its plugin said of it, and its class, imported when it is first used."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from albench.api.kinds import Kind
from albench.api.published import Published
from albench.components import declared
from albench.components.side_effects import kept_apart
from albench.disk.python_files import FILE_MODULE
from albench.errors import PluginError


@dataclass(frozen=True)
class Component:
    """A registered component. ``target`` is imported when it is first used."""

    kind: Kind
    name: str
    target: str | Callable[..., Any]
    summary: str
    plugin: str
    distribution: str
    family: str = ""
    paper: str = ""
    panels: tuple[str, ...] = ()
    order_of_two: str = ""
    role: str = ""
    """``default``, ``baseline`` or ``oracle``; see ``albench.components.defaults``."""
    default_for: tuple[str, ...] = ()
    stand_in_for: str = ""
    published: str | Sequence[Published] = ()
    """Of a data set: facts, or where they are; ``facts`` gives them."""

    def load(self) -> Callable[..., Any]:
        """The class.

        Raises
        ------
        PluginError
            Where the target cannot be imported, or what the class declares is not what its contract knows.
        """
        if not isinstance(self.target, str):
            return self.target
        module, _, attribute = self.target.partition(":")
        there = sys.modules.get(module)
        if there is not None and (known := getattr(there, attribute, None)) is not None:
            declared.check(self.kind, self.name, known)  # as where it was imported; importing it again does nothing
            return cast(Callable[..., Any], known)
        label, own = f"'{self.plugin}' ({self.distribution})", module.partition(".")[0]
        try:
            with kept_apart(label, f"{module} was imported", own=own):
                loaded: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
        except Exception as error:
            raise PluginError(
                f"{self.kind} '{self.name}' of plugin '{self.plugin}' cannot be imported from {self.target}: "
                f"{type(error).__name__}: {error}"
            ) from error
        declared.check(self.kind, self.name, loaded)
        return loaded

    @property
    def facts(self) -> tuple[Published, ...]:
        """What is published of a data set, each variant for itself; nothing of a reader of the user's files.

        Raises
        ------
        PluginError
            Where they cannot be imported.
        """
        if not isinstance(self.published, str):
            return tuple(self.published)
        module, _, attribute = self.published.partition(":")
        try:
            found = getattr(importlib.import_module(module), attribute)
        except Exception as error:
            raise PluginError(
                f"what is published of dataset '{self.name}' cannot be imported from {self.published}: "
                f"{type(error).__name__}: {error}"
            ) from error
        declared.check_published(self.name, found)
        return tuple(found)

    @property
    def source(self) -> str:
        """Where the class comes from, as text."""
        if isinstance(self.target, str):
            return self.target
        module = self.target.__module__
        if module.startswith(FILE_MODULE):
            module = Path(inspect.getfile(self.target)).name
        return f"{module}:{getattr(self.target, '__qualname__', self.target)}"

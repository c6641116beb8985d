"""What somebody means who types something else in the place of a component: a file, a folder, a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from albench.api.kinds import Kind
from albench.components.defaults import Marked, baseline, flag
from albench.components.spec import there_is


class Registered(Marked, Protocol):
    """A component as far as it is asked here."""

    def load(self) -> Callable[..., Any]: ...


class Known(Protocol):
    """The registry as far as it is asked here."""

    def components(self, kind: Kind | None = None) -> Sequence[Registered]: ...
    def with_file(self, file: str) -> tuple[list[tuple[Kind, str]], str]: ...


_CALLED: dict[Kind, tuple[str, ...]] = {
    "method": ("none", "no", "baseline", "sl", "supervised-only", "labelled-only", "labeled-only"),
    "strategy": ("none", "uniform", "baseline", "passive", "rand"),
}
"""What the baseline of a kind, which is the run without one, is called elsewhere."""


def meant(kind: Kind, text: str, registry: Known) -> str:
    """What to type in place of ``text``, as a line that says what it is; "" where nothing is known of it."""
    text = text.strip()
    if text.lower() in _CALLED.get(kind, ()) and (name := baseline(registry, kind)):
        return f"unknown {kind} '{text}': without one is {flag(kind)} {name}."
    several = [part.strip() for part in text.split(",")] if "[" not in text else [text]
    if len(several) > 1 and all(several):
        typed = " ".join(f"{flag(kind)} {part}" for part in several)
        return f"'{text}' is no {kind}: several are named one by one, {typed}; from Python in a list."
    if text.endswith(".py"):
        return _of_a_file(kind, text, registry)
    if kind == "dataset":
        return _of_data(text, registry)
    return ""


def data_sets_for(path: Path, registry: Known) -> list[str]:
    """The specs by which a file or folder could be read."""
    specs = []
    for component in registry.components("dataset"):
        try:
            target: Any = component.load()
            if target.reads(path):
                specs.append(f"{component.name}[path={path}]")
        except Exception:  # whatever a plugin does here, it is only asked for a hint
            continue
    return specs


def _of_data(text: str, registry: Known) -> str:
    if there_is(text):
        kind = "folder" if Path(text).expanduser().is_dir() else "file"
        specs = data_sets_for(Path(text).expanduser(), registry)
        if specs:
            return f"'{text}' is a {kind}: write {' or '.join(specs)}."
        return (
            f"'{text}' is a {kind} that no data set reads as it is: see 'albench list datasets', and "
            f"'albench show NAME' for what each reads."
        )
    if "[" not in text and ("/" in text or "\\" in text or Path(text).suffix in (".npz", ".npy", ".csv", ".zip")):
        return f"there is no file or folder {text}."
    return ""


def _of_a_file(kind: Kind, text: str, registry: Known) -> str:
    """A plugin's file in the place of what it registers."""
    if not there_is(text):
        return f"there is no file {text}."
    names, why = registry.with_file(text)
    typed = flag(kind)
    mine = [name for of, name in names if of == kind]
    if mine:
        return f"'{text}' is a file: write --plugin {text} {' '.join(f'{typed} {name}' for name in mine)}."
    return f"'{text}' is a file{why or f' that registers no {kind}'}: --plugin {text} {typed} NAME is the form."

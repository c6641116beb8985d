"""Component specs: ``boostmis[n_neighbors=20]`` <-> name + options as text.

Grammar: ``NAME`` or ``NAME[OPTION=VALUE,...]``. A value may itself be a spec with brackets, or be quoted with ``'`` or
``"`` where it holds a comma or a bracket; inside quotes a quote that is written twice stands for itself.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albench.errors import SpecError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PANEL = "@"
"""How the name of a panel begins (see ``albench.suite.panels``)."""


@dataclass(frozen=True)
class Spec:
    """A component's name and its options as text."""

    name: str
    options: tuple[tuple[str, str], ...] = ()
    alias: str = dataclasses.field(default="", compare=False)
    """What the user calls it; no part of what it is."""

    def __str__(self) -> str:
        if not self.options:
            return self.name
        return f"{self.name}[{','.join(f'{key}={_quoted(value)}' for key, value in self.options)}]"


def _quoted(value: str) -> str:
    """``value`` so that ``parse`` reads it back; nested specs stay bare."""
    try:
        _split(value)
        plain = "," not in _outside_brackets(value)
    except SpecError:
        plain = False
    if plain and value == value.strip() and value[:1] not in ("'", '"'):
        return value
    quote = "'" if '"' in value and "'" not in value else '"'
    return f"{quote}{value.replace(quote, 2 * quote)}{quote}"


def _outside_brackets(text: str) -> str:
    depth, kept = 0, []
    for char in text:
        depth += char == "["
        if depth == 0:
            kept.append(char)
        depth -= char == "]"
    return "".join(kept)


def _split(text: str) -> list[str]:
    """Split at commas that are outside brackets and quotes."""
    parts, start, depth, quote = [], 0, 0, ""
    for position, char in enumerate(text):
        if quote:
            if char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
            if depth < 0:
                raise SpecError(f"'{text}': unexpected ']'.")
        elif char == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    if quote:
        raise SpecError(f"'{text}': the quote {quote} is not closed.")
    if depth:
        raise SpecError(f"'{text}': '[' is not closed.")
    return [*parts, text[start:]]


def there_is(text: str) -> bool:
    """Whether a text is the path of a file or folder."""
    try:
        return Path(text).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long a name, no home, a zero byte
        return False


def parse(text: str) -> Spec:
    """Read a spec.

    Raises
    ------
    SpecError
        Saying what is malformed and what the form is.
    """
    form = "write NAME or NAME[OPTION=VALUE,...]"
    text = text.strip()
    if not text:
        raise SpecError(f"an empty component name: {form}.")
    if len(text) > 4096:
        raise SpecError(f"a component spec of {len(text)} characters is too long (4096 at most).")
    if not text.isprintable():
        raise SpecError(f"{text!r} holds a character that cannot be seen: {form}.")
    name, bracket, rest = text.partition("[")
    name = name.strip()
    if text.startswith(PANEL):
        where = f"by itself, in the place of strategies or methods, as -s {PANEL}standard"
        raise SpecError(f"'{text}' is not a component spec: a panel stands {where}.")
    if not _NAME.fullmatch(name):
        raise SpecError(f"'{text}' is not a component spec: {form}.")
    if not bracket:
        return Spec(name)
    if not rest.endswith("]"):
        raise SpecError(f"'{text}': ']' is missing at the end.")
    options: dict[str, str] = {}
    for part in _split(rest[:-1]) if rest[:-1].strip() else []:
        key, equals, value = part.partition("=")
        key, value = key.strip(), value.strip()
        if not equals or not _KEY.fullmatch(key):
            what = part.strip()
            meant = f"did you mean {name}[path={what}]?" if what and there_is(what) else "write OPTION=VALUE."
            raise SpecError(f"'{text}': '{what}' is not an option: {meant}")
        if key in options:
            raise SpecError(f"'{text}': option '{key}' is given twice.")
        options[key] = _unquoted(text, value)
    return Spec(name, tuple(sorted(options.items())))


def _unquoted(text: str, value: str) -> str:
    """A value without the quotes around it, inside which a quote that is written twice stands for itself."""
    quote = value[:1]
    if quote not in ("'", '"') or len(value) < 2:
        return value
    inner = value[1:-1]
    if value[-1] != quote or quote in inner.replace(2 * quote, ""):
        raise SpecError(f"{text}: {value} does not end at its closing quote; write {2 * quote} for a {quote} inside.")
    return inner.replace(2 * quote, quote)


def from_yaml(value: Any) -> Spec:
    """A spec from a suite file: a string, or ``{name: {option: value}}``."""
    if isinstance(value, str):
        return parse(value)
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, options),) = value.items()
        if isinstance(name, str) and isinstance(options or {}, Mapping):
            items = sorted((str(key), as_text(item)) for key, item in (options or {}).items())
            return dataclasses.replace(parse(name), options=tuple(items))
    raise SpecError(f"{value!r} is not a component: write NAME, NAME[OPTION=VALUE,...] or NAME: {{OPTION: VALUE}}.")


def as_text(value: Any) -> str:
    """A value as it is typed in a spec."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)

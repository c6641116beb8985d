"""Writes docs/strategies.md, docs/methods.md and docs/datasets.md from the registered components, docs/checks.md from
the kit, and docs/since.md.

``pages()`` gives the texts; ``python docs/check.py --write`` renews the files, ``python docs/check.py`` compares them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection
from dataclasses import fields
from typing import Any

import horizon
import kit
import named_sets
import since

from albench.api import Kind, Method
from albench.components.component import Component
from albench.components.defaults import ORACLE, ORACLE_MARK
from albench.components.fields import options
from albench.components.registry import Registry, registry
from albench.wording import plural

INTRODUCTION: dict[Kind, str] = {
    "strategy": """# Query strategies

Which unlabelled items to annotate next. Every strategy runs with every [method](methods.md), data set and backbone:
`albench run -s NAME`, with options as `-s "NAME[OPTION=VALUE]"`. *Cold start*: it can choose the first labels too
(`--initial-strategy NAME`). *Oracle: sees labels*: a [reference](comparing.md#references) that is never ranked.
""",
    "method": """# Semi-supervised methods

What turns labelled and unlabelled batches into a loss. Every method runs with every [strategy](strategies.md), data set
and backbone: `albench run -m NAME`, with options as `-m "NAME[OPTION=VALUE]"`.
""",
    "encoder": """# Encoders

Frozen models through which a data set is read: each item becomes a vector once, and the vectors are kept
([guide](guide.md#foundation-features-and-text)). `albench run -d DATASET --encoder NAME`, with options as
`--encoder "NAME[OPTION=VALUE]"`. Each says its licence and size; one whose library is missing names the command that
installs it. [Writing one](plugins/encoder.md).
""",
}


def pages() -> dict[str, str]:
    """File name in docs/ -> its text."""
    found = registry()
    of_components = {f"{plural(kind)}.md": _page(kind, found) for kind in INTRODUCTION}
    return {**of_components, "datasets.md": named_sets.page(found), "checks.md": kit.page(), "since.md": since.page()}


def _page(kind: Kind, found: Registry) -> str:
    components = [c for c in found.components(kind) if c.distribution == "albench"]
    families = kind != "encoder"
    head = ["name", "what", *(["family"] if families else []), "paper"]
    lines = [INTRODUCTION[kind], f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for c in components:
        cells = [f"[{c.name}](#{c.name})", c.summary, *([c.family] if families else []), c.paper]
        lines.append(f"| {' | '.join(cells)} |")
    if kind == "method":
        lines += ["\n## Options of every method\n", *_option_table(Method), *horizon.section(found)]
    for component in components:
        lines += [f"\n## {component.name}\n", *_entry(component)]
    return "\n".join(lines) + "\n"


def _entry(component: Component) -> list[str]:
    factory = component.load()
    cold = " *Cold start.*" if getattr(factory, "cold_start", False) else ""
    sees = f" *{ORACLE_MARK.capitalize()}.*" if component.role == ORACLE else ""
    source = f"`{component.source}`"
    family = f"*{component.family.capitalize()}.* " if component.family else ""
    lines = [f"{family}{component.paper + '. ' if component.paper else ''}{source}{cold}{sees}\n"]
    lines.append(_text(inspect.getdoc(factory) or ""))
    hidden = (
        {field.metadata.get("name", field.name) for field in fields(Method)} if component.kind == "method" else set()
    )
    table = _option_table(factory, hidden)
    return [*lines, "", *table] if table else lines


def _text(docstring: str) -> str:
    """A numpydoc docstring as Markdown: section titles in bold, literal blocks fenced."""
    text = re.sub(r"^(\w[\w ]*)\n-{3,}$", r"**\1**\n", docstring, flags=re.MULTILINE)
    text = re.sub(r"(?<!`)``(?!`)", "`", text)
    return re.sub(r"::\n\n((?: {4}.*\n?|\n)+)", _fence, text).strip()


def _fence(match: re.Match[str]) -> str:
    return f":\n\n```text\n{inspect.cleandoc(match[1])}\n```\n\n"


def _option_table(factory: Callable[..., Any], hidden: Collection[str] = ()) -> list[str]:
    rows = [
        f"| `{o.name}` | {o.type.replace('|', ' or ')} | {o.default} | {o.bounds} | {o.help.replace('|', ' or ')} |"
        for o in options(factory)
        if o.name not in hidden
    ]
    return ["| option | type | default | bounds | |", "|---|---|---|---|---|", *rows] if rows else []

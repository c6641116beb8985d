"""What a reader cites: albench itself, and the papers of the strategies and methods that were compared."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from albench.components.component import Component
from albench.components.registry import registry

_ARXIV = re.compile(r'[^."]{0,60}?arXiv (\d{4}\.\d{4,5})')


@dataclass(frozen=True)
class Citation:
    """A paper, and what of it was used: ``kind`` and ``name`` of a component."""

    kind: str
    name: str
    paper: str
    authors: tuple[str, ...]
    title: str
    arxiv: str

    @property
    def key(self) -> str:
        """As BibTeX names it: ``ash2020badge``."""
        return re.sub(r"[^a-z0-9]", "", f"{self.authors[0]}{self.paper[-4:]}{self.name}".lower())


def citations(used: Iterable[tuple[str, str]]) -> list[Citation]:
    """Papers of the components that are known here, of (kind, name) pairs; by kind and name."""
    wanted = set(used)
    return sorted(
        (_source(c) for c in registry().components() if (c.kind, c.name) in wanted and c.paper),
        key=lambda source: (source.kind, source.name),
    )


def bibtex(papers: Iterable[Citation], version: str) -> str:
    """One entry for albench and one a paper; a title that the component's text does not name is left out."""
    first = [
        ("title", "{albench}: active learning joined with semi-supervised learning, compared"),
        ("version", version),
    ]
    entries = [_entry("software", "albench", first)]
    for source in papers:
        fields = [("author", " and ".join(source.authors)), ("title", f"{{{source.title}}}" if source.title else "")]
        fields += [("year", source.paper[-4:]), ("eprint", source.arxiv), ("eprinttype", "arXiv" * bool(source.arxiv))]
        fields += [("note", f"{source.kind} {source.name} of albench")]
        entries.append(_entry("misc", source.key, fields))
    return "\n".join(entries)


def _entry(kind: str, key: str, fields: Iterable[tuple[str, str]]) -> str:
    lines = [f"  {name} = {{{text}}}," for name, text in fields if text]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _source(component: Component) -> Citation:
    """The title is what stands in quotes after the first author's name in the class's docstring."""
    names = re.sub(r" et al\.?$", " and others", re.sub(r" \d{4}$", "", component.paper))
    first = re.split(r",| and ", names)[0]
    text = _docstring(component)
    quoted = re.search(rf'({re.escape(first)}\b[^"]{{0,160}}?)[ (,]+\d{{4}}[^"]{{0,20}}?"([^"]+)"', text) or re.search(
        rf'({re.escape(first)}\b[^"(]{{0,160}}?), "([^"]+)"', text
    )
    if not quoted:
        return Citation(component.kind, component.name, component.paper, _people(names), "", "")
    arxiv = _ARXIV.match(text, quoted.end())
    people = _people(quoted[1]) if len(_people(quoted[1])) > 1 else _people(names)
    return Citation(component.kind, component.name, component.paper, people, quoted[2], arxiv[1] if arxiv else "")


def _people(text: str) -> tuple[str, ...]:
    """Surnames of ``Ash, Krishnamurthy and Agarwal``, or of ``Ash and others``."""
    return tuple(part.strip() for part in re.split(r",| and ", text) if part.strip())


def _docstring(component: Component) -> str:
    """Of the component's class, on one line, without importing it; empty where its source cannot be read."""
    if not isinstance(component.target, str):
        return " ".join((component.target.__doc__ or "").split())
    module, _, name = component.target.partition(":")
    try:
        spec = importlib.util.find_spec(module)
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8")) if spec and spec.origin else ast.parse("")
    except (ImportError, OSError, SyntaxError, UnicodeDecodeError, ValueError):
        return ""
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.Module)]
    named = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name]
    own = [ast.get_docstring(node) or "" for node in named]
    return " ".join(" ".join([*own, *texts]).split())

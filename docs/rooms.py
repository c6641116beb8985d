"""Draws the rooms of the core from its imports: python docs/rooms.py

A Mermaid graph, as docs/architecture.md shows it: an arrow from each room to those whose files it imports, in functions
and for type checkers too. An arrow that others make up for (a to b and b to c, so a to c) is left out, and so are the
ground, which all rooms stand on, and the doors, which may ask any.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

CORE = Path(__file__).parents[1] / "albench"
GROUND = (
    "errors",
    "wording",
    "seeds",
    "version",
    "metrics",
    "metric_table",
    "environment",
    "item_predictions",
    "garbage",
)
DOORS = ("__init__", "__main__")


def room(path: Path) -> str:
    """The package or, at the top, the module that a file is in."""
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def arrows() -> dict[str, set[str]]:
    """Room -> the rooms that its files import."""
    files = sorted(CORE.rglob("*.py"))
    rooms = {room(file) for file in files} - {*GROUND, *DOORS}
    found: dict[str, set[str]] = {name: set() for name in sorted(rooms)}
    for file in files:
        if room(file) not in rooms:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{name}" for name in names]
            parts = [name.split(".") for name in names]
            found[room(file)] |= {part[1] for part in parts if part[0] == "albench" and part[1] in rooms}
        found[room(file)] -= {room(file)}
    return found


def reduced(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Without arrows that others make up for."""
    reached: dict[str, set[str]] = defaultdict(set)

    def below(name: str) -> set[str]:
        if name not in reached:
            reached[name] = graph[name].union(*map(below, graph[name]))
        return reached[name]

    return {
        name: {other for other in asked if not any(other in below(third) for third in asked)}
        for name, asked in graph.items()
    }


def drawn(graph: Mapping[str, set[str]]) -> str:
    """The graph in Mermaid's words, the top first."""
    lines = ["graph TD"]
    for name, asked in graph.items():
        lines += [f"  {name} --> {other}" for other in sorted(asked)]
        lines += [f"  {name}"] * (not asked and not any(name in others for others in graph.values()))
    return "\n".join(lines)


if __name__ == "__main__":
    print(drawn(reduced(arrows())))

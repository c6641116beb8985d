"""The page: template, style, scripts and data in one file."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from albench.disk.files import write_atomic
from albench.render.colors import BASELINE, COLORS
from albench.report.payload import payload
from albench.report.vendor import libraries, script
from albench.results.results import Results

SCRIPTS = ("dom.js", "export.js", "frame.js", "lines.js", "charts.js", "table.js", "sections.js", "page.js")
MOST_DATA = 950_000
"""Bytes of data with which a page stays under 1.5 MB; above, it has no LaTeX but that of the metric shown first."""
PLOT_STYLE = """:where(.plot) {
  --plot-background: white;
  display: block;
  height: auto;
  height: intrinsic;
  max-width: 100%;
}
:where(.plot text),
:where(.plot tspan) {
  white-space: pre;
}"""
"""What the chart library puts into every chart of class ``plot``: the policy has to admit it by its hash."""


def build(results: Results, **options: Any) -> str:
    """The page as text.

    Parameters
    ----------
    results
        What ``albench.load`` returned.
    options
        As for ``albench.compare.compare``: ``metric``, ``split``, ``at``, ``baseline``, ``target``, ``cost``, ``test``;
        ``metric`` is the one that is shown first.

    Raises
    ------
    UserError
        Where there is nothing to show, or an option is wrong.
    AlbenchError
        Where a library of the page is not the file that was shipped.
    """
    content = payload(results, **options)
    data = _embedded(content)
    if len(data.encode()) > MOST_DATA:
        _slim(content)
        data = _embedded(content)
    style = f"{_colors()}\n{_file('style.css')}"
    own = '"use strict";\n' + "\n".join(_file(name) for name in SCRIPTS)
    scripts = [*map(script, libraries()), own]
    # The policy admits these scripts and styles alone: what a name smuggled in could neither run nor fetch. Pictures
    # are those that the page itself draws, for the PNG that a reader saves.
    hashes = [" ".join(map(_hash, texts)) for texts in (scripts, [style, PLOT_STYLE])]
    policy = (
        f"default-src 'none'; script-src {hashes[0]}; style-src {hashes[1]}; img-src blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": html.escape(policy, quote=True),
        "title": html.escape(content["title"]),
        "style": style,
        "scripts": "\n".join(f"<script>{text}</script>" for text in scripts),
        "data": data,
    }
    page = _file("page.html")
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    return page


def write(path: Path, results: Results, **options: Any) -> int:
    """Write the page whole or not at all; returns its size in bytes."""
    text = build(results, **options)
    write_atomic(path, text)
    return len(text.encode())


def _slim(content: dict[str, Any]) -> None:
    for group in content["groups"]:
        for metric, table in group["tables"].items():
            if metric != content["metric"]:
                table["latex"] = ""


def _colors() -> str:
    """The names' colours as variables, for a light and a dark ground."""
    grounds = []
    for ground in (0, 1):
        named = {"base": BASELINE[ground], **{str(at): both[ground] for at, both in enumerate(COLORS)}}
        grounds.append(" ".join(f"--c-{name}: {color};" for name, color in named.items()))
    light, dark = grounds
    return (
        f":root {{ {light} }}\n"
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}\n'
        f':root[data-theme="dark"] {{ {dark} }}\n'
        f'@media print {{ :root, :root[data-theme="dark"], :root:not([data-theme="light"]) {{ {light} }} }}'
    )


def _file(name: str) -> str:
    return (files("albench.report") / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(content: Any) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text

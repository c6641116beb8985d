"""The page: template, style, script and data in one file."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from albench.files import write_atomic
from albench.report.payload import payload
from albench.results import Results

SCRIPTS = ("dom.js", "plot.js", "charts.js", "tables.js", "page.js")


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
    """
    content = payload(results, **options)
    style = _file("style.css")
    script = '"use strict";\n' + "\n".join(_file(name) for name in SCRIPTS)
    # The policy admits this script and style alone: what a name smuggled in could neither run nor fetch.
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": html.escape(policy, quote=True),
        "title": html.escape(content["title"]),
        "style": style,
        "script": script,
        "data": _embedded(content),
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

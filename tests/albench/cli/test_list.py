"""``albench list``: a row a component, for people, for grep and as JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Inside = Callable[..., subprocess.CompletedProcess[str]]


def test_components_are_listed_a_row_each(toy: str, inside: Inside) -> None:
    listed = inside("list").stdout
    assert all(name in listed for name in ("boostmis", "mescc-sim", "wrn", "processes"))
    assert max(map(len, listed.splitlines())) <= 120  # as COLUMNS says
    kinds = {tuple(line.split()[:2]) for line in listed.splitlines()}
    assert {("strategy", "random"), ("dataset", "npz"), ("backbone", "wrn")} <= kinds  # a whole row a line, for grep
    rows = json.loads(inside("list", "strategies", "--json", "--plugin", toy).stdout)
    assert {"random", "entropy", "margin", "coreset", "boostmis", "first"} <= {row["name"] for row in rows}


def test_panels_and_plugins_are_listed_too(inside: Inside) -> None:
    panels = {(row["kind"], row["name"]): row for row in json.loads(inside("list", "panels", "--json").stdout)}
    assert "random" in panels["strategy", "@standard"]["components"].split(", ")
    plugins = json.loads(inside("list", "plugins", "--json").stdout)
    (boostmis,) = [row for row in plugins if row["components"].startswith("strategy boostmis")]
    assert (boostmis["from"], boostmis["error"]) == ("albench", "")


def test_a_broken_plugin_is_told_beside_what_there_is(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    done = inside("list", "strategies", "--plugin", "broken.py")
    assert done.returncode == 2
    assert "broken.py" in done.stderr


def test_what_sees_labels_is_marked(inside: Inside) -> None:
    rows = {row["name"]: row["family"] for row in json.loads(inside("list", "strategies", "--json").stdout)}
    marked = {name for name, family in rows.items() if family == "oracle: sees labels"}
    assert marked == {"balanced-oracle", "lookahead-oracle"}

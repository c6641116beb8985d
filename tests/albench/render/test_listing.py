"""Lists of names: no name is ever broken, and what does not fit is left out and said."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from albench.cli.list import _component_rows, _plugin_rows
from albench.components.registry import registry
from albench.render.listing import Listing


def shown(rows: list[dict[str, str]], width: int, title: str = "") -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(Listing(rows, title))
    return captured.get()


def of_kind(kind: str) -> list[dict[str, str]]:
    return [row | {"kind": ""} for row in _component_rows(registry(), None) if row["kind"] == kind]


KINDS = ("strategy", "method", "dataset", "encoder", "backbone", "executor", "tracker")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("kind", KINDS)
def test_no_name_is_broken_at_any_width(kind: str, width: int) -> None:
    rows = of_kind(kind)
    text = shown(rows, width)
    assert max(map(len, text.splitlines())) <= width
    assert {row["name"] for row in rows} <= {line.split(" ")[0] for line in text.splitlines()}


@pytest.mark.parametrize("kind", KINDS)
def test_every_built_in_is_one_line_at_eighty_columns(kind: str) -> None:
    rows = of_kind(kind)
    text = shown(rows, 80)
    for row in rows:
        assert any(line.split() == [row["name"], *row["summary"].split()] for line in without_from(text)), row["name"]


def without_from(text: str) -> list[str]:
    return [line.rstrip().removesuffix("  albench") for line in text.splitlines()]


def test_what_does_not_fit_is_left_out_and_said() -> None:
    text = shown(of_kind("strategy"), 80)
    assert "Not shown: family, paper, panels, from. Widen the terminal, or use --json." in text
    assert "Settles 2009" not in text
    wide = shown(of_kind("strategy"), 200)
    assert "Not shown" not in wide
    assert "Settles 2009" in wide


def test_plugins_keep_name_distribution_and_version_beside_a_folded_list() -> None:
    text = shown(_plugin_rows(registry()), 80)
    assert text.split("\n")[0].split() == ["name", "from", "version", "components"]
    assert max(map(len, text.splitlines())) <= 80
    assert "-\n" not in text  # a list goes on between words


def test_an_empty_list_is_empty() -> None:
    assert shown([], 80).strip() == ""

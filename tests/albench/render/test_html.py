"""The fragment that a notebook shows: a row a row, every text escaped."""

from __future__ import annotations

from xml.etree import ElementTree

from made_up_tables import comparison, gap, of, row

from albench.render.html import grid, shown


def test_a_table_of_texts() -> None:
    table = ElementTree.fromstring(grid(["name", "n"], [["a < b", "1"], ["c & d", "2"]]))
    assert [cell.text for cell in table.iter("th")] == ["name", "n"]
    assert [cell.text for cell in table.iter("td")] == ["a < b", "1", "c & d", "2"]


def test_the_answer_then_each_group_then_what_is_to_be_known() -> None:
    rows = (row("<b>bold</b>", 0.9, gap(0.04, "better"), clear=True), row("random", 0.86, rank=2))
    found = comparison(of(*rows, stand_in="MESCC"))
    root = ElementTree.fromstring(f"<div>{shown(found).replace('<br>', '<br/>')}</div>")
    first, heading = [part for part in root if part.tag == "p"][:2]
    assert "<b>bold</b> is better than random" in str(first.text)
    assert heading.find("strong").text == "digits"  # type: ignore[union-attr]
    assert heading.find("em").text == "stand-in for MESCC: simulated, not patient data"  # type: ignore[union-attr]
    cells = ["".join(cell.itertext()) for cell in root.find("table").iter("td")]  # type: ignore[union-attr]
    assert cells[0] == "<b>bold</b>"
    assert "0.900 ± 0.010*" in cells
    assert [part.find("summary").text for part in root.iter("details")] == ["How to read this"]  # type: ignore[union-attr]

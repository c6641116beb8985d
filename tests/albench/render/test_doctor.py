"""What a diagnosis reads like, and how a machine is summed up."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from albench.doctor.diagnosis import Diagnosis
from albench.render.doctor import part_table, summary

WELL = Diagnosis("Python", "ok", "3.11")
NOTE = Diagnosis("GPU", "note", "none")
WARNING = Diagnosis("space", "warning", "1 GB free", "make room")
BROKEN = Diagnosis("torch", "broken", "not there", "install it")


def test_advice_stands_below_what_is_not_well() -> None:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as captured:
        console.print(part_table("disk", [WELL, NOTE, WARNING, BROKEN]))
    assert [line.split() for line in captured.get().splitlines()] == [
        ["disk"],
        ["ok", "Python", "3.11"],
        ["-", "GPU", "none"],
        ["warning", "space", "1", "GB", "free"],
        ["->", "make", "room"],
        ["BROKEN", "torch", "not", "there"],
        ["->", "install", "it"],
    ]


@pytest.mark.parametrize(
    ("diagnoses", "start"),
    [
        ([WELL, NOTE], "All is well."),
        ([WELL, WARNING, WARNING], "Nothing is broken; 2 warnings"),
        ([WARNING, BROKEN], "1 broken, 1 warnings"),
    ],
)
def test_one_line_says_how_it_stands(diagnoses: list[Diagnosis], start: str) -> None:
    assert summary(diagnoses).plain.startswith(start)

"""``albench plot`` as a user types it: what is drawn, what is told of it, and what is refused."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

matplotlib = pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'albench[plot]'")
Inside = Callable[..., subprocess.CompletedProcess[str]]
Refuse = Callable[..., str]


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(element.itertext()).strip() for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_plot_from_records_to_a_file_with_what_is_left_out(
    small_run: Callable[..., Any], tmp_path: Path, inside: Inside, refuse: Refuse
) -> None:
    small_run(strategy=["random", "entropy", "wrong"], method="supervised", seeds=2, on_failure="keep")
    small_run(strategy="first", method="supervised", seeds=1)
    results, file = str(tmp_path / "results"), tmp_path / "curve.svg"
    done = inside("plot", results, "--output", str(file), "--metric", "accuracy", "--metric", "auroc")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"Wrote {file}."
    assert any(re.match(r"  failed: blobs supervised \+ wrong, seeds 0, 1: ", line) for line in lines)
    assert "  blobs supervised + first: 1 of 2 seeds." in lines
    found = texts(ElementTree.parse(file).getroot())
    assert {"random", "entropy", "first", "test accuracy", "test AUROC"} <= set(found)

    done = inside("plot", results, "--output", str(file), "-s", "first", "--baseline", "entropy")
    assert done.returncode == 0, done.stderr
    found = texts(ElementTree.parse(file).getroot())
    assert {"first", "entropy"} <= set(found)
    assert "random" not in found

    before = file.read_bytes()
    refused = {
        ("--strategy", "entrpy"): "did you mean 'entropy'?",
        ("--method", "supervise"): "did you mean 'supervised'?",
        ("--dataset", "blob"): "did you mean 'blobs'?",
        ("--baseline", "supervised/randm"): "did you mean 'supervised/random'?",
        ("--metric", "acuracy"): "did you mean 'accuracy'?",
        ("--split", "tst"): "did you mean 'test'?",
    }
    for words, hint in refused.items():
        assert hint in refuse("plot", results, "--output", str(file), *words)
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curve.svg", "results"]


def test_what_cannot_be_a_figure_is_refused_before_anything_is_read(refuse: Refuse) -> None:
    line = refuse("plot", "nowhere", "--output", "curve.gif")
    assert line == "Error: a figure is a .png, .svg or .pdf file, not 'curve.gif'.\n"

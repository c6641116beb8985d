"""The LaTeX tables go through pdflatex in a minimal document, whatever names and widths they have."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from albench.compare import Comparison, compare
from albench.render import render
from albench.render.latex import escape as latex_escape

pytestmark = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")

DOCUMENT = r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}%s\end{document}"
EVERY_SPECIAL = r"a_b&50%$#{x}~^\<>|[y]--z'`" + '"*é'
MOST_OVERFULL = 20.0
"""Points."""


def compiled(tmp_path: Path, comparison: Comparison, label: str = "") -> str:
    """Pdflatex's log; the test fails where it stops."""
    text = f"\n{render(comparison, 'latex', label)}\n"
    (tmp_path / "table.tex").write_text(DOCUMENT % text, encoding="utf-8")
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False, timeout=300)
    log = (tmp_path / "table.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-2000:]
    assert (tmp_path / "table.pdf").stat().st_size > 0
    return log


def overfull(log: str) -> list[float]:
    return [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]


def records(names: tuple[str, ...], rounds: int, methods: tuple[str, ...], datasets: tuple[str, ...]) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = [
        {
            **{
                "suite": "s",
                "key": f"{dataset}-{method}-{name}-{seed}",
                "dataset": dataset,
                "stand_in": "real_data #1",
            },
            **{"method": method, "strategy": name, "backbone": "mlp", "seed": seed, "protocol": "1a2b"},
            **{"device": "cpu", "round": at, "n_labeled": 100 + 100 * at},
            "test.macro_f1": 0.4 + 0.05 * at + 0.03 * place * (at > 0) + rng.normal(0, 0.01),
        }
        for dataset in datasets
        for method in methods
        for place, name in enumerate(names)
        for seed in range(4 if name == "random" else 3)
        for at in range(rounds)
    ]
    return pd.DataFrame(rows)


def failure(reason: str) -> pd.DataFrame:
    names = {"dataset": EVERY_SPECIAL, "method": "m", "strategy": EVERY_SPECIAL, "backbone": "mlp", "protocol": "1a2b"}
    return pd.DataFrame([{**names, "seed": 0, "status": "failed", "reason": reason}])


@pytest.mark.parametrize("rounds", [1, 2, 6])
def test_every_special_character_compiles(tmp_path: Path, rounds: int) -> None:
    data = records(("random", EVERY_SPECIAL, "boostmis[density=none]"), rounds, ("boostmis", "x_y"), (EVERY_SPECIAL,))
    reason = "\x1b[31mloss & step_40\x1b[0m are\nnot finite: 100% ± 3 – {#1} C:\\temp"
    log = compiled(tmp_path, compare(data, failed=failure(reason)))
    assert max(overfull(log), default=0.0) <= MOST_OVERFULL


def test_a_label_and_a_short_caption_are_there_for_a_document(tmp_path: Path) -> None:
    data = records(("random", EVERY_SPECIAL), 2, ("boostmis",), (EVERY_SPECIAL,))
    compiled(tmp_path, compare(data, highlight=EVERY_SPECIAL), "tab:a_b-1")
    written = (tmp_path / "table.aux").read_text(encoding="latin-1")
    assert r"\newlabel{tab:a_b-1}{{1}" in written
    short = next(line for line in written.splitlines() if r"\contentsline {table}" in line)
    assert "test macro F1" in short
    assert "ranked by" not in short


def test_a_wide_table_fits_the_line(tmp_path: Path) -> None:
    names = ("random", "boostmis[density=none,n_neighbors=20]", "least-confidence", "entropy")
    data = records(names, 6, ("boostmis", "supervised"), ("mescc-sim[grading=six]", "digits"))
    comparison = compare(data)
    text = render(comparison, "latex")
    assert "\\usepackage{graphicx}" in text.splitlines()[0]
    assert max(overfull(compiled(tmp_path, comparison)), default=0.0) <= MOST_OVERFULL


def test_a_narrow_table_needs_booktabs_alone() -> None:
    text = render(compare(records(("random", "entropy"), 1, ("boostmis",), ("digits",))), "latex")
    assert text.splitlines()[0] == r"% needs \usepackage{booktabs}"
    assert "resizebox" not in text
    assert r"$\pm$" in next(line for line in text.splitlines() if line.startswith("entropy"))


def test_letters_beyond_latin_name_the_engine_that_has_them() -> None:
    text = render(compare(records(("random", "漢字"), 2, ("boostmis",), ("digits",))), "latex")
    assert "XeLaTeX" in text.splitlines()[1]


def test_latex_escapes_special_characters(comparison: Comparison) -> None:
    assert latex_escape(r"a_b&50%$#{x}~^\<>|[y]") == (
        r"a\_b\&50\%\$\#\{x\}\textasciitilde{}\textasciicircum{}\textbackslash{}\textless{}\textgreater{}\textbar{}{[}y{]}"
    )
    assert latex_escape("use --seeds 5\nnow – ± 1") == r"use -{}-seeds 5 now -- $\pm$ 1"
    text = render(comparison, "latex")
    assert r"a\_b\textbar{}50\%" in text
    assert r"loss \& step\_40 are not finite: 100\% \#1" in text
    body = [line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in body} == {body[0].count(" & ")}

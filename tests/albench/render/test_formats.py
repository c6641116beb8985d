"""The five formats: the same numbers, strict syntax, nothing cut."""

from __future__ import annotations

import csv
import io
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from made_up import curve_records
from rendered import stand_in_records

from albench.compare import Comparison, answer, compare
from albench.errors import UnknownName
from albench.render import FORMATS, render
from albench.render.html import shown
from albench.render.latex import escape as latex_escape
from albench.render.markdown import escape as markdown_escape
from albench.render.table import to_text

TABLES = [
    form for form in FORMATS if form != "paragraph"
]  # a paragraph is no table: the paragraph has tests of its own


def rounded(value: float | None, signed: bool = False) -> str:
    return "" if value is None or math.isnan(value) else format(value, "+.3f" if signed else ".3f")


def expected(comparison: Comparison) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Each row's numbers as mean and half width, in table order."""
    found = {}
    for row in comparison.rows:
        numbers = [(rounded(e.mean), rounded(e.half_width)) for e in (*row.cells.values(), row.aubc)]
        if row.difference:
            numbers.append((rounded(row.difference.mean, True), rounded(row.difference.half_width)))
        found[row.method, row.strategy] = numbers
    return found


def numbers_of(text: str) -> list[tuple[str, str]]:
    return re.findall(r"([+-]?\d\.\d{3})(?: ?± ?(\d\.\d{3}))?", text)


def from_lines(lines: list[str], comparison: Comparison) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The numbers of the table's lines, which are in the order of the rows."""
    return {(r.method, r.strategy): numbers_of(line) for r, line in zip(comparison.rows, lines, strict=True)}


def from_latex(text: str) -> list[str]:
    """The rows, each on one line: intervals that a wide table has below the means are behind them again."""
    body = text.partition("\\midrule\n")[2].partition("\\bottomrule")[0]
    body = re.sub(r"\\rlap\{\$\^\{.*?\}\$\}", "", body).replace("$+$", "+").replace("$-$", "-").replace(r"$\pm$", "±")
    body = re.sub(r"\\textbf\{(.*?)\}", r"\1", body)
    body = re.sub(r"\{\\scriptsize (± .*?)\}", r"\1", body)
    found = []
    for row in body.split("\\addlinespace[2pt]\n"):
        lines = [line.removesuffix(r" \\").split(" & ") for line in row.splitlines()]
        found.append(" | ".join(" ".join(filter(None, parts)) for parts in zip(*lines, strict=True)))
    return found


def from_json(text: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    found = {}
    for row in (row for group in json.loads(text)["groups"] for row in group["rows"]):
        numbers = [(rounded(e["mean"]), rounded(e["half_width"])) for e in (*row["cells"], row["aubc"])]
        if row["difference"]:
            numbers.append((rounded(row["difference"]["mean"], True), rounded(row["difference"]["half_width"])))
        found[row["method"], row["strategy"]] = numbers
    return found


def from_csv(text: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for line in csv.DictReader(io.StringIO(text)):
        if line["kind"] in ("labels", "aubc", "difference"):
            mean, half = (float(line[name]) if line[name] else NAN for name in ("mean", "half_width"))
            number = (rounded(mean, line["kind"] == "difference"), rounded(half))
            found.setdefault((line["method"], line["strategy"]), []).append(number)
    return found


NAN = float("nan")


def test_all_formats_show_the_same_numbers(comparison: Comparison) -> None:
    wanted = expected(comparison)
    assert wanted["boostmis", "a_b|50%"][-1][0].startswith("+0.")
    table = render(comparison, "table").partition("─\n")[2].partition("\n\n")[0].splitlines()
    assert from_lines(table, comparison) == wanted
    markdown = [line for line in render(comparison, "markdown").splitlines() if line.startswith("| ")][2:]
    assert from_lines(markdown, comparison) == wanted
    assert from_lines(from_latex(render(comparison, "latex")), comparison) == wanted
    assert from_json(render(comparison, "json")) == wanted
    assert from_csv(render(comparison, "csv")) == wanted


def test_csv_and_json_hold_full_precision_and_numbers_of_seeds(comparison: Comparison) -> None:
    in_json = [row["aubc"] for group in json.loads(render(comparison, "json"))["groups"] for row in group["rows"]]
    in_csv = [line for line in csv.DictReader(io.StringIO(render(comparison, "csv"))) if line["kind"] == "aubc"]
    for row, a, b in zip(comparison.rows, in_json, in_csv, strict=True):
        assert row.aubc.mean == a["mean"] == float(b["mean"])
        assert row.aubc.half_width == a["half_width"] == float(b["half_width"])
        assert row.aubc.n == a["n"] == int(b["n_seeds"])


@pytest.mark.parametrize("form", TABLES)
def test_notes_failures_and_seeds_are_in_every_format(comparison: Comparison, form: str) -> None:
    text = render(comparison, form)
    assert "stand-in for MESCC" in text
    assert "boostmis/entropy seed 3" in text
    assert "without seed 0" in text
    assert "out of memory" in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    if form in ("table", "markdown", "latex"):
        assert "seeds" in text
        assert "seeds 0, 1: loss" in text  # one line for seeds that failed alike
        assert re.search(r"(0\.\d{3} ±|\$\\pm\$) 0\.\d{3} \(4\)", text)  # differences of more seeds than the table


@pytest.mark.parametrize("form", TABLES)
def test_one_seed_shows_no_interval(form: str) -> None:
    text = render(compare(stand_in_records(n_seeds=1)), form)
    if form == "json":
        row = json.loads(text)["groups"][0]["rows"][0]
        assert row["aubc"]["half_width"] is None
        assert row["aubc"]["n"] == 1
    elif form == "csv":
        assert all(line["half_width"] == "" for line in csv.DictReader(io.StringIO(text)))
    else:
        assert re.search(r"\d (±|\$\\pm\$) \d", text) is None
        assert "1 seed" in text
    assert "one seed gives no interval; fewer than three seeds: no verdict" in " ".join(text.split())


@pytest.mark.parametrize("form", TABLES)
def test_two_seeds_show_differences_without_a_verdict(form: str) -> None:
    data = stand_in_records(n_seeds=2)
    own, base = (data["strategy"] == name for name in ("entropy", "random"))
    gap = 0.3 + 1e-6 * data.loc[base, "seed"]  # t of one degree of freedom has p < 0.00001
    data.loc[own, "test.macro_f1"] = (data.loc[base, "test.macro_f1"] + gap).to_numpy()
    comparison = compare(data)
    text = render(comparison, form)
    assert {row.difference.verdict for row in comparison.rows if row.difference} == {"too few seeds"}
    assert not any(cell.best for row in comparison.rows for cell in (*row.cells.values(), row.aubc))
    assert comparison.wins
    assert not np.any(comparison.wins.matrix)
    assert "nothing is shown to be better than random" in text
    assert "fewer than three seeds: no verdict; run more seeds" in text
    if form in ("table", "markdown"):
        row = next(r for r in comparison.rows if r.strategy == "entropy" and r.method == "boostmis")
        assert row.difference
        line = next(line for line in text.splitlines() if re.match(r"\|? ?boostmis +\|? ?entropy", line))
        assert line.rstrip(" |").endswith(f"{row.difference.mean:+.3f}")


def test_marks_say_whether_the_best_is_clear(comparison: Comparison) -> None:
    best = comparison.rows[0]
    assert best.aubc.best
    lines = render(comparison, "markdown").splitlines()
    first = next(line for line in lines if markdown_escape(best.strategy) in line and line.startswith("|"))
    mark = r"\*" if best.aubc.clear else r"\~"
    assert f"**{best.aubc.mean:.3f} ± {best.aubc.half_width:.3f}** {mark}" in first
    latex = render(comparison, "latex")
    mark = "$^{*}$" if best.aubc.clear else r"$^{\sim}$"
    assert rf"\textbf{{{best.aubc.mean:.3f}}}\rlap{{{mark}}}" in latex


def test_unknown_format(comparison: Comparison) -> None:
    with pytest.raises(UnknownName, match="did you mean 'latex'"):
        render(comparison, "latx")


@pytest.mark.parametrize("form", TABLES)
def test_every_format_begins_with_the_answer(comparison: Comparison, form: str) -> None:
    text = render(comparison, form)
    said = answer(comparison)
    if form == "json":
        assert next(iter(json.loads(text).items())) == ("answer", list(said.lines))
    elif form == "csv":
        first = next(csv.DictReader(io.StringIO(text)))
        assert (first["kind"], first["dataset"], first["text"]) == ("answer", "mescc-sim", said.text)
    else:
        escape = {"table": str, "markdown": markdown_escape, "latex": latex_escape}[form]
        lines = [line for line in text.splitlines() if line and not line.startswith("%")]
        assert lines[0].removeprefix(r"{\raggedright\noindent ").removesuffix(r"\par}") == escape(said.text)


def with_references() -> Comparison:
    """Two strategies, one that sees labels, and full supervision."""
    labels, facts = [100, 200], {"method": "supervised"}
    curves = {"random": [[0.2, 0.4]] * 3, "entropy": [[0.2, 0.5]] * 3}
    seer = curve_records({"seer": [[0.2, 0.9]] * 3}, labels, **facts, sees_labels=True)
    full = curve_records({"random": [[0.95]] * 3}, [1000], **facts, protocol="whole")
    return compare(pd.concat([curve_records(curves, labels, **facts), seer, full]))


def test_what_sees_labels_stands_below_a_rule_with_its_mark() -> None:
    comparison = with_references()
    said = "full supervision 0.950 ± 0.000 (supervised, all 1,000 labels, 3 seeds)"
    text = to_text(comparison, 200).splitlines()
    row = next(at for at, line in enumerate(text) if line.startswith("† seer"))
    assert set(text[row - 1].strip()) == {"─"}
    assert "sees labels" in text[row]
    assert any(line.startswith("† oracle: sees labels; a reference") for line in text)
    assert any(said in line for line in text)
    markdown = render(comparison, "markdown").splitlines()
    row = next(at for at, line in enumerate(markdown) if line.startswith("| † seer"))
    assert markdown[row - 1].startswith("| *oracle: sees labels* |")
    assert "**" not in markdown[row]
    latex = render(comparison, "latex").splitlines()
    row = next(at for at, line in enumerate(latex) if line.startswith(r"$\dagger$ seer"))
    assert latex[row - 1] == r"\midrule"
    assert '<tr style="border-top:1px solid"><td style="text-align:left;white-space:nowrap">† seer' in shown(comparison)


def test_columns_of_data_say_which_rows_see_labels() -> None:
    comparison = with_references()
    lines = list(csv.DictReader(io.StringIO(render(comparison, "csv"))))
    told = {line["strategy"]: (line["sees_labels"], line["rank"]) for line in lines if line["kind"] == "aubc"}
    assert told == {"entropy": ("false", "1"), "random": ("false", "2"), "seer": ("true", "")}
    (full,) = [line for line in lines if line["kind"] == "full_supervision"]
    assert (full["n_labeled"], full["method"]) == ("1000", "supervised")
    assert float(full["mean"]) == pytest.approx(0.95)
    (group,) = json.loads(render(comparison, "json"))["groups"]
    assert [row["strategy"] for row in group["aside"]] == ["seer"]
    assert [cell["n_labeled"] for cell in group["aside"][0]["cells"]] == [100, 200]
    assert group["full"][0]["estimate"]["mean"] == pytest.approx(0.95)

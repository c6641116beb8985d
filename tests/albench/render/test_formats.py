"""The five formats: the same numbers, strict syntax, nothing cut."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from albench.compare import Comparison, answer, compare, learning_curve_table
from albench.errors import UnknownName
from albench.render import FORMATS, curve_tables, render, terminal
from albench.render.latex import escape as latex_escape
from albench.render.markdown import escape as markdown_escape

STRATEGIES = ("random", "entropy", "boostmis[density=none]", "a_b|50%")

TABLES = [
    form for form in FORMATS if form != "paragraph"
]  # a paragraph is no table: the paragraph has tests of its own


def records(
    n_seeds: int = 4,
    rounds: int = 6,
    methods: tuple[str, ...] = ("boostmis", "supervised"),
    names: tuple[str, ...] = STRATEGIES,
) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for method in methods:
        for lift, strategy in enumerate(names):
            for seed in range(n_seeds):
                for at in range(rounds):
                    score = 0.3 + 0.05 * at + min(0.04, 0.3 / len(names)) * lift * (at > 0) + rng.normal(0, 0.01)
                    rows.append(
                        {
                            "suite": "s",
                            "key": f"{method}-{strategy}-{seed}",
                            "dataset": "mescc-sim",
                            "stand_in": "MESCC",
                            "method": method,
                            "strategy": strategy,
                            "backbone": "mlp",
                            "seed": seed,
                            "protocol": "1a2b",
                            "device": "cpu",
                            "round": at,
                            "n_labeled": 100 + 100 * at,
                            "test.macro_f1": score,
                            "test.auroc": score + 0.2,
                        }
                    )
    return pd.DataFrame(rows)


def failures() -> pd.DataFrame:
    names = {"dataset": "digits", "method": "boostmis", "strategy": "core_set", "backbone": "mlp", "protocol": "1a2b"}
    reasons = ("loss & step_40 are\nnot finite: 100% #1", "loss & step_40 are\nnot finite: 100% #1", "out of memory")
    rows = [{**names, "seed": seed, "status": "failed", "reason": reason} for seed, reason in enumerate(reasons)]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    data = records()
    # One trial stops early, another is not there: several numbers of seeds.
    stops = (data["key"] == "boostmis-entropy-3") & (data["round"] > 3)
    return compare(data[~stops & (data["key"] != "supervised-random-0")], failed=failures())


def shown(comparison: Comparison, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(terminal(comparison))
    return captured.get()


def header(text: str) -> str:
    """The line of the first table's titles."""
    return text.partition("\n─")[0].splitlines()[-1]


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
    text = render(compare(records(n_seeds=1)), form)
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
    data = records(n_seeds=2)
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


def test_json_is_strict() -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(render(compare(records(n_seeds=1)), "json"), parse_constant=refuse)


def test_csv_is_read_by_pandas_as_it_is(comparison: Comparison) -> None:
    table = pd.read_csv(io.StringIO(render(comparison, "csv")))
    beside = {"std", "iqm", "labels_saved", "wins"}
    assert set(table["kind"]) == {"answer", "labels", "aubc", "difference", "failed", "note"} | beside
    assert (table["kind"] == "failed").sum() == 3
    assert len(table.query("kind == 'labels'")) == len(comparison.rows) * 6


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


def test_markdown_tables_have_one_number_of_columns(comparison: Comparison) -> None:
    lines = [line for line in render(comparison, "markdown").splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert any(r"a\_b\|50%" in line for line in lines)


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_the_terminal_fits_and_cuts_nothing(comparison: Comparison, width: int) -> None:
    text = shown(comparison, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    joined = re.sub(r"\s", "", text)
    for row in comparison.rows:
        assert f"{row.aubc.mean:.3f}±{row.aubc.half_width:.3f}" in joined  # what ranks is always there
        assert all(part in joined for part in (row.method, row.strategy.split("[")[0]))
    assert "[density=none]" in joined
    titles = len(re.findall(r"[\d,]+ labels", header(text)))
    hidden = re.search(r"Hidden: (\d) of 6 label counts", text)
    assert titles + (int(hidden[1]) if hidden else 0) == 6


def test_the_terminal_keeps_last_first_and_middle() -> None:
    data = records(rounds=12, methods=("boostmis",), names=("random", "entropy"))
    text = shown(compare(data), 120)
    titles = re.findall(r"([\d,]+) labels", header(text))
    assert titles[0] == "100"
    assert titles[-1] == "1,200"
    assert any(300 < int(title.replace(",", "")) < 1000 for title in titles)
    narrow = shown(compare(data), 80)
    assert "Hidden: 9 of 12 label counts (200, 300, ... 1,100)" in narrow
    assert re.findall(r"([\d,]+) labels", header(narrow))[-1] == "1,200"
    assert " 100 labels" in header(narrow)


def test_what_ranks_is_never_hidden() -> None:
    data = records(rounds=12)
    text = shown(compare(data, at="labels:700"), 80)
    assert "700 labels" in header(text)


def test_names_are_not_taken_for_markup() -> None:
    text = shown(compare(records(names=("random", "[bold]x[/bold]", "[red]"))), 200)
    assert "[bold]x[/bold]" in text
    assert "[red]" in text


def test_unknown_format(comparison: Comparison) -> None:
    with pytest.raises(UnknownName, match="did you mean 'latex'"):
        render(comparison, "latx")


@pytest.mark.parametrize("width", [50, 80, 120])
def test_curve_tables_show_every_metric_at_every_width(width: int) -> None:
    data = records(rounds=3, methods=("boostmis",), names=("random",))
    data.loc[(data["seed"] == 0) & (data["round"] == 1), "test.auroc"] = NAN
    (table,) = learning_curve_table(data, metrics=["macro_f1", "auroc"])
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(curve_tables([table]))
    text = captured.get()
    assert max(map(len, text.splitlines())) <= width
    for row in table.rows:
        for estimate in row.estimates.values():
            assert f"{estimate.mean:.3f} ± {estimate.half_width:.3f}" in text
    assert f"{table.rows[1].estimates['auroc'].half_width:.3f} (3)" in text
    assert "stand-in for MESCC" in text


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


def shared_first_round(**options: Any) -> pd.DataFrame:
    """Every strategy of a method starts from the same model, as in a run."""
    data = records(**options)
    first = data["round"] == 0
    for score in ("test.macro_f1", "test.auroc"):
        data.loc[first, score] = data[first].groupby(["method", "seed"])[score].transform("first")
    return data


@pytest.mark.parametrize("methods", [("boostmis",), ("boostmis", "supervised")])
def test_the_shared_first_round_is_said_once_and_leaves_room(methods: tuple[str, ...]) -> None:
    found = compare(shared_first_round(methods=methods))
    text = shown(found, 80)
    assert " 100 labels" not in header(text)
    start = {row.method: f"{row.cells[100].mean:.3f}±{row.cells[100].half_width:.3f}" for row in found.rows}
    said = " and ".join(f"{name} {start[name]}" if len(start) > 1 else start[name] for name in start)
    assert f"before any query (100 labels): {said}" in " ".join(text.split())
    assert "100 labels" in header(render(found, "table"))  # with room for all, nothing is hidden


def test_a_first_round_that_differs_or_ranks_or_is_alone_stays_a_column() -> None:
    differs = compare(records(methods=("boostmis",), names=("random", "entropy")))
    ranks = compare(shared_first_round(methods=("boostmis",)), at="labels:100")
    alone = compare(shared_first_round(methods=("boostmis",), rounds=1))
    single = compare(shared_first_round(methods=("boostmis", "supervised"), names=("random",)))
    for found in (differs, ranks, alone, single):
        assert "100 labels" in header(shown(found, 80))
        assert "before any query" not in shown(found, 80)


def test_thirty_three_rows_fit_eighty_columns_with_what_answers() -> None:
    names = ("random", *(f"stochastic[of=strategy_{at}]" for at in range(32)))
    found = compare(shared_first_round(methods=("boostmis",), names=names))
    text = shown(found, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert {"600 labels", "AUBC", "vs random"} <= set(re.findall(r"\d+ labels|AUBC|vs random", header(text)))
    rows = text.partition("─\n")[2].partition("\n\n")[0].splitlines()
    assert len([line for line in rows if "±" in line or "baseline" in line]) == 33

"""Rows that a reader asks to have marked: by which names, in which formats, and what stays as it is."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from albench.cli.main import main
from albench.compare import Comparison, compare, learning_curve_table
from albench.compare.highlight import named
from albench.errors import UnknownName, UserError
from albench.render import render
from albench.render.figure import Look, figure_bytes
from albench.report.looks import looks, names_of
from albench.report.ranking import few

PAIRS = [("boostmis", "boostmis"), ("boostmis", "random"), ("fixmatch", "boostmis"), ("fixmatch", "random")]


def records(datasets: tuple[str, ...] = ("digits",), strategies: tuple[str, ...] = ("random", "boostmis")) -> Any:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {
                **{"suite": "s", "key": f"{dataset}-{method}-{name}-{seed}", "dataset": dataset, "stand_in": ""},
                **{"method": method, "strategy": name, "backbone": "mlp", "seed": seed, "protocol": "1a2b"},
                **{"device": "cpu", "round": at, "n_labeled": 100 + 100 * at},
                "test.macro_f1": 0.4 + 0.05 * at + 0.03 * place * at + rng.normal(0, 0.01),
            }
            for dataset in datasets
            for method in ("boostmis", "fixmatch")
            for place, name in enumerate(strategies)
            for seed in range(4)
            for at in range(3)
        ]
    )


def marked(comparison: Comparison) -> set[tuple[str, str]]:
    return {(row.method, row.strategy) for row in comparison.rows if row.highlighted}


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["boostmis"], [0, 2]),  # a strategy comes before a method of its name
        (["fixmatch"], [2, 3]),
        (["fixmatch/random"], [3]),
        (["fixmatch + random", "boostmis/boostmis"], [0, 3]),
        (["fixmatch+random", "boostmis /boostmis"], [0, 3]),
        ([], []),
    ],
)
def test_names_are_strategies_methods_or_rows(names: list[str], wanted: list[int]) -> None:
    assert named(names, PAIRS) == {PAIRS[at] for at in wanted}


def test_of_one_strategy_rows_are_named_by_their_methods() -> None:
    assert named(["boostmis"], [("boostmis", "boostmis"), ("fixmatch", "boostmis")]) == {("boostmis", "boostmis")}


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"^unknown highlight 'fixmatc': did you mean 'fixmatch'\?$"):
        compare(records(), highlight=["fixmatc"])
    many = records(strategies=tuple(f"s{at}" for at in range(12)))
    with pytest.raises(
        UnknownName, match=r"'nope': name boostmis, fixmatch, s0, .* and 2 others, or one row as 'METHOD"
    ):
        compare(many, highlight="nope")
    with pytest.raises(UnknownName, match="boostmis/random"):  # what is not chosen cannot be marked
        compare(records(), methods=["boostmis"], highlight=["fixmatch"])


def test_nothing_but_the_mark_changes() -> None:
    data = records(("digits", "mnist"))
    plain, own = compare(data), compare(data, highlight="fixmatch/random")
    assert marked(own) == {("fixmatch", "random")}
    assert own.overall
    assert plain.overall
    rows = [dataclasses.replace(row, highlighted=False) for row in own.rows]
    assert repr(rows) == repr(list(plain.rows))  # NaN is not equal to itself
    assert [(r.method, r.strategy) for r in own.overall.rows if r.highlighted] == [("fixmatch", "random")]
    for form in ("table", "markdown", "latex", "csv"):
        assert "»" not in render(plain, form)
        assert "triangleright" not in render(plain, form)


@pytest.mark.parametrize(
    ("form", "start"), [("table", "» fixmatch"), ("markdown", "| » fixmatch"), ("latex", r"$\triangleright$ fixmatch")]
)
def test_readable_formats_mark_the_row_once_and_explain_it(form: str, start: str) -> None:
    text = render(compare(records(), highlight="fixmatch/random"), form)
    lines = [line for line in text.splitlines() if line.startswith(start)]
    assert len(lines) == 1
    assert "random" in lines[0]
    assert "before a name: highlighted by request (fixmatch/random); no finding" in text


def test_names_stay_below_each_other_in_a_terminal() -> None:
    lines = render(compare(records(), highlight="fixmatch/random"), "table").splitlines()
    assert [line[:10] for line in lines if line[2:10] in ("fixmatch", "boostmis")].count("  boostmis") == 2


def test_csv_and_json_name_what_is_marked() -> None:
    comparison = compare(records(), highlight="fixmatch/random")
    found = [line for line in csv.DictReader(io.StringIO(render(comparison, "csv"))) if line["kind"] == "highlighted"]
    assert [(line["method"], line["strategy"]) for line in found] == [("fixmatch", "random")]
    content = json.loads(render(comparison, "json"))
    assert content["highlight"] == ["fixmatch/random"]
    assert [row["highlighted"] for group in content["groups"] for row in group["rows"]].count(True) == 1


def test_the_page_draws_it_in_colour_however_it_ranks() -> None:
    comparison = compare(records(strategies=("random", "a", "b", "c", "d")), highlight="fixmatch/a")
    names, position = names_of(comparison)
    entries = looks(names, comparison, position)
    assert [(e["method"], e["strategy"]) for e in entries if e["marked"]] == [("fixmatch", "a")]
    at = position["mlp", "fixmatch", "a"]
    assert at in few(comparison.groups[0], position)
    plain = compare(records(strategies=("random", "a", "b", "c", "d")))
    assert at not in few(plain.groups[0], position)


@pytest.mark.parametrize(
    ("name", "entry"), [("boostmis", "» boostmis"), ("fixmatch/random", "request: fixmatch/random")]
)
def test_a_figure_draws_it_thick_and_says_so(name: str, entry: str) -> None:
    pytest.importorskip("matplotlib")
    tables = learning_curve_table(records(), metrics=("macro_f1",))
    plain, own = (figure_bytes(tables, ".svg", Look(highlight=names)).decode() for names in ((), (name,)))
    assert entry in own
    assert "stroke-width: 2.6" in own
    assert "stroke-width: 2.6" not in plain
    assert "»" not in plain
    with pytest.raises(UnknownName, match="did you mean 'random'"):
        figure_bytes(tables, ".svg", Look(highlight=("randm",)))


def test_a_latex_table_has_a_short_caption_a_label_and_its_notes_below() -> None:
    comparison = compare(records(("digits", "mnist")))
    text = render(comparison, "latex", label="tab:mine")
    assert [line for line in text.splitlines() if line.startswith(r"\label")] == [
        r"\label{tab:mine}",
        r"\label{tab:mine-2}",
        r"\label{tab:mine-3}",
    ]
    assert r"\caption[digits: test macro F1]{digits: test macro\_f1 (higher is better), ranked by AUBC" in text
    before, _, after = text.partition(r"\end{tabular}")
    assert "Holm" not in before
    assert "Holm-corrected over" in after.partition(r"\end{table}")[0]
    assert r"\label" not in render(comparison, "latex")


@pytest.mark.parametrize(
    ("form", "label", "words"), [("csv", "tab:a", "--format latex"), ("latex", "tab{a}", "as in tab:results")]
)
def test_a_label_is_for_latex_and_what_it_can_read(form: str, label: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        render(compare(records()), form, label=label)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--highlight", "a", "--format", "paragraph"], "a paragraph has no rows to mark"),
        (["--label", "tab:a"], "leave it out, or write --format latex"),
    ],
)
def test_what_a_format_has_not_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["compare", "nowhere", *words])
    assert end.value.code == 2
    assert told in capsys.readouterr().err

"""Figures: what is in them, and the same bytes for the same curves."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from albench.compare import CurveTable, learning_curve_table
from albench.render.colors import BASELINE, COLORS, color_of, colors_of
from albench.render.figure import Look, figure_bytes
from albench.render.figure_ends import MOST_CURVES, ROOM, best, spread_out
from albench.render.figure_style import styles

matplotlib = pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'albench[plot]'")

NASTY = ("random", "$a$_b", "_hidden", "<img src=x onerror=alert(1)>", "boostmis[density=none]")


def tables(
    strategies: Sequence[str] = ("random", "entropy"),
    methods: Sequence[str] = ("boostmis",),
    datasets: Sequence[str] = ("digits",),
    metrics: Sequence[str] = ("macro_f1",),
    seeds: int = 3,
    rounds: int = 4,
    spread: float = 0.01,
    **facts: Any,
) -> list[CurveTable]:
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = [
        {
            **{"suite": "s", "key": f"{dataset}-{method}-{strategy}-{seed}", "dataset": dataset, "stand_in": ""},
            **{"method": method, "strategy": strategy, "backbone": "mlp", "seed": seed, "protocol": "1a2b"},
            **{"device": "cpu", "round": at, "n_labeled": 100 + 100 * at},
            **{f"test.{metric}": 0.4 + 0.1 * at + rng.normal(0, spread) for metric in metrics},
            **facts,
        }
        for dataset, method, strategy in itertools.product(datasets, methods, strategies)
        for seed in range(seeds)
        for at in range(rounds)
    ]
    return learning_curve_table(pd.DataFrame(rows), metrics=metrics)


def svg(curves: Sequence[CurveTable], **look: Any) -> ElementTree.Element:
    return ElementTree.fromstring(figure_bytes(curves, ".svg", Look(**{"baseline": "random", **look})))


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(element.itertext()).strip() for element in root.iter("{http://www.w3.org/2000/svg}text")]


def panels(root: ElementTree.Element) -> int:
    return sum(element.get("id", "").startswith("axes_") for element in root.iter())


def inches(png: bytes, dpi: int) -> tuple[float, float]:
    """Width and height from a PNG's header."""
    return int.from_bytes(png[16:20], "big") / dpi, int.from_bytes(png[20:24], "big") / dpi


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_the_same_curves_give_the_same_bytes_whatever_matplotlib_is_set_to(suffix: str, start: bytes) -> None:
    first = figure_bytes(tables(), suffix)
    assert first.startswith(start)
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.fonttype": "path", "savefig.dpi": 10}):
        before = dict(matplotlib.rcParams)
        assert figure_bytes(tables(), suffix) == first
        assert dict(matplotlib.rcParams) == before


def test_pyplot_and_its_windows_are_never_asked_for() -> None:
    code = (
        "import sys, pandas as pd\nfrom albench.compare import learning_curve_table\n"
        "from albench.render.figure import figure_bytes\nassert 'matplotlib' not in sys.modules\n"
        "row = dict(suite='s', key='k', dataset='d', stand_in='', method='m', strategy='s', backbone='b', seed=0,\n"
        "           protocol='p', device='cpu', round=0, n_labeled=9) | {'test.macro_f1': 0.5}\n"
        "figure_bytes(learning_curve_table(pd.DataFrame([row]), metrics=['macro_f1']), '.png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_names_are_text_and_nothing_else() -> None:
    found = texts(svg(tables(NASTY, stand_in="M$ES$CC"), title="$x_1$ & <b>", width=6))
    assert set(NASTY) <= set(found)
    assert "stand-in for M$ES$CC: simulated, not patient data" in found
    assert "$x_1$ & <b>" in found


def test_a_figure_says_what_it_shows() -> None:
    found = texts(svg(tables(metrics=("macro_f1", "ece")), width=6))
    assert {"digits", "labels", "test macro F1", "test ECE (lower is better)"} <= set(found)
    assert "method boostmis; mean and 95 % interval over 3 seeds" in found
    assert {"100", "200", "300", "400"} <= set(found)
    assert "method boostmis; mean over 3 seeds" in texts(svg(tables(), bands=False))
    assert "method boostmis; 1 seed" in texts(svg(tables(seeds=1)))
    differing = [*tables(("random",), seeds=5), *tables(("entropy",), seeds=2)]
    assert "method boostmis; mean and 95 % interval over 2 to 5 seeds" in texts(svg(differing, width=6))


def bands(root: ElementTree.Element) -> int:
    return sum(element.get("id", "").startswith("FillBetween") for element in root.iter())


def test_every_curve_in_colour_has_its_band_and_so_has_the_baseline() -> None:
    assert bands(svg(tables(("random", "entropy", "margin")))) == 3
    assert bands(svg(tables(("random", "entropy", "margin")), bands=False)) == 0


def test_text_in_a_pdf_is_text() -> None:
    content = figure_bytes(tables(), ".pdf")
    assert b"/CIDFontType2" in content  # a TrueType font, which journals take and search finds
    assert b"/Type3" not in content


def test_a_panel_for_each_data_set_protocol_backbone_and_metric() -> None:
    both = tables(datasets=("a", "b"), metrics=("accuracy", "macro_f1"))
    assert panels(svg(both)) == 4
    apart = [*tables(protocol="p1"), *tables(protocol="p2"), *tables(protocol="p2", backbone="cnn")]
    root = svg(apart)
    assert panels(root) == 3
    assert sum("protocol p2" in text for text in texts(root)) == 2
    assert any("backbone cnn" in text for text in texts(root))
    assert panels(svg(tables(methods=("x", "y", "z")), by_method=True)) == 3
    assert panels(svg(tables(datasets="abcdefg"))) == 7


def test_panels_keep_their_size_and_the_legend_adds_its_own() -> None:
    few = inches(figure_bytes(tables(), ".png", Look(dpi=100)), 100)
    many = inches(figure_bytes(tables([f"strategy-{at}" for at in range(12)]), ".png", Look(dpi=100)), 100)
    two = inches(figure_bytes(tables(datasets=("a", "b")), ".png", Look(dpi=100, width=2.5, height=2)), 100)
    assert few[0] == many[0] == 3.5
    assert 2.6 < few[1] < many[1]
    assert two[0] == 5.0
    assert two[1] > 2.0


@pytest.mark.parametrize("n", [1, 3, 20, 30])
def test_curves_are_told_apart_with_and_without_colour(n: int) -> None:
    names = [("m", f"s{at:02}") for at in range(n)]
    curves, samples = styles(names, [names[0]])
    looks = [(str(c["color"]), str(c["linestyle"]), str(c["marker"])) for c in curves.values()]
    for pair in itertools.combinations(range(3), 2):
        assert len({tuple(look[part] for part in pair) for look in looks}) == n
    assert curves[names[0]]["color"] == BASELINE[0]
    assert sum(color == BASELINE[0] for color, _, _ in looks) == 1
    assert len(samples) == n


def test_a_name_has_one_colour_in_every_figure() -> None:
    alone, _ = styles([("m", "badge"), ("m", "random")], [("m", "random")])
    many = [("m", name) for name in ("badge", "clue", "coreset", "entropy", "galaxy", "margin", "random", "typiclust")]
    among, _ = styles(many, [("m", "random")])
    grid, _ = styles([(m, s) for m in ("x", "y") for s in ("badge", "random")], [("x", "random"), ("y", "random")])
    own = COLORS[color_of("badge")][0]
    assert alone["m", "badge"]["color"] == among["m", "badge"]["color"] == grid["x", "badge"]["color"] == own
    assert among["m", "random"]["color"] == BASELINE[0]
    assert (
        len({among[name]["color"] for name in many}) == 8 - 1
    )  # clue and typiclust share one, told apart by line and marker


def test_names_that_would_share_a_colour_too_often_take_the_next() -> None:
    names = [f"s{at:02}" for at in range(40)]
    found = colors_of(names)
    counts = [list(found.values()).count(place) for place in range(len(COLORS))]
    assert max(counts) <= 5
    assert colors_of(["badge", "margin"]) == {"badge": color_of("badge"), "margin": color_of("margin")}


def test_few_methods_and_strategies_share_a_legend() -> None:
    names = [(method, strategy) for method in ("x", "y") for strategy in ("a", "b", "random")]
    curves, samples = styles(names, [("x", "random"), ("y", "random")])
    assert list(samples) == ["a", "b", "random", "method x", "method y"]
    assert curves["x", "a"]["color"] == curves["y", "a"]["color"]
    assert curves["x", "a"]["linestyle"] == curves["x", "b"]["linestyle"] != curves["y", "a"]["linestyle"]
    assert curves["x", "random"]["color"] == BASELINE[0]
    _, apart = styles(names, [("x", "random")])
    assert len(apart) == 6


def test_an_interval_wider_than_the_metric_does_not_stretch_the_axis() -> None:
    numbers = [float(text.replace("−", "-")) for text in texts(svg(tables(seeds=2, spread=0.2))) if "." in text[:3]]
    assert min(numbers) >= 0.0
    assert max(numbers) <= 1.0
    narrow = texts(svg(tables(rounds=1, spread=0.001, seeds=9)))
    assert "0.0" not in narrow


def test_undefined_values_leave_a_gap_not_an_error() -> None:
    found = tables(metrics=("auroc",), seeds=1)
    lost = tables(metrics=("auroc",), **{"test.auroc": float("nan")})
    assert panels(svg([found[0], lost[1]])) == 1
    assert panels(svg(lost)) == 1


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(Exception, match=r"pip install 'albench\[plot\]'") as error:
        figure_bytes(tables(), ".png")
    assert str(error.value).count("\n") == 0


MANY = ("random", *(f"strategy-{at}" for at in range(31)), "$a$_b")


def test_of_many_curves_each_name_is_at_its_end_and_the_best_few_have_colour() -> None:
    curves = tables(MANY)
    root = svg(curves)
    assert set(MANY) <= set(texts(root))
    drawn = ElementTree.tostring(root, encoding="unicode")
    assert drawn.count("stroke: #b4b4b4; stroke-width: 0.7") == len(MANY) - 6  # the best five and the baseline are not
    leading = best(curves, "macro_f1", 1.0)
    assert len(leading) == 5
    lowest = min(t.rows[-1].estimates["macro_f1"].mean for t in curves if (t.method, t.strategy) in leading)
    others = [t.rows[-1].estimates["macro_f1"].mean for t in curves if (t.method, t.strategy) not in leading]
    assert lowest >= max(others)
    few, many = (inches(figure_bytes(found, ".png", Look(dpi=100)), 100) for found in (tables(), curves))
    assert many[0] == few[0] + ROOM  # names add their own room
    assert many[1] > few[1]


def test_methods_get_panels_of_their_own_where_one_panel_would_be_crowded() -> None:
    names = [f"strategy-{at}" for at in range(5)]
    assert panels(svg(tables(names, ("x", "y")))) == 1
    crowded = tables(names, ("x", "y", "z"))
    assert len(crowded) > MOST_CURVES
    assert panels(svg(crowded)) == 3


@given(st.lists(st.floats(-0.5, 1.5), max_size=40), st.floats(0.001, 0.2))
def test_names_never_cover_each_other_and_stay_beside_the_panel_where_they_can(
    wanted: list[float], apart: float
) -> None:
    places = spread_out(sorted(wanted), apart)
    assert len(places) == len(wanted)
    assert all(b - a >= apart - 1e-9 for a, b in itertools.pairwise(places))
    if apart * (len(wanted) - 1) <= 1:
        assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)


def test_names_with_room_stand_where_their_lines_end() -> None:
    assert spread_out([0.1, 0.5, 0.9], 0.05) == pytest.approx([0.1, 0.5, 0.9])
    assert spread_out([], 0.1) == []


def test_a_figure_needs_no_backend_whatever_the_environment_names() -> None:
    """What a notebook hands on to the commands that it starts may not be installed where they run."""
    code = (
        "import os\n"
        "from albench.render.figure import _no_backend\n"
        "with _no_backend():\n    from matplotlib import style\n"
        "assert os.environ['MPLBACKEND'] == 'module://nobody_has.this'\n"
    )
    environment = {**os.environ, "MPLBACKEND": "module://nobody_has.this"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=300)

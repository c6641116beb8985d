"""Figures: what is in them, and the same bytes for the same curves."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from figures import NASTY, panels, svg, tables, texts

from albench.compare import Estimate
from albench.render.figure import figure_bytes
from albench.render.figure_ends import MOST_CURVES
from albench.render.figure_style import REFERENCE

matplotlib = pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'albench[plot]'")


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


def test_methods_get_panels_of_their_own_where_one_panel_would_be_crowded() -> None:
    names = [f"strategy-{at}" for at in range(5)]
    assert panels(svg(tables(names, ("x", "y")))) == 1
    crowded = tables(names, ("x", "y", "z"))
    assert len(crowded) > MOST_CURVES
    assert panels(svg(crowded)) == 3


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


def test_references_are_grey_and_named_as_what_they_are() -> None:
    seen = [
        dataclasses.replace(one, sees_labels=one.strategy == "seer") for one in tables(("random", "entropy", "seer"))
    ]
    full = {"macro_f1": Estimate(0.97, 0.01, 3)}
    root = svg([dataclasses.replace(one, full=full) for one in seen])
    assert {"seer (oracle: sees labels)", "full supervision", "entropy"} <= set(texts(root))
    lines = [element.get("style", "") for element in root.iter("{http://www.w3.org/2000/svg}path")]
    grey = [style for style in lines if REFERENCE in style]
    assert len(grey) >= 4, "a curve and a line across, and their samples"
    assert all("stroke-dasharray" in style for style in grey)
    without = svg(seen)
    assert "full supervision" not in texts(without)
    ticks = max(float(text) for text in texts(root) if text.replace(".", "", 1).isdigit() and "." in text)
    assert ticks >= 0.9, "the line lies inside the axes"

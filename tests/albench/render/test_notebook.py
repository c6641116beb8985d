"""A run in a notebook: one output that is drawn again, and what stays of it. The kernel is a real one."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from displayed import trial

from albench.api.executor import Done, Failed, Note, Progress
from albench.render import notebook
from albench.render.notebook import NotebookDisplay, in_notebook

nbclient = pytest.importorskip("nbclient", reason="notebooks are run by nbclient: pip install nbclient ipykernel")
nbformat = pytest.importorskip("nbformat")
EXAMPLE = Path(__file__).parents[3] / "examples" / "notebook.ipynb"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is displayed, drawing by drawing; the display that does it stands first."""
    drawn: list[Any] = []

    def display(what: Any, display_id: bool) -> Any:
        assert display_id, "a place of its own, to be drawn again"
        drawn.append(what)
        return SimpleNamespace(update=drawn.append)

    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    monkeypatch.setattr(notebook, "PAUSE", 0.0)
    return drawn


def test_one_output_is_drawn_again(shown: list[Any]) -> None:
    trials = [trial(0), trial(1, strategy="<b>odd</b>")]
    with NotebookDisplay() as display:
        display.trials = {one.key: one for one in trials}
        display.steps, display.total = {one.key: [200] * 6 for one in trials}, 2
        display.event(Progress(trials[0].key, 2, 6, 150, 200, ("macro_f1", 0.5)))
        assert "round 3/6, step 150/200, test macro_f1 0.500" in shown[-1]._repr_html_()
        assert '<progress max="2400" value="550">' in shown[-1]._repr_html_()
        display.event(Note(trials[1].key, "one & all"))
        display.outcome(Done(trials[0].key, 2.0))
        assert "round 3/6" not in shown[-1]._repr_html_()
        display.outcome(Failed(trials[1].key, "no luck"))
    last = shown[-1]._repr_html_()
    assert "<progress" not in last
    assert repr(shown[-1]) == "2 of 2 trials done"
    assert "one &amp; all" in last
    assert "&lt;b&gt;odd&lt;/b&gt;" in last
    assert "failed: no luck" in last


def test_of_many_lines_the_last_stay(shown: list[Any]) -> None:
    display = NotebookDisplay()
    for number in range(notebook.STAY + 5):
        display.event(Note("", f"line {number}."))
    assert "... 5 lines before" in shown[-1]._repr_html_()
    assert "line 4." not in shown[-1]._repr_html_()
    assert "line 5." in shown[-1]._repr_html_()


def test_this_process_is_no_notebook() -> None:
    assert not in_notebook()


def test_the_example_runs_in_a_kernel_and_holds_what_it_showed(tmp_path: Path) -> None:
    """Inside the kernel's own event loop; with fewer seeds and steps than the outputs that are kept in the file."""
    kept = nbformat.read(EXAMPLE, 4)
    assert all(cell.outputs for cell in kept.cells if cell.cell_type == "code"), "it is kept executed"
    assert not re.search(r"/(?:home|root|tmp|work)\b", EXAMPLE.read_text(encoding="utf-8"))
    run = nbformat.read(EXAMPLE, 4)
    for cell in run.cells:
        cell.source = cell.source.replace("seeds=5", "seeds=2, executor='local'").replace("steps=100", "steps=5")
    client = nbclient.NotebookClient(run, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    code = [cell for cell in run.cells if cell.cell_type == "code"]
    progress, overview = code[0].outputs
    assert progress.data["text/plain"] == "6 of 6 trials done"
    assert "<progress" not in progress.data["text/html"], "the last drawing took the place of the others"
    assert "6 trials of 1 suite" in overview.data["text/html"]
    assert "<table>" in code[1].outputs[0].data["text/html"]
    assert "image/png" in code[2].outputs[0].data
    assert "4 of 4 trials done" in code[5].outputs[0].data["text/plain"], "arrays of the notebook's own"
    assert "<table>" in code[5].outputs[-1].data["text/html"]
    assert (tmp_path / "notebook-results" / "report.html").stat().st_size > 100_000
    kinds, before = (
        [cell.outputs[-1].output_type for cell in book.cells if cell.cell_type == "code"] for book in (run, kept)
    )
    assert kinds == before

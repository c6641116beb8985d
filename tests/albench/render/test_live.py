"""Progress: bars of running trials are a line each, and a pipe gets few."""

from __future__ import annotations

import io

import pytest
from displayed import LONG, display, trial
from rich.console import Console

from albench.api.executor import Done, Progress
from albench.render.live import LiveDisplay, PlainDisplay


@pytest.mark.parametrize("width", [80, 120])
def test_bars_of_running_trials_are_a_line_each(width: int) -> None:
    trials = [trial(0), trial(1, LONG, "expected-gradient-length"), trial(2, LONG, "stochastic[of=entropy]")]
    shown, _ = display(LiveDisplay, trials, width)
    for one in trials:
        shown.event(Progress(one.key, 2, 6, 150, 200, ("macro_f1", 0.5)))
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=True)
    with console.capture() as captured:
        console.print(shown._bars.get_renderable())
    lines = captured.get().splitlines()
    assert len(lines) == 3
    for seed, line in enumerate(lines):
        assert f"seed {seed}" in line
        assert "round 3/6  step 150/200" in line  # nothing of it is cut
        assert ("test macro_f1 0.500" in line) == (width > 110)


def test_of_many_trials_a_pipe_gets_a_line_each_and_few_rounds() -> None:
    trials = [trial(seed) for seed in range(60)]
    shown, file = display(PlainDisplay, trials, 80)
    for one in trials:
        for at in range(6):
            shown.event(Progress(one.key, at, 6, 0, 200, None))
        shown.outcome(Done(one.key, 2.0))
    lines = file.getvalue().splitlines()
    assert sum("done in 2 s" in line for line in lines) == 60
    assert 1 <= sum("round" in line for line in lines) <= 10
    few, file = display(PlainDisplay, trials[:2], 80)
    for at in range(6):
        few.event(Progress(trials[0].key, at, 6, 0, 200, ("macro_f1", 0.5)))
    assert file.getvalue().count("round") == 5
    assert file.getvalue().count("/6, test macro_f1 0.500") == 5

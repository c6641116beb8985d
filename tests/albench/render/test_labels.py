"""Lines of progress stay lines at eighty columns, whatever specs are called."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from albench.api.executor import Done, Progress
from albench.render.labels import combinations, label, pair, seeds_text, short
from albench.render.live import LiveDisplay, PlainDisplay

LONG = "imagefolder[path=/very/long/path/to/the/hospital/export,size=224]"


def trial(seed: int = 0, dataset: str = "digits", strategy: str = "random", method: str = "fixmatch") -> Any:
    protocol = SimpleNamespace(rounds=6, steps=200)
    key = f"{dataset}-{method}-{strategy}-{seed}"
    names = {"dataset": dataset, "method": method, "strategy": strategy, "backbone": "cnn"}
    return SimpleNamespace(seed=seed, **names, key=key, protocol=protocol, shown=tuple(names.values()))


def test_a_long_path_is_known_by_its_end() -> None:
    assert short("digits") == "digits"
    assert short(LONG, 40) == "imagefolder[path=…/export,size=224]"
    assert short(r"npz[path=C:\data\chest xrays\pneumonia.npz]") == "npz[path=…/pneumonia.npz]"
    cut = short("features[" + "x" * 100 + "]")
    assert len(cut) == 32
    assert cut.startswith("features[x")
    assert cut.endswith("x]")


@pytest.mark.parametrize("room", [30, 40, 50, 60])
@pytest.mark.parametrize(
    "strategy", ["random", "expected-gradient-length", "stochastic[of=entropy,sampling=power,beta=2.0]"]
)
@pytest.mark.parametrize("dataset", ["digits", LONG])
def test_a_label_keeps_its_room_and_its_seed(dataset: str, strategy: str, room: int) -> None:
    text = label(trial(7, dataset, strategy), room)
    assert len(text) <= room
    assert text.endswith("seed 7")
    assert "fixmatch" in text or "…" in text


def test_without_a_limit_a_label_is_whole() -> None:
    assert label(trial(3)) == "digits  fixmatch + random  seed 3"
    assert pair(trial()) == "digits  fixmatch + random"


def test_seeds_are_told_as_a_range_where_they_are_one() -> None:
    assert [seeds_text(seeds) for seeds in ([3], [0, 1], [2, 0, 1], [0, 2, 3])] == [
        "seed 3", "seeds 0, 1", "seeds 0 to 2", "seeds 0, 2, 3",
    ]  # fmt: skip
    assert seeds_text(list(range(0, 40, 2))) == "20 seeds"


def test_trials_are_told_by_combination() -> None:
    found = [trial(seed, strategy=name) for seed in range(3) for name in ("random", "entropy")]
    assert [(first.strategy, seeds) for first, seeds in combinations(found)] == [
        ("random", "seeds 0 to 2"), ("entropy", "seeds 0 to 2"),
    ]  # fmt: skip


def display(kind: type, trials: list[Any], width: int) -> tuple[Any, io.StringIO]:
    file = io.StringIO()
    shown = kind(
        Console(file=file, width=width, color_system=None, force_terminal=kind is LiveDisplay, highlight=False)
    )
    shown.trials = {one.key: one for one in trials}
    shown.total = len(trials)
    return shown, file


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

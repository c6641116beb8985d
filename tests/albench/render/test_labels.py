"""Lines of progress stay lines at eighty columns, whatever specs are called."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from displayed import LONG, trial

from albench.render.labels import budget_of, combinations, label, pair, seeds_text, short


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


def test_of_several_budgets_a_label_names_its_own() -> None:
    low, high = (SimpleNamespace(**vars(trial(3)), budget=budget) for budget in ("20+5x10", "100+5x50"))
    assert label(low) == "digits  fixmatch + random  20+5x10  seed 3"
    assert len(label(high, 30)) <= 30
    assert "100+5x50" in label(high, 30)
    assert [(budget_of(found), seeds) for found, seeds in combinations([low, high, high])][1][0] == "100+5x50  "
    assert budget_of(trial()) == ""


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

"""The end of a run: the answer and one ranking, however many pairs; the learning curve of a single one."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console

from albench.compare import answer, compare
from albench.render.closing import closing
from albench.results.results import Results


def results(strategies: list[str], datasets: tuple[str, ...] = ("digits",), protocol: str = "p") -> Results:
    rng = np.random.default_rng(0)
    rows = [
        {
            "suite": "s", "key": f"{dataset}-{strategy}-{seed}", "dataset": dataset, "stand_in": "", "method": "m",
            "strategy": strategy, "backbone": "cnn", "seed": seed, "protocol": protocol, "device": "cpu",
            "round": at, "n_labeled": 10 + 10 * at,
            **{f"test.{name}": rng.uniform() for name in ("accuracy", "balanced_accuracy", "macro_f1", "auroc")},
        }
        for dataset in datasets for strategy in strategies for seed in range(3) for at in range(6)
    ]  # fmt: skip
    return Results((Path("s"),), pd.DataFrame(rows), pd.DataFrame())


def shown(found: Results, keys: set[str], width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(closing(found, keys))
    return captured.get()


def test_many_pairs_end_in_one_ranking_that_begins_with_the_answer() -> None:
    found = results(["random", *(f"strategy_{at}" for at in range(32))])
    text = shown(found, set(found.frame["key"]))
    assert " ".join(text.split()).startswith(answer(compare(found.frame)).text)
    assert text.count("─\n") == 1
    assert len(text.splitlines()) < 70  # it was 13 lines a pair: 429


def test_a_single_pair_ends_in_its_learning_curve() -> None:
    found = results(["random"], ("digits", "rings"))
    text = shown(found, set(found.frame["key"]))
    assert text.count("nothing is beside it") == 2
    assert text.count("balanced_accuracy") == 2
    assert "m + random  test, cnn, 3 seeds" in text


def test_a_rare_class_is_in_the_learning_curve_too() -> None:
    found = results(["random"])
    frame = found.frame.assign(rare_recalls="recall.ill", **{"test.recall.ill": 0.25})
    text = shown(Results(found.folders, frame, found.failed), set(frame["key"]), width=120)
    titles = text.partition("\n─")[0].splitlines()[-1]
    assert titles.split() == ["labels", "balanced_accuracy", "macro_f1", "auroc", "recall.ill"]


def test_what_earlier_runs_left_is_ranked_too_and_said() -> None:
    found = results(["random", "entropy"])
    new = set(found.frame.loc[found.frame["strategy"] == "entropy", "key"])
    text = shown(found, new)
    assert "vs random" in text
    assert "The folder held 3 trials of the same protocol before, ranked with those of this run." in " ".join(
        text.split()
    )
    assert "held" not in shown(found, set(found.frame["key"]))


def test_other_protocols_and_data_sets_of_the_folder_are_not_shown() -> None:
    one, other = results(["random", "entropy"]), results(["random", "entropy"], ("rings",), "q")
    both = Results(one.folders, pd.concat([one.frame, other.frame]), one.failed)
    text = shown(both, set(one.frame["key"]))
    assert "rings" not in text


def test_nothing_is_shown_where_no_round_was_finished() -> None:
    found = results(["random"])
    assert closing(found, {"another"}) is None
    assert closing(Results(found.folders, found.frame.iloc[:0], found.failed), {"x"}) is None


def test_minority_recall_is_explained_below_the_curve() -> None:
    found = results(["random"])
    more = {"rare_recalls": "minority_recall", "small_classes": "b\nc", "test.minority_recall": 0.25}
    frame = found.frame.assign(**more)
    text = shown(Results(found.folders, frame, found.failed), set(frame["key"]), width=120)
    assert "minority_recall: mean recall of the classes smaller than the average (b and c)" in text


def test_what_sees_labels_alone_ends_with_its_curve() -> None:
    held = results(["seer"])
    held.frame["sees_labels"] = True
    console = Console(file=io.StringIO(), width=100)
    console.print(closing(held, set(held.frame["key"])))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "m + seer" in text
    assert "oracle: sees labels" in text

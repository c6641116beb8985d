"""What a folder holds as a run begins: each trial once; what is damaged is left to whoever goes on with it."""

from __future__ import annotations

from pathlib import Path

from albench import item_predictions
from albench.disk.files import sealed_text
from albench.results.inventory import Inventory


def trial(folder: Path, key: str, text: str | None = None, rounds: str | None = "{}\n") -> None:
    place = folder / "trials" / key
    place.mkdir(parents=True)
    facts = {"dataset": "d", "seed": 0, "key": key, item_predictions.KEY: {"y": "much"}}
    (place / "trial.json").write_text(sealed_text(facts) if text is None else text)
    if rounds is not None:
        (place / "rounds.jsonl").write_text(rounds)


def test_trials_with_their_facts_and_the_lines_of_their_records(tmp_path: Path) -> None:
    trial(tmp_path, "b", rounds="{}\n{}\ntorn")
    trial(tmp_path, "a", rounds=None)
    found = Inventory(tmp_path)
    assert [(each.key, each.rounds) for each in found.trials] == [("a", 0), ("b", 2)]
    assert found.trials[1].facts == {"dataset": "d", "seed": 0, "key": "b"}
    assert [each.key for each in found.begun()] == ["b"]
    assert list(found.begun(but={"b"})) == []


def test_what_is_damaged_or_no_trial_is_not_there(tmp_path: Path) -> None:
    trial(tmp_path, "damaged", text=sealed_text({"dataset": "d", "seed": 0}).replace('"d"', '"e"'))
    trial(tmp_path, "torn", text="{")
    trial(tmp_path, "nameless", text=sealed_text({"what": 1}))
    assert Inventory(tmp_path).trials == []
    assert Inventory(tmp_path / "nowhere").trials == []


def test_it_is_read_once(tmp_path: Path) -> None:
    trial(tmp_path, "a")
    found = Inventory(tmp_path)
    assert len(found.trials) == 1
    trial(tmp_path, "b")
    assert len(found.trials) == 1
    assert len(Inventory(tmp_path).trials) == 2

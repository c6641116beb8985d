"""Records on disk: checksums, torn and damaged lines, claims, atomic files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from albench.disk.files import write_atomic
from albench.errors import StoreError
from albench.results.records import decode_record, encode_record, read_manifest, read_trial, suite_folders
from albench.results.store import SuiteStore, TrialStore

FACTS = {"key": "k", "data_hash": "d"}


def record(number: int) -> dict:
    return {"round": number, "n_labeled": 10, "test": {"accuracy": 0.5}, "text": 'a,"checksum":"b'}


def filled(folder: Path, rounds: int = 3) -> TrialStore:
    store = TrialStore(folder)
    folder.mkdir()
    store.start(FACTS)
    for number in range(rounds):
        store.append(record(number))
    return store


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, min_size=1, max_size=5))
def test_a_record_survives_being_written_and_read(content: dict) -> None:
    line = encode_record(content)
    assert line.count("\n") == 1
    content.pop("checksum", None)
    assert decode_record(encode_record(content) if content else line) == (content or decode_record(line))


long_lists = st.lists(st.integers(0, 10**9) | st.floats(-1, 1), min_size=12, max_size=20)
keys = st.sampled_from(["threshold", "loss", "the threshold", 'a "loss'])


@settings(max_examples=40)
@given(
    st.dictionaries(keys, long_lists | json_values | st.dictionaries(keys, long_lists), max_size=3),
    st.sampled_from([(), ("threshold",), ("threshold", "all")]),
)
def test_a_record_without_its_long_lists_is_else_the_same(content: dict, named: tuple[str, ...]) -> None:
    texts = {'text": [': '":[1111111111,2222222222,3333333333,4444]', "loss": [1, 2, 3], "x": "[" + "1," * 20 + "1]"}
    line = encode_record({"test": content, "told": texts})
    found = decode_record(line, named)
    whole = decode_record(line)
    assert found is not None
    assert whole is not None
    assert found["told"] == texts
    assert emptied(whole["test"], named) == emptied(found["test"], named)
    line = line.replace("111", "112", 1)
    assert decode_record(line, named) is None


def emptied(value: Any, named: tuple[str, ...], key: str = "") -> Any:
    """Without lists of numbers that are long as they are written, but those of the named keys."""
    if isinstance(value, dict):
        return {name: emptied(inner, named, name) for name, inner in value.items()}
    numbers = isinstance(value, list) and all(type(one) in (int, float) for one in value)
    is_long = numbers and len(json.dumps(value, separators=(",", ":"))) >= 2 + 32
    return [] if is_long and key not in named else value


def test_what_is_long_and_asked_for_by_no_one_is_not_read() -> None:
    line = encode_record({"queried": list(range(20)), "all": list(range(20)), "few": [1, 2]})
    assert decode_record(line, ("all",)) == {"queried": [], "all": list(range(20)), "few": [1, 2]}


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    line = encode_record(record(0)).rstrip("\n")
    place %= len(line)
    damaged = line[:place] + chr((ord(line[place]) ^ change) % 256) + line[place + 1 :]
    assert damaged == line or decode_record(damaged) is None


def test_records_come_back_in_order(tmp_path: Path) -> None:
    filled(tmp_path / "t")
    files = read_trial(tmp_path / "t")
    assert [r["round"] for r in files.records] == [0, 1, 2]
    assert files.facts == FACTS
    assert not files.problems


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_dropped_and_redone(tmp_path: Path, cut: int) -> None:
    store = filled(tmp_path / "t")
    path = tmp_path / "t" / "rounds.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    files = read_trial(tmp_path / "t")
    assert len(files.records) == 2
    assert "torn" in files.problems[0]
    assert len(store.start(FACTS)) == 2
    store.append(record(2))
    assert len(read_trial(tmp_path / "t").records) == 3


def test_nothing_after_a_damaged_line_is_read(tmp_path: Path) -> None:
    filled(tmp_path / "t")
    path = tmp_path / "t" / "rounds.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[1].replace("0.5", "0.6") + lines[2])
    files = read_trial(tmp_path / "t")
    assert len(files.records) == 1
    assert "line 2 is damaged" in files.problems[0]


def test_a_zero_filled_tail_is_not_data(tmp_path: Path) -> None:
    filled(tmp_path / "t")
    with (tmp_path / "t" / "rounds.jsonl").open("ab") as handle:
        handle.write(b"\0" * 4096)
    files = read_trial(tmp_path / "t")
    assert len(files.records) == 3
    assert files.problems


def test_a_line_out_of_order_is_not_data(tmp_path: Path) -> None:
    store = filled(tmp_path / "t", 1)
    store.append(record(2))
    assert len(read_trial(tmp_path / "t").records) == 1


def test_other_data_is_refused(tmp_path: Path) -> None:
    store = filled(tmp_path / "t")
    with pytest.raises(StoreError, match="made with other data"):
        store.start({**FACTS, "data_hash": "e"})


def test_other_class_names_are_refused(tmp_path: Path) -> None:
    """They are part of the names of metrics, and may come from a file that is no part of the data hash."""
    facts = {**FACTS, "class_names": ["ill", "well"]}
    store = filled(tmp_path / "t")
    store.start(facts)  # of records that are older than the names
    store.start(facts)
    with pytest.raises(StoreError, match=r"t: its records have other class names \(class 1 was 'well' and is .fine.\)"):
        store.start({**FACTS, "class_names": ["ill", "fine"]})


def test_a_trial_is_claimed_by_one_process_only(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\nfrom albench.results.store import TrialStore\n"
        "with TrialStore(pathlib.Path(sys.argv[1])).claim() as owner:\n    print(owner or 'mine')"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "t")]
    with TrialStore(tmp_path / "t").claim() as owner:
        assert owner == ""
        other = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert other.startswith("process ")
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "mine\n"


def test_an_atomic_file_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_atomic(path, "one")
    assert path.read_text() == "one"
    with pytest.raises(TypeError):
        write_atomic(path, 3)  # type: ignore[arg-type]
    assert path.read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_checkpoints(tmp_path: Path) -> None:
    import torch

    store = filled(tmp_path / "t")
    store.save_checkpoint(0, {"format": 1, "x": torch.arange(3)})
    store.save_checkpoint(1, {"format": 0, "x": torch.arange(3)})
    content = store.load_checkpoint(0)
    assert content is not None
    assert torch.equal(content["x"], torch.arange(3))
    assert store.load_checkpoint(1) is None, "an older format"
    assert store.load_checkpoint(2) is None, "missing"
    (tmp_path / "t" / "checkpoint-0.pt").write_bytes(b"PK garbage")
    assert store.load_checkpoint(0) is None, "damaged"
    store.drop_checkpoints(keep=1)
    assert [p.name for p in (tmp_path / "t").glob("*.pt")] == ["checkpoint-1.pt"]


def test_the_manifest_joins_what_runs_add(tmp_path: Path) -> None:
    store = SuiteStore(tmp_path / "s")
    store.open()
    both = {"format": 1, "suite": "s"}
    store.update_manifest({**both, "runs": [1], "datasets": {"a": 1}})
    manifest = store.update_manifest({**both, "runs": [2], "datasets": {"b": 2}})
    assert manifest == {**both, "runs": [1, 2], "datasets": {"a": 1, "b": 2}}
    assert read_manifest(tmp_path / "s") == manifest


def test_results_of_another_format_are_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"format": 2, "suite": "s"}')
    with pytest.raises(StoreError, match="has results of format 2, this albench reads 1: use the version that made"):
        read_manifest(tmp_path)


def test_folders_without_results_are_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no results folder"):
        suite_folders(tmp_path / "absent")
    with pytest.raises(StoreError, match="holds no results"):
        suite_folders(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--out"):
        SuiteStore(tmp_path / "file" / "s").open()

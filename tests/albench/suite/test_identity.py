"""What stored trials are: one name for one thing, none for two, and each trial once, wherever its data lie."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import albench
from albench.compare import learning_curve_table
from albench.disk.files import sealed_text
from albench.errors import StoreError, SuiteError, UserError
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.results.archive import export
from albench.results.known_as import names_of
from albench.results.merge import merge
from albench.results.provenance import difference
from albench.results.records import encode_record, read_records
from albench.session import suite_from
from albench.suite.identity import data_of
from albench.suite.settings import run_settings

TINY: dict[str, Any] = {"method": "supervised", "initial": 6, "query_size": 3, "rounds": 2, "steps": 3}
TINY |= {"executor": "local", "seeds": 2, "strategy": ["random", "entropy"], "name": "s"}
Change = Callable[[dict[str, Any]], Any]


def pool(folder: Path, seed: int = 0) -> Path:
    """Three classes of 6 numbers an item, in the layout of ``features``."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(3, 6)) * 2
    for split, n in (("train", 60), ("val", 30), ("test", 30)):
        y = np.arange(n) % 3
        np.save(folder / f"{split}-features.npy", (centres[y] + rng.normal(size=(n, 6))).astype(np.float32))
        np.save(folder / f"{split}-labels.npy", y)
    return folder


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite on data of three classes, ``out/s``, beside its data."""
    folder = tmp_path_factory.mktemp("identity")
    albench.run(**TINY, dataset=f"features[path={pool(folder / 'pool')}]", out=folder / "out")
    return folder


@pytest.fixture
def copied(ran: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the suite whose trials' facts are changed, in a folder of its own."""

    def copy(change: Change = lambda _: None, name: str = "other") -> Path:
        suite = tmp_path / name / "s"
        shutil.copytree(ran / "out" / "s", suite)
        for trial in list((suite / "trials").iterdir()):
            facts = json.loads((trial / "trial.json").read_text())
            del facts["checksum"]
            change(facts)
            (trial / "trial.json").write_text(sealed_text(facts))
            trial.rename(trial.with_name(facts["key"]))
        return suite

    return copy


def moved(facts: dict[str, Any]) -> None:
    """As another machine would have named the same data."""
    facts["dataset"] = "features[path=/elsewhere/pool]"
    path = next(part for part in facts["resolved"]["dataset"].split(",") if "path=" in part).partition("path=")[2]
    facts["resolved"]["dataset"] = facts["resolved"]["dataset"].replace(path.rstrip("]"), "/elsewhere/pool")
    facts["key"] = facts["key"][:-12] + "0" * 9 + facts["key"][-3:]


def of_data(hash_: str, resolved: str, own: str = "") -> dict[str, Any]:
    made = {"dataset": {"files": {own: "0"} if own else {}}}
    return {"data_hash": hash_, "dataset": "x", "resolved": {"dataset": resolved}, "made_by": made}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (of_data("a", "features[path=pool]"), of_data("a", "features[path=./pool]"), True),
        (of_data("a", "features[path=pool]"), of_data("b", "features[path=pool]"), False),
        (of_data("a", "features[path=p,scale=none]"), of_data("a", "features[path=p.npz,split_seed=3]"), True),
        (of_data("a", "features[weak_noise=0.1]"), of_data("a", "features[weak_noise=0.2]"), False),
        (of_data("a", "features[classes=x;y]"), of_data("a", "features[classes=y;x]"), False),
        (of_data("a", "features[path=p]"), of_data("a", "npz[path=p]"), False),
        (of_data("a", "own[blur=1]", "own.py"), of_data("a", "own[blur=2]", "own.py"), False),
        (of_data("a", "own[path=p]", "own.py"), of_data("a", "own[path=q]", "own.py"), True),
        (of_data("", "features[path=p]"), {**of_data("", "features[path=p]"), "dataset": "y"}, False),
    ],
    ids=["place", "content", "reading", "views", "classes", "component", "own views", "own views' place", "unknown"],
)
def test_data_are_what_they_hold_and_how_they_are_trained_on(one: Any, other: Any, same: bool) -> None:
    assert (data_of(one) == data_of(other)) is same


def test_where_the_file_of_groups_lies_is_no_difference_of_code() -> None:
    def made(files: dict[str, str]) -> dict[str, Any]:
        return {"dataset": {"versions": {"x": "1"}, "local": ["x"], "files": files}}

    here, there = made({"groups=g.csv": "1", "own.py": "a"}), made({"groups=/there/g.csv": "1", "own.py": "a"})
    assert difference(here, there, {"dataset": "x"}) is None
    assert difference(here, made({"own.py": "b"}), {"dataset": "x"}) is not None


def facts_of(**changes: Any) -> dict[str, Any]:
    names = {"dataset": "d", "method": "m", "strategy": "s", "backbone": "b"}
    typed = {**names, **{name: value[0] for name, value in changes.items()}}
    resolved = {**names, **{name: value[1] for name, value in changes.items()}}
    return {**typed, "resolved": resolved, "data_hash": "0" * 16, "seed": 0, "protocol_hash": "p"}


def test_defaults_that_are_written_out_make_no_second_row() -> None:
    short = facts_of(strategy=("boostmis", "boostmis[n_neighbors=20]"))
    long = facts_of(strategy=("boostmis[n_neighbors=20]", "boostmis[n_neighbors=20]"))
    names = names_of([("a", long), ("b", short)], {})
    assert names.of(short) == names.of(long)
    assert names.of(long)["strategy"] == "boostmis"
    (note,) = names.notes
    assert note == (
        "boostmis and boostmis[n_neighbors=20] are one strategy, with every option written out, shown as boostmis."
    )


def test_a_name_whose_defaults_changed_is_two() -> None:
    old = facts_of(strategy=("boostmis", "boostmis[k=1,n_neighbors=10]"))
    new = facts_of(strategy=("boostmis", "boostmis[k=1,n_neighbors=20]"))
    names = names_of([("a", old), ("b", new)], {})
    assert names.of(old)["strategy"] == "boostmis[n_neighbors=10]"
    assert names.of(new)["strategy"] == "boostmis[n_neighbors=20]"
    assert "does not stand for the same options everywhere" in names.notes[0]


def test_classes_that_are_named_otherwise_under_one_hash_are_told() -> None:
    one = {**facts_of(), "class_names": ["ill", "well"]}
    names = names_of([("a", one), ("b", one), ("c", {**one, "class_names": ["0", "1"]})], {})
    assert names.notes == (
        "the classes of data set d are not named alike everywhere: ill and well in a and b; 0 and 1 in c. Metrics of a "
        "single class go by its name, and are not of all trials.",
    )
    assert names_of([("a", one), ("b", one)], {}).notes == ()


def test_the_same_items_read_in_several_ways_are_told_and_stay_apart() -> None:
    as_images = facts_of(dataset=("npz[path=x]", "npz[flip=true,path=x]"))
    unflipped = facts_of(dataset=("npz[path=x,flip=false]", "npz[flip=false,path=x]"))
    as_vectors = facts_of(dataset=("features[path=x]", "features[path=x]"))
    names = names_of([("a", as_images), ("b", unflipped), ("c", as_vectors)], {})
    assert names.notes == (
        "features[path=x], npz[path=x,flip=false] and npz[path=x] hold the same items and labels, read in different "
        "ways: each is shown apart.",
    )
    assert len({names.of(facts)["dataset"] for facts in (as_images, unflipped, as_vectors)}) == 3


def test_one_data_set_under_two_paths_is_one_table(ran: Path, copied: Callable[..., Path]) -> None:
    alone = albench.load(ran / "out")
    both = albench.load(ran / "out", copied(moved))
    assert len(both.frame) == len(alone.frame)
    (group,) = both.compare().groups
    assert group.dataset == "features[path=/elsewhere/pool]"  # the shortest, whatever is read first
    assert any("one data set, shown as features[path=/elsewhere/pool]" in note for note in both.notes)
    assert len(learning_curve_table(both.frame)) == 2
    assert len(both.trials) == len(alone.trials) == 4


def test_trials_of_one_data_set_under_two_paths_are_merged_once(
    ran: Path, copied: Callable[..., Path], tmp_path: Path
) -> None:
    (merged,) = merge([ran / "out", copied(moved)], tmp_path / "m")
    assert (merged.copies, merged.counts["complete"]) == (4, 4)


def test_other_data_under_one_name_never_meet_in_a_table(
    ran: Path, copied: Callable[..., Path], tmp_path: Path, command_line: Callable[..., str]
) -> None:
    other = copied(lambda facts: facts.update(data_hash="77ac" * 4))
    found = albench.load(ran / "out", other)
    first = albench.load(ran / "out").frame
    assert len(found.frame) == 2 * len(first)
    comparison = found.compare()
    names = {group.dataset for group in comparison.groups}
    typed = first["dataset"].iloc[0]
    assert names == {f"{typed} (data {hash_[:8]})" for hash_ in ("77ac" * 4, first["data_hash"].iloc[0])}
    assert comparison.overall is None  # a second version of the data is no second data set
    words = f"data set {typed} is not the same data everywhere: "
    assert any(note.startswith(words) and "77ac" * 4 in note for note in comparison.notes)
    places = [str(ran / "out"), str(other)]
    assert words in " ".join(command_line(["compare", *places], tmp_path).replace("\n", " ").split())
    report = command_line(["report", *places], tmp_path)
    assert "(data 77ac77ac)" in (tmp_path / "report.html").read_text(encoding="utf-8"), report
    with pytest.raises(StoreError) as refused:
        merge([ran / "out", other], tmp_path / "m")
    assert str(refused.value).startswith(words)
    assert "'albench compare' shows them apart" in str(refused.value)
    joined = pd.concat([first, albench.load(other).frame])
    with pytest.raises(UserError, match="not the same data everywhere"):
        albench.compare.compare(joined)


def test_data_that_changed_behind_a_name_are_no_second_data_set_beside_others(
    ran: Path, copied: Callable[..., Path]
) -> None:
    def digits(facts: dict[str, Any]) -> None:
        facts |= {"dataset": "digits", "resolved": {**facts["resolved"], "dataset": "digits"}, "data_hash": "d" * 16}
        facts["key"] = f"digits-{facts['key']}"

    found = albench.load(
        ran / "out", copied(digits, "digits"), copied(lambda facts: facts.update(data_hash="77ac" * 4))
    )
    comparison = found.compare()
    assert len(comparison.groups) == 3
    assert comparison.overall is None


def test_trials_that_started_from_other_labels_are_not_paired(copied: Callable[..., Path]) -> None:
    def other_start(facts: dict[str, Any]) -> None:
        if facts["strategy"] == "entropy":
            facts["initial_hash"] = "0" * 16

    suite = copied(other_start)
    for trial in (suite / "trials").iterdir():
        if "--entropy--" in trial.name:
            records = [{**record, "initial_hash": "0" * 16} for record in read_records(trial)[0]]
            (trial / "rounds.jsonl").write_text("".join(map(encode_record, records)))
    found = albench.load(suite)
    words = "seed 0 of features.* does not start from the same labels everywhere: initial_hash is .*0000000000000000 in"
    with pytest.raises(UserError, match=words):
        found.compare()
    with pytest.raises(UserError, match=words):
        learning_curve_table(found.frame)
    with pytest.raises(StoreError, match=words):
        merge([suite], suite.parent / "m")


def test_a_suite_beside_its_copy_and_its_archive_is_there_once(
    ran: Path, copied: Callable[..., Path], tmp_path: Path
) -> None:
    export([ran / "out" / "s"], tmp_path / "s.zip")
    alone = albench.load(ran / "out")
    for other in (copied(), tmp_path / "s.zip"):
        both = albench.load(ran / "out", other)
        assert both.frame.drop(columns="suite").equals(alone.frame.drop(columns="suite"))
        assert any("4 trials of these results are there more than once: each counts once." in n for n in both.notes)


def test_copies_that_say_something_else_are_told(ran: Path, copied: Callable[..., Path]) -> None:
    suite = copied()
    trial = next((suite / "trials").iterdir())
    records = read_records(trial)[0]
    records[1]["test"]["macro_f1"] = 2.0
    (trial / "rounds.jsonl").write_text("".join(map(encode_record, records)))
    found = albench.load(ran / "out", suite)
    assert found.frame["test.macro_f1"].tolist() == albench.load(ran / "out").frame["test.macro_f1"].tolist()
    (told,) = [note for note in found.notes if "with other records" in note]
    assert "in test macro_f1 (" in told
    assert f"trial {trial.name}, round 1" in told
    assert all(len(row.seeds) == 2 for row in found.compare().rows)


def test_a_run_returns_the_trials_of_its_plan(ran: Path, tmp_path: Path) -> None:
    dataset = f"features[path={ran / 'pool'}]"
    runs = [albench.run(**TINY | {"strategy": "random"}, dataset=dataset, out=tmp_path, lr=lr) for lr in (0.01, 0.1)]
    for found, lr in zip(runs, (0.01, 0.1), strict=True):
        assert set(found.frame["protocol.lr"]) == {lr}
        assert len(found.frame) == 4
        assert len(found.trials) == 2
    both = albench.load(tmp_path).frame
    assert len(both) == 8
    assert {f"protocol.{name}" for name in ("lr", "steps", "initial", "start", "lanes", "device")} <= set(both)


@pytest.fixture
def elsewhere(ran: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the suite's folder, and its data as a ``.npz`` elsewhere."""
    shutil.copytree(ran / "out", tmp_path / "out")
    arrays = {path.stem.replace("-", "_"): np.load(path) for path in (ran / "pool").iterdir()}
    np.savez(tmp_path / "pool.npz", **arrays)
    return tmp_path / "out", tmp_path / "pool.npz"


def test_trials_go_on_where_the_data_lie_elsewhere(
    elsewhere: tuple[Path, Path], stable_records: Callable[[Path], dict[str, Any]]
) -> None:
    out, there = elsewhere
    before = stable_records(out / "s")
    for trial in (out / "s" / "trials").iterdir():
        if "--entropy--" in trial.name:  # ended before its last round, without a checkpoint
            text = (trial / "rounds.jsonl").read_text().splitlines(keepends=True)
            (trial / "rounds.jsonl").write_text(text[0])
    found = albench.run(**TINY, dataset=f"features[path={there}]", out=out)
    assert stable_records(out / "s") == before
    assert len(found.frame) == 8
    assert {*found.frame["key"]} == {*before}


def test_a_plan_says_which_trials_lay_elsewhere_and_runs_none_of_them_again(
    elsewhere: tuple[Path, Path], ran: Path
) -> None:
    out, there = elsewhere
    dataset = f"features[path={there}]"
    plan = prepare(
        settle(suite_from(**of_suite(dataset=dataset, strategy=["random", "margin"])), run_settings(out=out))
    )
    assert (len(plan.done), len(plan.todo)) == (2, 2)
    assert [note for note in plan.notes if "of the same data" in note] == [
        f"2 trials in {out / 's'} are of the same data, then named features[path={ran / 'pool'}] and now {dataset}: "
        "they count, and go on."
    ]
    again = prepare(settle(suite_from(**of_suite(dataset=f"features[path={ran / 'pool'}]")), run_settings(out=out)))
    assert (len(again.done), len(again.todo), again.notes) == (4, 0, ())


def of_suite(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**TINY, **changes}.items() if name != "executor"}


def test_other_views_or_data_are_other_trials(elsewhere: tuple[Path, Path], tmp_path: Path) -> None:
    out, there = elsewhere
    plan = prepare(
        settle(suite_from(**of_suite(dataset=f"features[path={there},weak_noise=0.2]")), run_settings(out=out))
    )
    assert (len(plan.done), len(plan.todo)) == (0, 4)
    other = prepare(
        settle(suite_from(**of_suite(dataset=f"features[path={pool(tmp_path / 'other', 7)}]")), run_settings(out=out))
    )
    assert (len(other.done), len(other.todo)) == (0, 4)


def test_data_that_changed_are_refused_however_their_place_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny = TINY | {"seeds": 1, "strategy": "random"}
    albench.run(**tiny, dataset=f"features[path={pool(Path('pool'))}]", out=tmp_path)
    pool(Path("pool"), 7)
    for place in ("pool", "./pool", tmp_path / "pool"):
        with pytest.raises(StoreError) as refused:
            albench.run(**tiny | {"strategy": "entropy"}, dataset=f"features[path={place}]", out=tmp_path)
        told = str(refused.value)
        assert f"made with other data than features[path={place}] holds now (data_hash " in told
        assert "--name" in told
        assert "--fresh" in told
        with pytest.raises(StoreError, match="made with other data"):
            albench.run(**tiny | {"seeds": [4, 5]}, dataset=f"features[path={place}]", out=tmp_path)


def test_one_data_set_named_twice_is_refused(elsewhere: tuple[Path, Path], ran: Path) -> None:
    out, there = elsewhere
    suite = suite_from(**of_suite(dataset=[f"features[path={ran / 'pool'}]", f"features[path={there}]"]))
    with pytest.raises(SuiteError, match="hold the same items and labels"):
        prepare(settle(suite, run_settings(out=out)))

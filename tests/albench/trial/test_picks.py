"""``albench picks``: what was bought, by the names of its files."""

from __future__ import annotations

import csv
import json
import shutil
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import albench
from albench.errors import DataError, StoreError, UserError
from albench.results.items import items_file, read_items, write_items
from albench.results.merge import merge
from albench.results.records import read_trial
from albench.trial.picks import picks, pictures

N, SIDE = 36, 12
OF_PICTURES = {"dataset": "imagefolder[path=im,size=12,mode=grey]", "method": "supervised", "seeds": 2, "name": "im"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures, each of its own grey, and the results of two strategies on it."""
    here = tmp_path_factory.mktemp("picks")
    rng = np.random.default_rng(0)
    for label in ("ill", "well"):
        (here / "im" / label).mkdir(parents=True)
        for number in range(N):
            pixels = rng.integers(0, 256, (SIDE, SIDE), np.uint8)
            Image.fromarray(pixels).save(here / "im" / label / f"{label}-{number:02d}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        albench.run(
            **OF_PICTURES,
            strategy=["random", "entropy"],
            initial=6,
            query_size=3,
            rounds=3,
            steps=3,
            batch_size=8,
            executor="local",
            out="results",
        )
    return here


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def test_ids_in_records_are_named_by_file_and_class(inside: Path) -> None:
    (facts,) = json.loads((inside / "results/im/manifest.json").read_text())["datasets"].values()
    items = read_items(inside / "results/im", facts["data_hash"])
    splits = albench.load("results").frame["pool_size"].unique()
    assert [len(items)] == splits.tolist()
    for item in items:
        assert item.label in item.item
        assert (inside / "im" / item.item).is_file() or (inside / item.item).is_file()


def test_picks_are_those_of_the_records_in_their_order(inside: Path, command_line: Callable[..., str]) -> None:
    command_line(["picks", "-s", "entropy", "--seed", "1", "--round", "1", "--output", "out.csv"], inside)
    rows = list(csv.DictReader((inside / "out.csv").read_text().splitlines()))
    trial = next((inside / "results/im/trials").glob("*entropy*--s1--*"))
    files = read_trial(trial)
    assert [int(row["id"]) for row in rows] == files.records[1]["queried"]
    items = read_items(inside / "results/im", files.facts["data_hash"])
    assert [(row["item"], row["class"]) for row in rows] == [
        (items[at].item, items[at].label) for at in files.records[1]["queried"]
    ]
    assert {(row["suite"], row["strategy"], row["seed"], row["round"]) for row in rows} == {("im", "entropy", "1", "1")}


def test_the_table_holds_every_pick_where_nobody_watches(inside: Path, command_line: Callable[..., str]) -> None:
    printed = command_line(["picks", "results"], inside).splitlines()
    assert printed[0].split() == ["dataset", "method", "strategy", "seed", "round", "id", "item", "class"]
    assert len(printed) == 1 + 2 * 2 * 2 * 3  # strategies, seeds, queries, items


def test_a_sheet_shows_the_pictures_that_were_bought(inside: Path, command_line: Callable[..., str]) -> None:
    command_line(["picks", "-s", "random", "--seed", "0", "--output", "out.png"], inside)
    found, _ = picks(albench.load("results"), [0])
    for query in pictures(found, None, ()):
        for pick, picture in zip(query.picks, query.pictures, strict=True):
            path = next(path for path in (inside / "im" / pick.item, inside / pick.item) if path.is_file())
            with Image.open(path) as image:
                assert np.abs(picture[0] * (255 if picture.dtype.kind == "f" else 1.0) - np.asarray(image)).max() < 1
    with Image.open(inside / "out.png") as sheet:
        assert sheet.width > 3 * 96


def test_an_archive_names_no_files_and_says_so(inside: Path, command_line: Callable[..., str]) -> None:
    command_line(["export", "results/im", "--output", "a.zip", "--force"], inside)
    assert b"ill-" not in (inside / "a.zip").read_bytes()
    found, notes = picks(albench.load("a.zip"))
    assert {pick.item for pick in found} == {f"train row {pick.id}" for pick in found}
    assert any("im holds no names of items" in note for note in notes)


def test_merging_folders_brings_the_names_along(inside: Path, tmp_path: Path) -> None:
    merge([inside / "results/im"], tmp_path / "all")
    assert picks(albench.load(tmp_path / "all"))[0][0].label in ("ill", "well")


def test_what_is_not_there_is_told_with_what_is(inside: Path) -> None:
    results = albench.load(inside / "results")
    with pytest.raises(UserError, match=r"with seed 7: there are 0, 1\."):
        picks(results, [7])
    with pytest.raises(UserError, match=r"with round 2: there are 0, 1\."):  # nothing is bought after the last
        picks(results, rounds=[2])


def test_pictures_of_other_data_are_refused(inside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = picks(albench.load("results"), [0])
    shutil.copytree(inside / "im", tmp_path / "im")
    Image.fromarray(np.zeros((SIDE, SIDE), np.uint8)).save(tmp_path / "im/ill/ill-00.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("albench.data.loading._kept", OrderedDict())  # as in a process that has read nothing yet
    with pytest.raises(DataError, match="holds other data now"):
        list(pictures(found, None, ()))


def test_vectors_have_no_pictures(small_run: Callable[..., albench.Results], toy: str) -> None:
    found, _ = picks(small_run(rounds=2))
    with pytest.raises(UserError, match=r"holds vectors.*write a \.csv"):
        list(pictures(found, None, (toy,)))


class Counted:
    """What ``write_items`` reads of splits, counting the items that it has to name."""

    task = SimpleNamespace(class_names=("ill", "well"))
    train = SimpleNamespace(y=np.array([0, 1]))
    called_for = 0

    def __init__(self, *names: str) -> None:
        self.names = {"train": np.array(names)}

    def groups_called(self, split: str) -> np.ndarray:
        return np.array(["a", "b"], object)

    def called(self, split: str, row: int) -> str:
        self.called_for += 1
        return str(self.names[split][row])


def test_names_are_written_where_they_are_not_right_and_only_there(tmp_path: Path) -> None:
    """A pool of millions is not written, nor even spelled, again by each run; a file that was changed is."""
    first, again, renamed = Counted("x.png", "y.png"), Counted("x.png", "y.png"), Counted("x.png", "z.png")
    path = items_file(tmp_path, "hash")
    write_items(tmp_path, "hash", first)
    right = path.read_bytes()
    assert right.decode().splitlines() == ["id,item,group,class", "0,x.png,a,ill", "1,y.png,b,well"]
    write_items(tmp_path, "hash", again)
    assert (first.called_for, again.called_for) == (2, 0)
    path.write_bytes(right.replace(b"y.png", b"w.png"))
    write_items(tmp_path, "hash", again)
    assert path.read_bytes() == right
    write_items(tmp_path, "hash", renamed)
    assert b"z.png" in path.read_bytes()


def test_what_a_killed_run_left_half_written_beside_the_names_goes(tmp_path: Path) -> None:
    once, again = Counted("x.png", "y.png"), Counted("x.png", "y.png")
    path = items_file(tmp_path, "hash")
    write_items(tmp_path, "hash", once)
    halves = [path.with_name(f".{name}.abc.tmp") for name in (path.name, path.with_suffix(".seal").name)]
    for half in halves:
        half.write_text("hal")
    write_items(tmp_path, "hash", again)
    assert not any(half.exists() for half in halves)
    assert again.called_for == 0


def test_a_torn_file_of_names_is_told(inside: Path, tmp_path: Path) -> None:
    shutil.copytree(inside / "results", tmp_path / "results")
    (path,) = (tmp_path / "results/im/items").glob("*.csv")
    assert path == items_file(tmp_path / "results/im", path.stem)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]) + "3,half")
    with pytest.raises(StoreError, match="item 2 is missing or torn"):
        picks(albench.load(tmp_path / "results"))

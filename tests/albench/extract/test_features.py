"""``albench data extract``: what it writes, who reads it, and that a killed one goes on to the same bytes."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from albench import seeds
from albench.cli.main import main
from albench.components.registry import registry
from albench.data.loading import load_data
from albench.errors import AlbenchError, DataError, StoreError, UserError
from albench.extract import Extraction, extract
from albench.suite.settings import RunSettings

# Six grades as grey levels; a backbone that notes each item it reads and can be slow.
PLUGIN = """
import os, time
from dataclasses import dataclass
from pathlib import Path
import numpy as np
from albench.api import Backbone, ImageDataset, Split, Splits, Task, hookimpl, option
from albench.suite.settings import RunSettings

@dataclass(frozen=True)
class Graded(ImageDataset):
    classes: int = option(6, "number of grades")
    level: int = option(20, "step between grades")

    def load(self, root):
        rng = np.random.Generator(np.random.PCG64(5))
        parts, groups = [], {}
        for split, count in (("train", 40), ("val", 18), ("test", 25)):
            y = np.arange(count) % self.classes
            x = (self.level * y[:, None, None, None] + rng.integers(0, 40, (count, 1, 8, 8))).astype(np.uint8)
            parts.append(Split(x, y.astype(np.int64)))
            groups[split] = np.array([f"{split}{row // 4}" for row in range(count)])
        names = tuple(f"g{label}" for label in range(self.classes))
        return Splits(*parts, Task("image", (1, 8, 8), self.classes, names, True, 40, 10), groups, stand_in="GRADES")

@dataclass(frozen=True)
class Slow(Backbone):
    size: int = option(3, "embedding size")
    bad: bool = option(False, "an embedding that is not finite")

    def build(self, task, generator):
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self, size, bad):
                super().__init__()
                self.bad = bad
                self.body = nn.Linear(64, size)
                self.head = nn.Linear(size, task.n_classes)
                for p in self.parameters():
                    nn.init.normal_(p, generator=generator)
            def forward(self, x):
                time.sleep(float(os.environ.get("SLOW", "0")))
                if "NOTES" in os.environ:
                    with Path(os.environ["NOTES"]).open("a") as notes:
                        notes.write(f"{len(x)}\\n")
                z = self.body(x.flatten(1))
                if self.bad and len(z) > 1:
                    z[1] = float("nan")
                return self.head(z), z
        return Net(self.size, self.bad)

@hookimpl
def albench_register(add):
    add.dataset("graded", Graded)
    add.backbone("slow", Slow)
"""

Extract = Callable[..., Extraction]


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    path = tmp_path / "extract_plugin.py"
    path.write_text(PLUGIN)
    return str(path)


@pytest.fixture
def small(tmp_path: Path, plugin: str) -> Extract:
    """``extract`` of the grades in blocks of five."""

    def run(**changes: Any) -> Extraction:
        what: dict[str, Any] = {"dataset": "graded", "backbone": "slow", "block": 5, **changes}
        how = {name: what.pop(name) for name in ("data_dir", "device") if name in what}
        out = what.pop("out", tmp_path / "f")
        return extract(settings=RunSettings(out=out, plugin_files=(plugin,), **{"device": "cpu", **how}), **what)

    return run


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def test_the_files_hold_the_embeddings_of_a_trials_first_model(small: Extract, plugin: str) -> None:
    told: list[tuple[str, int, int]] = []
    done = small(seed=3, tell=lambda *facts: told.append(facts))
    assert (done.computed, done.size) == (40 + 18 + 25, 3)
    assert [facts for facts in told if facts[0] == "val"] == [("val", n, 18) for n in (5, 10, 15, 18)]
    names = {f"{s}-{k}.npy" for s in ("train", "val", "test") for k in ("features", "six-targets", "groups")}
    assert set(files(done.folder)) == names | {"extraction.json", "STAND-IN.txt"}
    model = load_backbone(plugin).build(done.splits.task, seeds.torch_stream("weights", 3, 0))
    for split in ("train", "val", "test"):
        items = getattr(done.splits, split)
        features = np.load(done.folder / f"{split}-features.npy")
        with torch.no_grad():
            expected = model(torch.from_numpy(items.x).float() / 255)[1]
        np.testing.assert_allclose(features, expected.numpy(), rtol=1e-5, atol=1e-5)
        assert features.dtype == np.float32
        assert np.array_equal(np.load(done.folder / f"{split}-six-targets.npy"), items.y)
        assert np.array_equal(np.load(done.folder / f"{split}-groups.npy"), done.splits.groups[split])


def load_backbone(plugin: str) -> Any:
    from albench.components.registry import registry

    return registry((plugin,)).build("backbone", "slow")


def test_mescc_reads_six_grades_and_two(small: Extract, tmp_path: Path) -> None:
    for classes, grading in ((6, "six"), (2, "two")):
        out = tmp_path / grading
        done = small(dataset=f"graded[classes={classes}]", out=out)
        read = load_data(f"mescc[grading={grading}]", str(out), registry()).splits
        assert np.array_equal(read.train.x, np.load(out / "train-features.npy"))
        assert np.array_equal(read.test.y, done.splits.test.y)
        assert read.task.n_groups == 10
        assert read.stand_in == "MESCC", "features of simulated items stay marked"
    other = small(dataset="graded[classes=3]", out=tmp_path / "three")
    assert (other.folder / "train-targets.npy").exists()


def test_a_killed_extraction_goes_on_to_the_same_bytes(
    tmp_path: Path, plugin: str, small: Extract, nursery: Any
) -> None:
    whole, cut, notes = tmp_path / "whole", tmp_path / "cut", tmp_path / "notes"
    words = ["data", "extract", "-d", "graded", "--backbone", "slow", "--block", "5", "--plugin", plugin]
    environment = {**os.environ, "SLOW": "0.2"}
    process = nursery.start([*words, "--out", str(cut)], tmp_path / "printed", environment=environment)
    progress = cut / "train-features.json"
    nursery.until(process, lambda: progress.exists() and json.loads(progress.read_text())["rows"] >= 10)
    with pytest.raises(StoreError, match="another process is extracting into"):
        small(out=cut)
    os.kill(process, signal.SIGKILL)
    nursery.wait(process)
    kept = json.loads(progress.read_text())["rows"]
    assert 10 <= kept < 40
    assert not (cut / "train-features.npy").exists()
    with (cut / "train-features.npy.part").open("ab") as part:
        part.write(b"torn")  # a block that was not counted
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTES", str(notes))
        resumed = small(out=cut)
    assert resumed.computed == 83 - kept
    assert sum(map(int, notes.read_text().split())) == 83 - kept + 1  # one item tells the size
    small(out=whole)
    assert files(cut) == files(whole)


def test_a_finished_folder_is_complete_and_of_one_extraction(small: Extract, tmp_path: Path) -> None:
    done = small()
    before = files(done.folder)
    again = small()
    assert (again.folder, again.computed, again.size) == (done.folder, 0, 3)
    for changes, message in (
        ({"seed": 1}, "was made with seed 0, not 1: name another --out"),
        ({"backbone": "slow[size=4]"}, r"was made with backbone slow, not slow\[size=4\]"),
        ({"dataset": "graded[level=21]"}, r"was made with dataset graded, not graded\[level=21\]"),
        ({"block": 6}, "was made with block 5, not 6"),
    ):
        with pytest.raises(StoreError, match=message):
            small(**changes)
    assert files(done.folder) == before
    (done.folder / "extraction.json").write_text("[")
    with pytest.raises(StoreError, match="damaged"):
        small()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(StoreError, match="holds files of something else"):
        small(out=tmp_path / "mine")
    with pytest.raises(StoreError, match="is a file"):
        small(out=tmp_path / "mine" / "thesis.txt")


def test_a_backbone_whose_code_was_edited_is_another(small: Extract, plugin: str) -> None:
    done = small()
    before, source = files(done.folder), Path(plugin).read_text()
    Path(plugin).write_text(f"{source}\nSIZE = 4\n")
    with pytest.raises(
        StoreError, match=r"was made with another .*\.py than backbone slow has now: name another --out"
    ):
        small()
    assert files(done.folder) == before
    Path(plugin).write_text(source)
    assert small().computed == 0
    facts = json.loads((done.folder / "extraction.json").read_text())
    del facts["made_by"]  # as earlier versions wrote it
    (done.folder / "extraction.json").write_text(json.dumps(facts))
    assert small().computed == 0


def test_what_cannot_be_extracted_leaves_nothing(small: Extract, tmp_path: Path) -> None:
    torch.save({"body.weight": torch.zeros(3, 63), "body.bias": torch.zeros(3)}, tmp_path / "narrow.pt")
    torch.save([torch.zeros(2)], tmp_path / "list.pt")
    (tmp_path / "text.pt").write_text("weights")
    cases: list[tuple[dict[str, Any], type[AlbenchError], str]] = [
        (
            {"dataset": "mescc-sim", "backbone": "cnn"},
            UserError,
            "cnn cannot read mescc-sim: it reads image, not features",
        ),
        ({"seed": -1}, UserError, "--seed -1"),
        ({"weights": tmp_path / "absent.pt"}, DataError, "absent.pt: cannot be read"),
        ({"weights": tmp_path / "narrow.pt"}, DataError, r"body.weight is \(3, 63\) in the file, \(3, 64\) in the"),
        ({"weights": tmp_path / "list.pt"}, DataError, "it is no state dict"),
        ({"weights": tmp_path / "text.pt"}, DataError, "torch cannot load it as weights"),
    ]
    for changes, kind, message in cases:
        with pytest.raises(kind, match=message):
            small(**changes)
    assert not (tmp_path / "f").exists()
    with pytest.raises(DataError, match="train split, row 1: its embedding is not finite"):
        small(backbone="slow[bad=true]")


def test_weights_of_the_user_without_their_head(small: Extract, tmp_path: Path) -> None:
    weight = torch.zeros(3, 64)
    weight[0] = 1.0
    state = {"body.weight": weight, "body.bias": torch.tensor([0.0, 7.0, 0.0]), "head.weight": torch.zeros(9, 3)}
    torch.save(state, tmp_path / "w.pt")
    done = small(weights=tmp_path / "w.pt")
    features = np.load(done.folder / "val-features.npy")
    np.testing.assert_allclose(features[:, 0], done.splits.val.x.sum(axis=(1, 2, 3)) / 255, rtol=1e-5)
    assert (features[:, 1:] == [7, 0]).all()


def test_the_command(plugin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "features"
    words = ["data", "extract", "-d", "graded", "--backbone", "slow", "--plugin", plugin, "--out", str(out)]

    def run(*more: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([*words, *more])
        return int(end.value.code or 0), *capsys.readouterr()

    code, shown, _ = run()
    assert code == 0
    assert "train 40, val 18, test 25; 3 features of each item; 83 rows computed now." in shown
    assert f'Try: albench run -d "mescc[grading=six]" --data-dir {out}' in shown
    assert "complete already" in run()[1]
    code, _, error = run("--seed", "1")
    assert (code, error.count("\n")) == (2, 1)
    assert error.startswith("Error: ")


def test_items_without_labels_are_extracted_and_read_again(tmp_path: Path) -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    folder, out = tmp_path / "items", tmp_path / "out"
    folder.mkdir()
    for split, count in (("train", 12), ("val", 6), ("test", 6), ("unlabeled", 9)):
        np.save(folder / f"{split}-features.npy", rng.standard_normal((count, 5)).astype(np.float32))
        if split != "unlabeled":
            np.save(folder / f"{split}-labels.npy", np.arange(count) % 2)
    spec = f"features[path={folder},unlabeled=true]"
    done = extract(spec, "mlp[hidden=7]", RunSettings(out=out))
    assert np.load(out / "unlabeled-features.npy").shape == (9, done.size)
    again = load_data(f"features[path={out},unlabeled=true,scale=none]", None, registry(()))
    np.testing.assert_array_equal(again.splits.unlabeled, np.load(out / "unlabeled-features.npy"))
    (out / "unlabeled-features.npy").unlink()
    assert extract(spec, "mlp[hidden=7]", RunSettings(out=out)).computed == 9

"""Arrays in memory reach worker processes, runs that go on, and whoever reads the results when they are gone."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forks import Nursery

import albench
from albench.components.registry import registry
from albench.data.in_memory import InMemory, arrays
from albench.data.kept_arrays import CALLED, FOLDER, kept, suite_name
from albench.data.loading import load_data

SCRIPT = """
import sys
import numpy as np
import albench

rng = np.random.default_rng(0)
y = rng.integers(0, 2, 200)
x = (rng.normal(size=(200, 6)) + y[:, None]).astype(np.float32)
albench.run(
    dataset=albench.arrays(x, y, name="mine"), strategy=["random", "entropy"], method="supervised", backbone="mlp",
    seeds=1, budget="20+10x2", steps=40, executor=sys.argv[1], out="results",
)
"""


def made(seed: int = 0, name: str = "mine") -> InMemory:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 200)
    return arrays((rng.normal(size=(200, 6)) + y[:, None]).astype(np.float32), y, name=name)


def run(given: Any, out: Path, **options: Any) -> albench.Results:
    settings: dict[str, Any] = {"strategy": "random", "seeds": 1, "budget": "20+10x1", "steps": 3}
    return albench.run(
        dataset=given, method="supervised", backbone="mlp", out=out, **{"executor": "local", **settings, **options}
    )


def records(out: Path) -> dict[str, list[Any]]:
    """What the rounds of each trial hold, measurements aside."""
    found = {}
    for file in sorted(out.glob("mine/trials/*/rounds.jsonl")):
        rounds = [json.loads(line) for line in file.read_text().splitlines()]
        facts = json.loads((file.parent / "trial.json").read_text())
        name = f"{facts['strategy']} {facts['seed']}"
        found[name] = [
            {k: v for k, v in each.items() if k not in ("seconds", "peak_memory_mb", "checksum")} for each in rounds
        ]
    return found


def test_a_killed_run_goes_on_when_the_script_is_run_again(tmp_path: Path, nursery: Nursery) -> None:
    """What the killed run left is gone on with by two worker processes, which map what the script holds."""
    script, out = tmp_path / "mine.py", tmp_path / "results"
    script.write_text(SCRIPT)
    pid = nursery.start([str(script), "local"], tmp_path / "log", cwd=tmp_path)
    nursery.until(pid, lambda: any(file.stat().st_size for file in out.glob("mine/trials/*/rounds.jsonl")))
    os.killpg(pid, signal.SIGKILL)
    assert nursery.wait(pid) == -signal.SIGKILL
    before = {file: file.read_text().splitlines() for file in out.glob("mine/trials/*/rounds.jsonl")}
    nursery.run(str(script), "processes[workers=2]", cwd=tmp_path).check_returncode()
    assert all(file.read_text().splitlines()[: len(lines)] == lines for file, lines in before.items())
    # the same arrays in this process, elsewhere, in one go: the same records
    whole = tmp_path / "whole"
    run(made(), whole, strategy=["random", "entropy"], budget="20+10x2", steps=40)
    assert records(out) == records(whole)
    assert sum(map(len, before.values())) < sum(map(len, records(out).values()))
    shutil.rmtree(out / FOLDER)
    frame = albench.load(out / "mine").frame
    assert set(frame["dataset"]) == {"mine"}
    assert len(frame) == sum(map(len, records(out).values()))


def test_the_same_arrays_go_on_and_others_of_the_name_do_not_mix(tmp_path: Path) -> None:
    run(made(), tmp_path)
    trials = set((tmp_path / "mine" / "trials").iterdir())
    run(made(), tmp_path)
    assert set((tmp_path / "mine" / "trials").iterdir()) == trials
    with pytest.raises(albench.errors.UserError, match=r"the alias 'mine' is that of features\[.*: take another word"):
        run(made(1), tmp_path)
    results = run(made(1, "other"), tmp_path, name="mine")
    assert set(results.frame["dataset"]) == {"other"}
    assert len(set((tmp_path / "mine" / "trials").iterdir())) == 2 * len(trials)


def test_a_folder_that_moved_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(made(), Path("results"))
    (tmp_path / "results").rename(tmp_path / "moved")
    lines = [file.read_bytes() for file in (tmp_path / "moved").glob("mine/trials/*/rounds.jsonl")]
    run(made(), tmp_path / "moved")
    assert [file.read_bytes() for file in (tmp_path / "moved").glob("mine/trials/*/rounds.jsonl")] == lines


def test_large_vectors_are_mapped_and_small_ones_are_as_given(tmp_path: Path) -> None:
    given = made()
    with kept(given, tmp_path) as named:
        (spec,) = named.values()
    file = tmp_path / FOLDER / given.hash / "features.npy"
    assert isinstance(np.load(file, mmap_mode="r"), np.memmap)
    assert np.array_equal(np.load(file), given.files["features.npy"])
    assert load_data(str(spec), None, registry(())).splits.task.pool_size == 130


def test_what_is_damaged_is_written_anew_and_what_is_abandoned_goes(tmp_path: Path) -> None:
    given = made()
    folder = tmp_path / FOLDER / given.hash
    old = tmp_path / FOLDER / f".{given.hash}.killed"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    with kept(given, tmp_path):
        assert (folder / CALLED).exists()
    assert not old.exists()
    (folder / "features.npy").write_bytes(b"torn")
    with kept(given, tmp_path) as named:
        (spec,) = named.values()
        load_data(str(spec), None, registry(()))
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [given.hash]


def test_what_was_there_before_an_error_stays(tmp_path: Path) -> None:
    given, other = made(), made(1)
    with kept(given, tmp_path):
        pass

    def broken(several: Sequence[InMemory]) -> None:
        with kept(several, tmp_path):
            assert len(list((tmp_path / FOLDER).iterdir())) == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken([given, other])
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [given.hash]


def test_a_suite_of_nothing_but_arrays_has_their_name() -> None:
    assert suite_name(made(name="my data")) == "my-data"
    assert suite_name({"alias": made()}) == "alias"
    assert suite_name([made(name="a"), made(name="b")]) == "a-b"
    assert suite_name([made(), "digits"]) is None
    assert suite_name("digits") is None


def test_a_name_of_what_left_no_record_is_free(tmp_path: Path) -> None:
    """Texts without an encoder are skipped, and told; the next command may call the vectors of them the same."""
    texts = arrays([f"text {n}" for n in range(60)], [n % 2 for n in range(60)], name="mine")
    with pytest.raises(albench.errors.AlbenchError, match="every trial was skipped"):
        run(texts, tmp_path)
    run(made(), tmp_path)
    (name,) = set(albench.load(tmp_path / "mine").frame["dataset"])
    assert name.partition(" (data ")[0] == "mine"

"""The stand-in: published counts, structure, determinism, and a round trip through files and the real loader."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from albench.api import DataError, Splits, UserError
from albench_datasets.mescc import Mescc
from albench_datasets.mescc_sim import MesccSim
from albench_datasets.mescc_write import write_mescc
from albench_datasets.published import COUNTS, SPLITS
from albench_datasets.simulate import OUTPUT_SCALE, Simulated, simulate


@pytest.fixture(scope="module")
def six() -> Splits:
    return MesccSim().load(None)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data") / "new" / "mescc"
    write_mescc(out)
    return out


def test_published_tables_agree_with_each_other() -> None:
    totals = {"train": 5207, "val": 1011, "test": 1077}
    for split in SPLITS:
        low, high = COUNTS["two"][split]
        grades = COUNTS["six"][split]
        assert low == sum(grades[:3])
        assert high == sum(grades[3:])
        assert low + high == totals[split]


@pytest.mark.parametrize("grading", ["two", "six"])
def test_counts_are_the_published_ones(grading: str) -> None:
    splits = MesccSim(grading="two" if grading == "two" else "six", seed=3).load(None)
    for split in SPLITS:
        assert tuple(np.bincount(getattr(splits, split).y)) == COUNTS[grading][split]


def test_shape_and_sparsity(six: Splits) -> None:
    assert six.task.shape == (2048,)
    assert six.task.ordinal
    assert six.stand_in == "MESCC"
    assert "cannot be redistributed" in six.notices[0]
    x = six.train.x
    assert x.dtype == np.float32
    assert x.min() == 0
    assert 0.4 < (x == 0).mean() < 0.55
    assert (x > 0).any(axis=0).all()
    # whole numbers of a fixed unit: exact in float32, so no BLAS or thread count can change them
    units = x[:200] / np.float32(OUTPUT_SCALE)
    np.testing.assert_array_equal(units, np.rint(units))
    assert units.max() < 2**24


def test_patients_have_adjacent_slices_and_one_split(six: Splits) -> None:
    seen: set[int] = set()
    for split in SPLITS:
        patients = six.groups[split]
        names, counts = np.unique(patients, return_counts=True)
        assert (np.diff(patients) >= 0).all()
        assert counts.min() >= 4
        assert not seen & set(names.tolist())
        seen |= set(names.tolist())
    assert six.task.n_groups == len(np.unique(six.groups["train"]))


def test_slices_of_a_patient_are_alike_and_grades_are_ordered(six: Splits) -> None:
    x, y, patients = six.train.x, six.train.y, six.groups["train"]
    centred = x - x.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    within = (centred[:-1] * centred[1:]).sum(axis=1)[patients[:-1] == patients[1:]].mean()
    other = (centred * np.roll(centred, 1000, axis=0)).sum(axis=1).mean()
    assert within > other + 0.2
    # the mean of a grade is nearer to its neighbour's than to that of the grade two away
    means = np.stack([x[y == grade].mean(axis=0) for grade in range(6)])
    apart = np.linalg.norm(means[:, None] - means, axis=2)
    for grade in range(4):
        assert apart[grade, grade + 1] < apart[grade, grade + 2]
    assert apart[0, 5] == apart.max()


def digest(splits: dict[str, Simulated]) -> str:
    found = hashlib.sha256()
    for split in SPLITS:
        for array in (splits[split].features, splits[split].grades, splits[split].patients):
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def test_the_seed_alone_decides() -> None:
    first = digest(simulate(0))
    assert digest(simulate(0)) == first
    assert digest(simulate(1)) != first


def test_simulated_data_verifies() -> None:
    assert MesccSim().verify(None) == []
    assert MesccSim(grading="two").verify(None) == []
    assert MesccSim().find(None)


@pytest.mark.parametrize("grading", ["two", "six"])
def test_round_trip_through_the_real_loader(written: Path, grading: str) -> None:
    literal = "two" if grading == "two" else "six"
    simulated, read = MesccSim(grading=literal).load(None), Mescc(grading=literal).load(written)
    for split in SPLITS:
        np.testing.assert_array_equal(getattr(read, split).x, getattr(simulated, split).x)
        np.testing.assert_array_equal(getattr(read, split).y, getattr(simulated, split).y)
        np.testing.assert_array_equal(read.groups[split], simulated.groups[split])
    assert read.task == simulated.task
    assert read.stand_in == "MESCC"
    assert "stand-in" in read.notices[0]
    # also from the folder above
    assert Mescc(grading=literal).find(written.parent)


def test_written_files_verify_and_say_that_they_are_simulated(written: Path) -> None:
    problems = Mescc().verify(written)
    assert [problem.fatal for problem in problems] == [False]
    assert "simulated" in problems[0].what
    assert "SIMULATED" in (written / "STAND-IN.txt").read_text(encoding="utf-8")
    assert [path.name for path in written.parent.iterdir()] == ["mescc"]


def test_verify_finds_what_contradicts_the_publication(written: Path, tmp_path: Path) -> None:
    for path in written.iterdir():
        (tmp_path / path.name).symlink_to(path)

    def change(name: str, array: np.ndarray) -> None:
        (tmp_path / name).unlink()
        np.save(tmp_path / name, array)

    grades = np.load(written / "val-six-targets.npy")
    row = int(np.flatnonzero(grades == 2)[0])
    grades[row] = 3
    change("val-six-targets.npy", grades)
    change("test-two-targets.npy", np.load(written / "test-two-targets.npy")[:-1])
    change("test-features.npy", np.load(written / "test-features.npy")[1:])
    (tmp_path / "train-features.npy").unlink()
    said = [f"{problem.where}: {problem.what}" for problem in Mescc().verify(tmp_path) if problem.fatal]

    def has(*parts: str) -> bool:
        return any(all(part in line for part in parts) for line in said)

    assert has("no file for train-six-features")
    assert has("val-six-targets.npy", "87 items of class b1b, published are 88")
    assert has("val-six-targets.npy", "51 items of class b1c, published are 50")
    assert has("val-two-targets.npy", f"row {row} is low", "says b1c", "(1 such rows)")
    assert has("test-two-targets.npy", "1,076 labels, but", "has 1,077")
    assert has("test-features.npy", "1,076 items, published are 1,077")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    kept = tmp_path / "mine.txt"
    kept.write_text("mine")
    for out in (tmp_path, kept):
        with pytest.raises(DataError, match="exists already; nothing is overwritten: name a new folder with --out"):
            write_mescc(out)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(DataError, match="cannot be written"):
        write_mescc(kept / "below")
    with pytest.raises(UserError, match="--seed -1"):
        write_mescc(tmp_path / "new", seed=-1)


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_seed: int) -> dict[str, Simulated]:
        raise KeyboardInterrupt

    monkeypatch.setattr("albench_datasets.mescc_write.simulate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_mescc(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_may_be_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = {split: Simulated(np.ones((6, 2), np.float32), np.arange(6), np.arange(6)) for split in SPLITS}
    monkeypatch.setattr("albench_datasets.mescc_write.simulate", lambda _seed: tiny)
    out = tmp_path / "out"
    out.mkdir()
    paths = Mescc().simulate(out, 5)
    assert sorted(paths) == sorted(out.iterdir())
    assert "seed 5" in (out / "STAND-IN.txt").read_text(encoding="utf-8")
    assert Mescc().load(tmp_path).stand_in == "MESCC"

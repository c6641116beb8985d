"""The drawn phantom: published counts, grades that mean what they say, one seed one picture, and a safe cache."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from albench.api import Splits
from albench_datasets.phantom import cache
from albench_datasets.phantom.anatomy import SIDE, Masks, masks
from albench_datasets.phantom.cohort import SLICES, Cohort, cohort
from albench_datasets.phantom.dataset import MesccPhantom
from albench_datasets.phantom.render import bias, render
from albench_datasets.published import COUNTS, SPLITS, TWO_OF_SIX, Grading

DRAW = """
import hashlib, sys
from dataclasses import replace
import numpy as np
from albench_datasets.phantom import cache
from albench_datasets.phantom.cohort import cohort

cohorts = {}
for split in ("train", "val", "test"):
    whole, rows = cohort(0, split), np.arange(100)
    cohorts[split] = replace(whole, grades=whole.grades[rows], severity=whole.severity[rows],
                             patients=whole.patients[rows], anatomy=whole.anatomy.take(rows))
print("ready", flush=True)
sys.stdin.readline()
images, notices = cache.images(cohorts)
assert notices == (), notices
print(hashlib.blake2b(b"".join(images[split].tobytes() for split in cohorts)).hexdigest())
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Splits]:
    """The cache folder and the whole set, drawn once."""
    folder = tmp_path_factory.mktemp("phantom")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALBENCH_CACHE", str(folder))
        return folder, MesccPhantom().load(None)


@pytest.fixture(scope="module")
def some() -> Cohort:
    """Every 18th slice of the validation split."""
    return taken(cohort(0, "val"), np.arange(0, 1011, 18))


@pytest.fixture(scope="module")
def by_severity(some: Cohort) -> dict[float, Masks]:
    """The same anatomy at the start, the middle and the end of every grade, and without a lesion (-1)."""
    values = [grade + within for grade in range(6) for within in (0.0, 0.5, 0.99)]
    return {value: masks(some.anatomy, np.full(len(some), value, np.float32)) for value in (-1.0, *values)}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Cohort]:
    """Ten slices of each split, with a cache folder of their own."""
    monkeypatch.setenv("ALBENCH_CACHE", str(tmp_path / "cache"))
    return {split: taken(cohort(0, split), np.arange(10)) for split in SPLITS}


def taken(all_of: Cohort, rows: np.ndarray) -> Cohort:
    return replace(
        all_of,
        grades=all_of.grades[rows],
        severity=all_of.severity[rows],
        patients=all_of.patients[rows],
        anatomy=all_of.anatomy.take(rows),
    )


def area(mask: np.ndarray) -> np.ndarray:
    return mask.sum(axis=(1, 2), dtype=np.float64)


def contact(drawn: Masks) -> np.ndarray:
    """(N,) 0 .. 1: how much lesion there is at the most on the cord's edge."""
    edge = (drawn.cord > 0.01) & (drawn.cord < 0.99)
    return (drawn.lesion * edge).max(axis=(1, 2))


# The data set


@pytest.mark.parametrize("grading", ["two", "six"])
@pytest.mark.parametrize("seed", [0, 1])
def test_counts_are_the_published_ones(grading: Grading, seed: int) -> None:
    assert MesccPhantom(grading=grading, seed=seed).verify(None) == []
    for split in SPLITS:
        assert tuple(np.bincount(cohort(seed, split).grades)) == COUNTS["six"][split]


def test_the_loaded_set_is_what_the_contract_wants(full: tuple[Path, Splits]) -> None:
    splits = full[1]
    assert splits.stand_in == "MESCC"
    assert "not patient data" in splits.notices[0]
    assert len(splits.notices) == 1
    assert (splits.task.modality, splits.task.shape, splits.task.ordinal) == ("image", (1, 64, 64), True)
    assert splits.task.class_names == ("b0", "b1a", "b1b", "b1c", "b2", "b3")
    assert sum(len(split) for split in (splits.train, splits.val, splits.test)) == 7295
    for name in SPLITS:
        split = getattr(splits, name)
        assert split.x.dtype == np.uint8
        assert tuple(np.bincount(split.y)) == COUNTS["six"][name]
        # neither black nor burnt out
        assert 40 < split.x.mean() < 110
        assert (split.x == 255).mean() < 0.02


def test_two_grades_are_the_six_put_together(full: tuple[Path, Splits], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, six = full
    monkeypatch.setenv("ALBENCH_CACHE", str(folder))
    two = MesccPhantom(grading="two").load(None)
    assert two.task.class_names == ("low", "high")
    assert not two.task.ordinal
    for name in SPLITS:
        ours, theirs = getattr(two, name), getattr(six, name)
        assert np.array_equal(ours.y, np.array(TWO_OF_SIX)[theirs.y])
        assert np.array_equal(ours.x, theirs.x)
        assert tuple(np.bincount(ours.y)) == COUNTS["two"][name]


def test_patients_have_adjacent_slices_in_one_split(full: tuple[Path, Splits]) -> None:
    groups = full[1].groups
    seen: set[int] = set()
    for name in SPLITS:
        ids, slices = np.unique(groups[name], return_counts=True)
        assert seen.isdisjoint(ids.tolist())
        seen |= set(ids.tolist())
        assert np.all(np.diff(groups[name]) >= 0)
        assert slices.min() >= SLICES[0]
        # the last patient may have taken over what was left
        assert slices[:-1].max() <= SLICES[1]
        assert slices[-1] <= SLICES[1] + SLICES[0] - 1
    assert full[1].task.n_groups == len(np.unique(groups["train"]))


def test_neighbouring_slices_are_alike(full: tuple[Path, Splits]) -> None:
    train, owner = full[1].train, full[1].groups["train"]
    same = owner[1:] == owner[:-1]
    steps = np.abs(np.diff(train.y))
    assert (steps[same] <= 1).mean() > 0.95
    x = train.x[:1000, 0].astype(np.float32)
    apart, same = np.abs(np.diff(x, axis=0)).mean(axis=(1, 2)), same[:999]
    assert apart[same].mean() < 0.7 * apart[~same].mean()


# One seed, one picture


def test_a_slice_does_not_depend_on_what_else_is_drawn(full: tuple[Path, Splits]) -> None:
    rows = np.array([1076, 3, 500, 4, 3])
    again = render(cohort(0, "test"), rows)
    assert np.array_equal(again, full[1].test.x[rows])


def test_seeds_and_splits_differ() -> None:
    rows = np.arange(4)
    drawn = [render(cohort(seed, split), rows).tobytes() for seed in (0, 1) for split in SPLITS]
    assert len({hashlib.blake2b(each).digest() for each in drawn}) == 6
    assert render(cohort(1, "val"), rows).tobytes() == drawn[4]


# What the grades mean, on masks without noise


def test_masks_are_coverages_in_order(by_severity: dict[float, Masks]) -> None:
    for drawn in by_severity.values():
        for name, mask in vars(drawn).items():
            assert mask.shape[1:] == (SIDE, SIDE), name
            assert mask.dtype == np.float32, name
            assert mask.min() >= 0, name
            assert mask.max() <= 1, name
        # sac, and the lesion within the canal, never cover one pixel twice
        assert (drawn.sac + drawn.lesion).max() <= 1 + 1e-5
        assert np.allclose(drawn.csf + drawn.cord, drawn.sac)


def test_csf_falls_from_grade_to_grade(by_severity: dict[float, Masks]) -> None:
    csf = [area(by_severity[grade + 0.5].csf) for grade in range(6)]
    assert np.array_equal(csf[0], csf[1])
    for less, more in zip(csf[2:], csf[1:-1], strict=True):
        # for every patient, not only in the mean
        assert np.all(less < more)
    values = sorted(value for value in by_severity if value >= 0)
    means = [area(by_severity[value].csf).mean() for value in values]
    assert all(later <= earlier for earlier, later in itertools.pairwise(means))


def test_csf_is_seen_in_grade_2_and_gone_in_grade_3(by_severity: dict[float, Masks]) -> None:
    for within in (0.0, 0.5, 0.99):
        assert area(by_severity[4 + within].csf).min() > 3
        assert by_severity[5 + within].csf.max() == 0


@pytest.mark.parametrize("within", [0.0, 0.5, 0.99])
def test_the_lesion_is_in_bone_alone_in_b0(by_severity: dict[float, Masks], within: float) -> None:
    assert by_severity[within].lesion.max() == 0
    for grade in range(1, 6):
        assert area(by_severity[grade + within].lesion).min() > 1


@pytest.mark.parametrize("within", [0.0, 0.5, 0.99])
def test_the_sac_is_deformed_from_1b_on(by_severity: dict[float, Masks], within: float) -> None:
    whole = by_severity[-1.0].sac
    for grade in (0, 1):
        assert np.array_equal(by_severity[grade + within].sac, whole)
    for grade in (2, 3, 4, 5):
        assert area(np.abs(by_severity[grade + within].sac - whole)).min() > 0.3


@pytest.mark.parametrize("within", [0.0, 0.5, 0.99])
def test_the_lesion_touches_the_cord_from_1c_on(by_severity: dict[float, Masks], within: float) -> None:
    for grade in (0, 1, 2):
        assert contact(by_severity[grade + within]).max() < 0.1
    for grade in (3, 4, 5):
        assert contact(by_severity[grade + within]).min() > 0.2


@pytest.mark.parametrize("within", [0.0, 0.5, 0.99])
def test_the_cord_is_deformed_in_2_and_3_alone(by_severity: dict[float, Masks], within: float) -> None:
    own = by_severity[-1.0].cord
    for grade in (0, 1, 2):
        assert np.array_equal(by_severity[grade + within].cord, own)
    # moved by part of a pixel, its area is the same but for the edges' rounding
    moved = area(by_severity[3 + within].cord) / area(own)
    assert np.abs(moved - 1).max() < 0.03
    for grade in (4, 5):
        assert (area(by_severity[grade + within].cord) / area(own)).max() < 0.9


def test_anatomy_is_where_it_should_be(by_severity: dict[float, Masks]) -> None:
    drawn = by_severity[-1.0]
    rows = np.arange(SIDE)[None, :, None]

    def height(mask: np.ndarray) -> np.ndarray:
        return (mask * rows).sum(axis=(1, 2)) / area(mask)

    marrow_and_nodule = height(drawn.marrow)
    assert np.all(marrow_and_nodule < height(drawn.sac))
    assert np.all(height(drawn.sac) < height(drawn.muscle))
    assert np.all(height(drawn.muscle) < height(drawn.skin))
    # the cord lies within the sac, the sac within the canal, the canal within the bone
    assert np.all(drawn.cord <= drawn.sac)
    assert np.all(drawn.sac <= drawn.canal + 1e-5)
    assert np.all(drawn.canal <= drawn.bone + 1e-5)
    assert np.all(drawn.nodule == 0)


def test_readers_differ_near_the_edges_only() -> None:
    drawn = cohort(0, "train")
    seen = np.clip(np.floor(drawn.severity), 0, 5)
    off = np.abs(seen - drawn.grades)
    assert 0.02 < (off > 0).mean() < 0.10
    assert off.max() == 1


def test_noise_is_rician(some: Cohort) -> None:
    # The lung's signal is at most half a deviation of the noise, where a Rician magnitude is nearly Rayleigh's: mean
    # over deviation 1.91, at half a deviation 1.92. Gaussian noise cut at 0 would have 0.68 and 0.94.
    loud = replace(some.anatomy, noise=np.full(len(some), 0.06, np.float32))
    x = render(replace(some, anatomy=loud))[:, 0].astype(np.float64)
    drawn = masks(some.anatomy, some.severity)
    lung = drawn.lung > 0.999
    for other in (drawn.bone, drawn.muscle, drawn.skin, drawn.aorta, drawn.nodule):
        lung &= other == 0
    ratios = [
        image[where].mean() / image[where].std() for image, where in zip(x, lung, strict=True) if where.sum() > 99
    ]
    assert len(ratios) > 20
    assert 1.85 < np.mean(ratios) < 2.05


def test_the_bias_field_is_smooth_and_positive(some: Cohort) -> None:
    field = bias({name: value[:, None, None] for name, value in vars(some.anatomy).items()})
    assert field.min() > 0.4
    assert field.max() < 1.8
    assert np.abs(np.diff(field, axis=1)).max() < 0.03


# The cache


def test_two_processes_at_once_agree(full: tuple[Path, Splits], tmp_path: Path) -> None:
    splits = full[1]
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "ALBENCH_CACHE": str(tmp_path / "both"), "PYTHONPATH": path}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", DRAW],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=300)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    drawn = b"".join(getattr(splits, split).x[:100].tobytes() for split in SPLITS)
    assert printed == [hashlib.blake2b(drawn).hexdigest()] * 2
    # one file, whole, and nothing left beside it
    (kept,) = (tmp_path / "both").iterdir()
    assert np.load(kept, allow_pickle=False)[cache.CHECKSUM :].tobytes() == drawn


@pytest.mark.parametrize("damage", ["torn", "empty", "text", "flipped", "pickle", "shape", "folder"])
def test_a_damaged_cache_is_made_again(small: dict[str, Cohort], damage: str) -> None:
    first, notices = cache.images(small)
    assert notices == ()
    file = cache.cache_file(0)
    whole = file.read_bytes()
    if damage == "torn":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "text":
        file.write_text("not an array")
    elif damage == "flipped":
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    elif damage == "pickle":
        np.save(file, np.array([{}], dtype=object), allow_pickle=True)
    elif damage == "shape":
        np.save(file, np.zeros((3, 3), np.uint8))
    else:
        file.unlink()
        file.mkdir()
    again, notices = cache.images(small)
    assert all(np.array_equal(first[split], again[split]) for split in SPLITS)
    if damage == "folder":
        assert "ALBENCH_CACHE" in notices[0]
    else:
        assert notices == ()
        assert file.read_bytes() == whole
    assert list(file.parent.iterdir()) == [file]


def test_a_whole_cache_is_read_not_drawn(small: dict[str, Cohort], monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = cache.images(small)
    monkeypatch.setattr(cache, "render", lambda _: pytest.fail("drawn again"))
    again, notices = cache.images(small)
    assert notices == ()
    for split in SPLITS:
        assert again[split].shape == (10, 1, SIDE, SIDE)
        assert np.array_equal(first[split], again[split])


def test_an_unwritable_cache_folder_is_told_not_fatal(
    small: dict[str, Cohort], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A file in the way fails for everybody, the superuser too.
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ALBENCH_CACHE", str(tmp_path / "file" / "cache"))
    drawn, notices = cache.images(small)
    assert len(notices) == 1
    assert str(tmp_path / "file") in notices[0]
    assert "ALBENCH_CACHE" in notices[0]
    assert all(np.array_equal(drawn[split], render(small[split])) for split in SPLITS)


def test_the_cache_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delenv("ALBENCH_CACHE", raising=False)
    assert cache.cache_folder() == Path(platformdirs.user_cache_dir("albench"))
    assert cache.cache_file(0) != cache.cache_file(1)

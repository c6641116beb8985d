"""Every built-in data set that needs no download, and every backbone, against every check of the kit."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from published_sets import write_published

import albench_datasets.phantom.dataset as phantom
from albench.api.kinds import Kind
from albench.components.registry import registry
from albench.testing.backbones import BACKBONE_CHECKS
from albench.testing.datasets import DATASET_CHECKS, check_dataset
from albench.testing.report import Finding
from albench_datasets.mescc import Mescc

OURS = "albench"
DATASETS = {
    "digits": "digits",
    "mescc-sim": "mescc-sim",
    "mescc-phantom": "mescc-phantom",
    "npz": "npz[path={folder}/set.npz]",
    "npz-mapped": "npz[path={folder}/mapped]",
    "features": "features[path={folder}/vectors]",
    "imagefolder": "imagefolder[path={folder}/split,size=8]",
    "imagefolder-in-one": "imagefolder[path={folder}/one,size=8,mode=rgb,groups=groups.csv]",
    **{name: name for name in ("mnist", "fashion-mnist", "cifar10", "cifar100", "svhn", "stl10")},
    "medmnist": "medmnist[name=retina]",
    "table": "table[path={folder}/rows.csv,target=kind]",
    "text": "text[path={folder}/texts.csv]",
    **{name: name for name in ("wine", "breast-cancer")},
    "keel": "keel[name=ionosphere]",
    "openml": "openml[id=61]",
    "encoded": "encoded[of=digits,encoder=identity]",
    "huggingface": "huggingface[path={folder}/nothing]",
}
"""Name of a case -> the spec, whose files are in ``folder``."""
ESTIMATORS = ("sklearn", "xgboost", "lightgbm", "catboost", "tabpfn")
BACKBONES = ("mlp", "mlp[depth=0]", "linear", "cnn", "wrn[depth=10]", "resnet", "timm", *ESTIMATORS)


@functools.cache
def factory(kind: Kind, spec: str) -> Callable[[], Any]:
    """One factory a spec, so that the kit loads the data once for all checks."""
    return partial(registry().build, kind, spec)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .npz file, folders of .npy files, images in folders with and without a split; no two images are the same."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}
    for split, count in (("train", 60), ("val", 12), ("test", 12)):
        arrays[f"{split}_images"] = rng.integers(0, 256, (count, 10, 9), dtype=np.uint8)
        arrays[f"{split}_labels"] = (np.arange(count) % 3)[:, None]
        for row in range(count):
            _picture(root / "split" / split / "ab"[row % 2] / f"{row}.png", rng)
    np.savez_compressed(root / "set.npz", **arrays)
    for name in ("mapped", "vectors"):
        (root / name).mkdir()
    for name, values in arrays.items():
        np.save(root / "mapped" / f"{name}.npy", values)
        vectors = values.reshape(len(values), -1).astype(np.float32) if "images" in name else values[:, 0]
        np.save(root / "vectors" / f"{name.replace('_images', '-features').replace('_labels', '-labels')}.npy", vectors)
    rows = [(a, b, "xy"[row % 2]) for row, (a, b) in enumerate(rng.normal(size=(60, 2)).round(6))]
    (root / "rows.csv").write_text("a,b,kind\n" + "".join(f"{a},{b},{kind}\n" for a, b, kind in rows))
    (root / "texts.csv").write_text("text,label\n" + "".join(f"a word {a},{kind}\n" for a, _, kind in rows))
    lines = ["file,group"]
    for row in range(60):
        _picture(root / "one" / "ab"[row % 2] / f"{row}.png", rng)
        lines.append(f"{'ab'[row % 2]}/{row}.png,patient {row // 4}")
    (root / "one" / "groups.csv").write_text("\n".join(lines))
    return root


def _picture(path: Path, rng: np.random.Generator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(path)


@pytest.fixture(scope="module", autouse=True)
def _small_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Published sets of a few images, and of the phantom every eighth slice: drawing it whole takes seconds."""
    whole = phantom.cohort

    def few(seed: int, split: str) -> Any:
        every = whole(seed, split)
        rows = np.arange(0, len(every), 8)
        parts = {name: getattr(every, name)[rows] for name in ("grades", "severity", "patients")}
        return replace(every, anatomy=every.anatomy.take(rows), **parts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        published = tmp_path_factory.mktemp("published")
        patch.setenv("ALBENCH_DATA", str(published))
        write_published(published, patch)
        patch.setattr("platformdirs.user_data_dir", lambda _name: str(tmp_path_factory.getbasetemp() / "none"))
        patch.setattr(phantom, "cohort", few)
        patch.setattr(phantom, "count_problems", lambda *_: [])
        yield


def conforms(finding: Finding) -> None:
    if finding.status == "skip":
        pytest.skip(finding.reason)
    assert not finding.failed, finding


@pytest.mark.parametrize("check", DATASET_CHECKS)
@pytest.mark.parametrize("case", DATASETS)
def test_dataset(case: str, check: str, folder: Path) -> None:
    spec = DATASETS[case].format(folder=folder)
    conforms(DATASET_CHECKS[check](factory("dataset", spec), name=case))


@pytest.mark.parametrize("check", BACKBONE_CHECKS)
@pytest.mark.parametrize("spec", BACKBONES)
def test_backbone(spec: str, check: str) -> None:
    conforms(BACKBONE_CHECKS[check](factory("backbone", spec), name=spec))


def test_all_built_in_components_are_tried() -> None:
    tried: dict[Kind, set[str]] = {
        "dataset": {spec.split("[")[0] for spec in DATASETS.values()} | {"mescc"},  # see below
        "backbone": {spec.split("[")[0] for spec in BACKBONES},
    }
    for kind, names in tried.items():
        assert {c.name for c in registry().components(kind) if c.distribution == OURS} == names


def test_a_data_folder_is_given_to_all_checks(tmp_path: Path) -> None:
    Mescc().simulate(tmp_path / "mescc", 0)
    findings = check_dataset(Mescc, name="mescc", root=tmp_path / "mescc")
    assert [finding.check for finding in findings] == list(DATASET_CHECKS)
    assert [str(finding) for finding in findings if finding.failed] == []
    assert {finding.check for finding in findings if finding.status == "skip"} <= {
        "views-on-cuda",
        "views-on-mps",
        "items-without-labels",
    }


def test_what_is_not_there_is_told_once() -> None:
    build = factory("dataset", "mescc")
    loads, *others = [DATASET_CHECKS[name](build, name="mescc") for name in ("loads", "item-types", "view-types")]
    assert loads.status == "skip"
    assert "--data-dir" in loads.reason
    assert [(finding.status, finding.reason) for finding in others] == 2 * [
        ("skip", "its data are not there: see the check 'loads'")
    ]
    assert DATASET_CHECKS["missing-data"](build, name="mescc").status == "pass"


@pytest.mark.skipif(importlib.util.find_spec("timm") is not None, reason="timm is installed")
def test_a_missing_library_is_told() -> None:
    finding = BACKBONE_CHECKS["output-shapes"](factory("backbone", "timm"), name="timm")
    assert finding.status == "skip"
    assert finding.reason == "timm is not installed: pip install 'albench[timm]'"

"""Published results are what today's code makes of their own records, and somebody can make them again."""

from __future__ import annotations

import csv
import functools
import io
import json
import math
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from script_modules import loaded

import albench
from albench.compare.advice import TYPICAL
from albench.compare.statistics import area
from albench.render import render
from albench.results.results import Results

ROOT = Path(__file__).parents[2]
PUBLISHED = sorted(path.parent for path in (ROOT / "results" / "published").glob("*/manifest.json"))
RENEW = "python benchmarks/publish.py results/published/{}"


@pytest.fixture(scope="module")
def results() -> Callable[[Path], Results]:
    """A published set's, loaded once."""
    return functools.cache(albench.load)


@pytest.fixture(scope="module")
def publish() -> Any:
    return loaded(ROOT / "benchmarks" / "publish.py")


def same(old: str, new: str) -> bool:
    """Two cells: the same text, or the same number but for the last digits, which another machine rounds otherwise."""
    try:
        return math.isclose(float(old), float(new), rel_tol=1e-9, abs_tol=1e-12) or old == new
    except ValueError:
        return old == new


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda folder: folder.name)
def test_a_published_table_is_what_todays_code_makes_of_its_records(
    folder: Path, results: Callable[[Path], Results]
) -> None:
    """Where it fails after a change of the statistics: commit, then ``python benchmarks/publish.py FOLDER``."""
    comparison = results(folder).compare(strict=True)
    old, new = (
        list(csv.DictReader(io.StringIO(text)))
        for text in ((folder / "table.csv").read_text(encoding="utf-8"), render(comparison, "csv"))
    )
    assert len(old) == len(new), RENEW.format(folder.name)
    for was, now in zip(old, new, strict=True):
        assert was.keys() == now.keys(), RENEW.format(folder.name)
        assert [name for name in was if not same(was[name], now[name])] == [], (was, now, RENEW.format(folder.name))
    assert render(comparison, "markdown") in (folder / "README.md").read_text(encoding="utf-8")


def test_the_typical_spread_is_that_of_the_published_results(results: Callable[[Path], Results]) -> None:
    """Of each published set: the deviations of all differences from random; the constant lies in their middle half."""
    spreads = []
    for folder in PUBLISHED:
        for _, part in results(folder).frame.groupby(["dataset", "protocol", "method"]):
            wide = part.pivot_table(index=["strategy", "seed"], columns="n_labeled", values="test.macro_f1").dropna()
            values = dict(zip(wide.index, area(wide.to_numpy(), wide.columns.to_numpy()), strict=True))
            for strategy in {name for name, _ in values} - {"random"}:
                own = {seed: value for (name, seed), value in values.items() if name == strategy}
                gaps = [own[seed] - values["random", seed] for seed in own if ("random", seed) in values]
                spreads += [np.std(gaps, ddof=1)] if len(gaps) > 2 else []
    low, high = np.quantile(spreads, [0.25, 0.75])
    assert len(spreads) > 20
    assert low <= TYPICAL <= high


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda folder: folder.name)
def test_a_published_set_is_in_the_index_and_has_its_records(folder: Path) -> None:
    assert (folder / "records.zip").is_file()
    assert f"(published/{folder.name}/README.md)" in (ROOT / "results" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda folder: folder.name)
def test_published_records_come_from_revisions_that_can_be_checked_out(folder: Path, publish: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if not (ROOT / ".git").exists():
        pytest.skip("no history here")
    if (
        subprocess.run(
            ["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True, check=True
        ).stdout
        != b"false\n"
    ):
        pytest.skip("a shallow history")
    assert publish.refusal("", manifest, ROOT) == ""


def _git(root: Path, *words: str) -> str:
    names = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", "-C", str(root), *names, *words], check=True, capture_output=True, text=True).stdout


def _committed(root: Path) -> str:
    """A new repository's only commit, as a manifest names it."""
    root.mkdir()
    _git(root, "init", "-q")
    (root / "a").write_text("1")
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "a")
    return _git(root, "rev-parse", "--short=12", "HEAD").strip()


def test_publishing_refuses_a_dirty_tree_and_results_of_one(
    publish: Any, small_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    root, out = tmp_path / "tree", tmp_path / "published"
    root.mkdir()
    _git(root, "init", "-q")
    (root / "a").write_text("1")
    small_run(rounds=2, steps=2, seeds=2, strategy=["random", "entropy"])
    with pytest.raises(SystemExit, match="not published: the working tree has changes"):
        publish.main([str(tmp_path / "results" / "blobs")], out, root)
    assert not out.exists()
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "a")
    left = _git(root, "rev-parse", "--short=12", "HEAD").strip()
    _git(root, "commit", "-q", "--amend", "-m", "b")
    for revision in (f"{left}-dirty", left, "0123456789ab"):
        monkeypatch.setattr("albench.execution.manifest.git_revision", lambda revision=revision: revision)
        small_run(rounds=2, steps=2, seeds=2, strategy=["random", "entropy"], fresh=True)
        with pytest.raises(SystemExit, match=f"not published: runs of it were made at revisions .*{revision}"):
            publish.main([str(tmp_path / "results" / "blobs")], out, root)
    assert not out.exists()


def test_what_is_published_is_read_again_and_renews_itself(
    publish: Any, small_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    root, out = tmp_path / "tree", tmp_path / "published"
    revision = _committed(root)
    monkeypatch.setattr("albench.execution.manifest.git_revision", lambda: revision)
    ran = small_run(rounds=2, steps=2, seeds=2, strategy=["random", "entropy"])
    publish.main([str(tmp_path / "results" / "blobs")], out, root)
    assert albench.load(out / "blobs").frame.equals(ran.frame)
    with (out / "blobs" / "README.md").open("a", encoding="utf-8") as readme:
        readme.write("\n## What this shows\n\nNothing.\n")
    before = {path.name: path.read_bytes() for path in (out / "blobs").iterdir() if path.suffix != ".svg"}
    publish.main([str(out / "blobs")], out, root)
    assert {path.name: path.read_bytes() for path in (out / "blobs").iterdir() if path.suffix != ".svg"} == before

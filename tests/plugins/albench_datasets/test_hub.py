"""Data sets of the Hugging Face hub, downloaded from a local server that answers as the hub does."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hub_server import Hub, serving_hub

from albench.api import DataError, Splits
from albench.components.registry import registry
from albench.components.spec import parse
from albench.data.download import Plainly
from albench.data.fetch import fetch_missing
from albench_datasets.hub import OnHub, is_name
from albench_datasets.huggingface import HuggingFace

CARD = b"---\nlicense: cc-by-4.0\n---\n# Mini\n"
TWO = b"""---
license: mit
configs:
- config_name: plain
  data_files: [{split: train, path: plain/*}]
- config_name: loud
  data_files: [{split: train, path: loud/*}]
---
"""
MINI = "huggingface[path=owner/mini]"
Command = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


def parquet(count: int, word: str = "number") -> bytes:
    pytest.importorskip("pyarrow")
    file = io.BytesIO()
    rows = {"text": [f"{word} {row}" for row in range(count)], "label": [row % 2 for row in range(count)]}
    pd.DataFrame(rows).to_parquet(file)
    return file.getvalue()


@pytest.fixture
def hub() -> Iterator[Hub]:
    pytest.importorskip("datasets")
    with serving_hub() as served:
        files = {"README.md": CARD, "data/train-00000-of-00001.parquet": parquet(60)}
        served.commit("owner/mini", {**files, "data/test-00000-of-00001.parquet": parquet(20, "tested")})
        served.licence["owner/mini"] = "cc-by-4.0"
        yield served


@pytest.fixture
def starting(hub: Hub, tmp_path: Path) -> Start:
    """Starts a command line in a process of its own, as the library reads where its hub is when it is imported."""
    named = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "ALBENCH_DATA": str(tmp_path / "data")}
    kept = {name: value for name, value in os.environ.items() if name != "ALBENCH_OFFLINE"}

    def start(*words: str) -> subprocess.Popen[str]:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, "-m", "albench", *words], env={**kept, **named}, cwd=tmp_path, **pipes)

    return start


@pytest.fixture
def albench(starting: Start) -> Command:
    """A command line with what it printed."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        process = starting(*words)
        printed, complained = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, printed, complained)

    return run


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def read(tmp_path: Path, **options: str) -> Splits:
    return HuggingFace(path="owner/mini", **options).load(tmp_path / "data")


def test_it_is_downloaded_once_with_its_size_and_licence_told_before(
    hub: Hub, albench: Command, tmp_path: Path
) -> None:
    got = albench("data", "fetch", MINI)
    assert got.returncode == 0, got.stderr
    first = got.stderr.splitlines()[0]
    size = sum(
        len(content) for name, content in hub.held["owner/mini"][hub.main["owner/mini"]].items() if "data" in name
    )
    assert first.startswith(f"downloading {MINI}: {size / 1000:.1f} kB, licence: cc-by-4.0, into {tmp_path / 'data'}")
    splits = read(tmp_path)
    assert [len(splits.train) + len(splits.val), len(splits.test)] == [60, 20]
    assert {text.split()[0] for text in splits.test.x} == {"tested"}
    assert splits.how_read[0] == (
        f"owner/mini of the Hugging Face hub, revision {hub.main['owner/mini']}, licence cc-by-4.0"
    )
    hub.asked.clear()
    again = albench("data", "fetch", MINI)
    assert "here already" in again.stdout
    assert hub.asked == []
    assert not list((tmp_path / "data" / "huggingface").glob(".*.part"))


def test_a_revision_stays_what_it_is_when_main_moves_on(hub: Hub, albench: Command, tmp_path: Path) -> None:
    old = hub.main["owner/mini"]
    hub.commit("owner/mini", {"README.md": CARD, "data/train-00000-of-00001.parquet": parquet(90, "new")})
    for spec in (MINI, f"huggingface[path=owner/mini,revision={old}]"):
        got = albench("data", "fetch", spec)
        assert got.returncode == 0, got.stderr
    now, then = read(tmp_path), read(tmp_path, revision=old)
    assert {text.split()[0] for text in now.train.x} == {"new"}
    assert {text.split()[0] for text in then.train.x} == {"number"}
    assert old in then.how_read[0]


def test_one_of_several_configurations_is_named(hub: Hub, albench: Command, tmp_path: Path) -> None:
    both = {"plain/train.parquet": parquet(40), "loud/train.parquet": parquet(50, "LOUD")}
    hub.commit("owner/mini", {"README.md": TWO, **both})
    unnamed = albench("data", "fetch", MINI)
    assert unnamed.returncode == 1
    (line,) = [line for line in unnamed.stderr.splitlines() if "cannot be had" in line]
    assert "plain" in line
    assert "loud" in line
    assert line.rstrip(")").endswith("config=NAME names one")
    got = albench("data", "fetch", "huggingface[path=owner/mini,config=loud]")
    assert got.returncode == 0, got.stderr
    splits = read(tmp_path, config="loud")
    assert {text.split()[0] for text in splits.train.x} == {"LOUD"}
    assert "configuration loud" in splits.how_read[0]


def test_what_cannot_be_had_is_one_line_and_leaves_nothing(hub: Hub, albench: Command, tmp_path: Path) -> None:
    unknown = albench("data", "fetch", "huggingface[path=owner/absent]")
    assert unknown.returncode == 1
    assert "huggingface[path=owner/absent]: it cannot be had (neither a folder nor" in unknown.stderr
    assert "Traceback" not in unknown.stderr
    hub.broken.add("train-00000-of-00001.parquet")
    broken = albench("data", "fetch", MINI)
    assert broken.returncode == 1, broken.stderr
    assert f"{MINI}: it cannot be had" in broken.stderr
    assert "Traceback" not in broken.stderr
    assert not any((tmp_path / "data").rglob("*.arrow"))
    hub.broken.clear()
    assert albench("data", "fetch", MINI).returncode == 0


def test_nothing_is_asked_unasked(hub: Hub, albench: Command) -> None:
    for words in (
        ("data", "verify", MINI),
        ("run", "-d", MINI, "-s", "random", "--encoder", "tfidf", "--backbone", "linear", "--dry-run"),
        ("run", "-d", MINI, "-s", "random", "--encoder", "tfidf", "--backbone", "linear", "--offline"),
        ("data", "fetch", MINI, "--offline"),
        ("show", "huggingface"),
    ):
        done = albench(*words)
        if words[0] != "show":
            assert done.returncode in (1, 2), done.stdout
            assert re.search(rf"albench data fetch '?{re.escape(MINI)}", done.stderr)
    assert hub.asked == []


def test_a_name_is_no_path() -> None:
    assert is_name("owner/name")
    assert is_name("stanford-nlp/imdb.v2")
    for path in ("folder", "./folder/name", "/folder/name", "~/name", "a/b/c", "owner/", "a b/c"):
        assert not is_name(path)


def test_a_folder_of_ones_own_in_its_place_stays(hub: Hub, albench: Command, tmp_path: Path) -> None:
    own = tmp_path / "data" / "huggingface" / "owner--mini" / "notes.txt"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    hub.asked.clear()
    done = albench("data", "fetch", MINI)
    assert done.returncode in (1, 2)
    assert f"{own.parent}: it is in the way" in done.stderr
    assert "Traceback" not in done.stderr
    assert own.read_text() == "mine"
    assert not any("resolve" in line and "parquet" in line for line in hub.asked)


def test_a_killed_download_leaves_nothing_once_it_was_tried_again(
    hub: Hub, starting: Start, albench: Command, tmp_path: Path
) -> None:
    hub.held_back.add("train-00000-of-00001.parquet")
    first = starting("data", "fetch", MINI)
    wait_for(lambda: any("GET" in line and "train" in line for line in hub.asked))
    first.kill()
    first.communicate()
    left = tmp_path / "data" / "huggingface" / ".owner--mini.part"
    assert left.is_dir()
    hub.let_go.set()
    assert albench("data", "fetch", MINI).returncode == 0
    assert not left.exists()
    assert len(read(tmp_path).test) == 20


def test_what_two_ask_for_at_once_is_downloaded_once(hub: Hub, starting: Start) -> None:
    hub.held_back.add("train-00000-of-00001.parquet")
    both = [starting("data", "fetch", MINI) for _ in range(2)]
    wait_for(lambda: sum("GET" in line and "/api/datasets/owner/mini" in line for line in hub.asked) >= 2)
    wait_for(lambda: any("GET" in line and "train" in line for line in hub.asked))
    hub.let_go.set()
    for each in both:
        each.communicate()
        assert each.returncode == 0
    assert sum("GET" in line and "/resolve/" in line and "train" in line for line in hub.asked) == 1


def test_a_number_within_another_is_no_status() -> None:
    one = OnHub(MINI, "owner/mini", "", "")
    assert "neither a folder" in str(one._failed(RuntimeError("404 Client Error")))
    assert "neither a folder" not in str(one._failed(RuntimeError("500 Server Error (Request ID: Root=1-a404b)")))


def test_a_folder_has_no_revision(tmp_path: Path) -> None:
    (tmp_path / "owner" / "mini").mkdir(parents=True)
    with pytest.raises(DataError, match="is a folder, of one configuration and revision: leave these options out"):
        HuggingFace(path="owner/mini", revision="main").load(tmp_path)


def test_without_the_library_it_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    monkeypatch.delenv("ALBENCH_OFFLINE", raising=False)
    with pytest.raises(DataError, match=r"needs the package datasets: pip install 'albench\[huggingface\]'"):
        fetch_missing([parse(MINI)], registry(()), str(tmp_path), Plainly())

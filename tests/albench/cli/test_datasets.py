"""``albench data fetch`` and ``list``, and what a run does where published data are not here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from file_server import Files, serving
from idx_files import write_part

import albench
from albench.api import DataError, Remote

Say = Callable[..., tuple[int, str]]
COUNTS = (40,) * 10
QUICK = ["--seeds", "1", "--rounds", "2", "--initial", "20", "--query-size", "10", "--steps", "2"]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Files]:
    """MNIST's test part as published by a server on this machine: 400 images."""
    from albench_datasets import facts_images, mnist

    monkeypatch.setenv("ALBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("ALBENCH_OFFLINE", raising=False)
    write_part(tmp_path / "source", "t10k", COUNTS)
    with serving() as files:
        remotes = []
        for path in sorted((tmp_path / "source").iterdir()):
            files.held[path.name] = body = path.read_bytes()
            checksum = f"sha256:{hashlib.sha256(body).hexdigest()}"
            remotes.append(Remote(path.name, (files.url + path.name,), checksum, len(body)))
        facts = replace(mnist.MNIST_TEST_PART, files=tuple(remotes), per_class={"": COUNTS})
        monkeypatch.setattr(mnist, "MNIST_TEST_PART", facts)
        monkeypatch.setattr(facts_images, "OF_MNIST", (facts,))
        yield files


def test_a_set_is_fetched_once(say: Say, small: Files, tmp_path: Path) -> None:
    code, said = say("data", "fetch", "mnist[part=t10k]")
    assert code == 0
    assert "licence: CC BY-SA 3.0" in said
    assert "2 files downloaded, with the published checksums; try: albench run -d mnist[part=t10k]" in said
    assert (tmp_path / "data" / "mnist" / "t10k-images-idx3-ubyte.gz").is_file()
    code, said = say("data", "fetch", "mnist[part=t10k]")
    assert code == 0
    assert "here already; 'albench data verify mnist[part=t10k]' checks it" in said
    assert len(small.asked) == 2
    code, said = say("data", "verify", "mnist[part=t10k]")
    assert code == 0
    assert "all checks passed" in said


def test_nothing_looks_at_the_network_but_a_run_and_fetch(say: Say, small: Files) -> None:
    assert say("data", "list")[0] == 0
    assert say("show", "mnist")[0] == 0
    assert say("list")[0] == 0
    for words in (["run", "-d", "mnist[part=t10k]", "--dry-run"], ["data", "verify", "mnist[part=t10k]"]):
        code, said = say(*words)
        assert code == 2
        assert "download with 'albench data fetch mnist[part=t10k]'" in said
    assert small.asked == []


def test_what_is_mistyped_is_told_before_a_download(say: Say, small: Files) -> None:
    for words in (["-s", "entropi"], ["-m", "fixmach"], ["--device", "tpu"]):
        code, said = say("run", "-d", "mnist[part=t10k]", *words)
        assert code == 2
        assert "downloading" not in said
    assert small.asked == []


def test_a_run_fetches_what_it_needs(say: Say, small: Files) -> None:
    words = ["run", "-d", "mnist[part=t10k]", "-m", "supervised", "-s", "random", "--backbone", "mlp", *QUICK]
    code, said = say(*words, "--offline")
    assert code == 2
    assert "nothing is downloaded (--offline or ALBENCH_OFFLINE)" in said
    assert small.asked == []
    code, said = say(*words, "--executor", "local")
    assert code == 0, said
    assert said.count("downloading mnist[part=t10k]: ") == 1
    assert len(small.asked) == 2


@pytest.mark.usefixtures("small")
def test_from_python_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick = {"seeds": 1, "rounds": 2, "initial": 20, "query_size": 10, "steps": 2, "out": tmp_path / "results"}
    named = {"dataset": "mnist[part=t10k]", "method": "supervised", "strategy": "random", "backbone": "mlp"}
    with pytest.raises(DataError, match="nothing is downloaded"):
        albench.run(**named, **quick, offline=True)
    results = albench.run(**named, **quick, executor="local")
    assert len(results.frame) == 2
    assert "licence: CC BY-SA 3.0" in capsys.readouterr().err


@pytest.mark.usefixtures("small")
def test_the_list_says_what_is_known_and_what_is_here(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {row["name"]: row for row in json.loads(say("data", "list", "--json")[1])}
    assert rows["mnist[part=t10k]"]["here"] == "no"
    assert rows["digits"] == {
        "name": "digits",
        "here": "yes",
        "items": "1,797",
        "classes": "10",
        "download": "",
        "licence": "CC BY 4.0",
        "imbalance": "1.05",
        "what": "handwritten digits, 8 x 8 grey",
    }
    assert rows["npz"] | {"what": ""} == {**dict.fromkeys(rows["npz"], ""), "name": "npz"}
    assert rows["mescc"]["imbalance"] == "27.6"
    write_part(tmp_path / "data", "t10k", COUNTS)  # one's own files, in the data folder itself
    monkeypatch.setenv("COLUMNS", "80")
    lines = say("data", "list")[1].splitlines()
    assert lines[0].split() == ["name", "here", "items", "classes", "download", "licence"]
    (row,) = [line for line in lines if line.startswith("mnist[part=t10k]")]
    assert row.split()[1:3] == ["yes", "10,000"]
    assert any(line.startswith("Of what you name, by their options: ") and "npz" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("digits", "digits: nothing is to be downloaded: it comes with scikit-learn."),
        ("npz[path=mine.npz]", "npz[path=mine.npz]: nothing is to be downloaded: it has no address."),
        ("mnits", "did you mean 'mnist'?"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(say: Say, name: str, message: str) -> None:
    code, said = say("data", "fetch", name)
    assert code == 2
    assert message in said

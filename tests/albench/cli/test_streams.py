"""Terminals and pipes whose encoding lacks characters: every command says what it has to say, and files are UTF-8."""

from __future__ import annotations

import ast
import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from albench.cli.main import COMMANDS, main
from albench.cli.streams import Shown, _escape, _marks

CLASSES = ("Łódź", "胸部", "café")
DATA = "imagefolder[path=zdjęcia,size=8]"
SMALL = ["--seeds", "2", "--initial", "6", "--query-size", "4", "--rounds", "2", "--steps", "5"]
TRAINED = ["-m", "supervised", *SMALL, "--executor", "local", "--out", "wyniki"]
PLUGIN = '''
import sys

from albench.api import Strategy, hookimpl


class Błąd(Strategy):
    """Zażółć gęślą jaźń 漢字."""

    def select(self, view, budget):
        print("wybór 漢字")
        print("wybór 漢字", file=sys.stderr)
        raise ValueError("nie można 漢字")


@hookimpl
def albench_register(add):
    add.strategy("blad", Błąd, "zażółć gęślą jaźń 漢字")
'''


class Said(NamedTuple):
    """What a command left: its exit code and both streams as bytes."""

    code: int
    out: bytes
    err: bytes


def say(monkeypatch: pytest.MonkeyPatch, encoding: str, *words: str) -> Said:
    """A command in this process whose streams take nothing but what the encoding has."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding, errors="strict", write_through=True) for _ in range(2)]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        with pytest.raises(SystemExit) as end:
            main(list(words))
    code = end.value.code
    out, err = (stream.buffer.getvalue() for stream in streams)  # type: ignore[attr-defined]  # it is the BytesIO
    return Said(code if isinstance(code, int) else 0, out, err)


def pictures(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for split in ("train", "val", "test"):
        for name in CLASSES:
            (folder / split / name).mkdir(parents=True)
            for number in range(12):
                image = Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8))
                image.save(folder / split / name / f"{number}.png")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images in classes with names of all the world, a plugin that fails in them, and results."""
    folder = tmp_path_factory.mktemp("świat")
    pictures(folder / "zdjęcia")
    (folder / "błąd.py").write_text(PLUGIN, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        with pytest.raises(SystemExit) as end:
            main(["run", "-d", DATA, "-s", "random", "-s", "entropy", *TRAINED])
        assert not end.value.code
    finally:
        os.chdir(before)
    return folder


WALK = {
    "run": [
        (["run", "-d", DATA, "-s", "random", *TRAINED], 0),
        (["run", "-d", DATA, "-s", "random", *TRAINED, "--dry-run"], 0),
        (["run", "-d", DATA, "-s", "blad", "--plugin", "błąd.py", *TRAINED, "--name", "zle"], 1),
        (["run", "-d", "imagefolder[path=胸部]", *TRAINED], 2),
        (["run", "-s", "bład", *TRAINED], 2),
    ],
    "watch": [(["watch", "wyniki", "--once"], 0), (["watch", "wyniki/imagefolder", "--interval", "0.1"], 0)],
    "compare": [
        (["compare", "wyniki/imagefolder", "--details"], 0),
        *((["compare", "wyniki/imagefolder", "--format", form], 0) for form in ("markdown", "latex", "csv", "json")),
        (["compare", "wyniki/imagefolder", "--format", "csv", "--output", "tabela-ż.csv"], 0),
        (["compare", "wyniki/胸部"], 2),
    ],
    "report": [(["report", "wyniki/imagefolder", "--output", "raport-胸部.html"], 0)],
    "plot": [(["plot", "wyniki/imagefolder", "--output", "wykres-ż.svg"], 0)],
    "picks": [
        (["picks", "wyniki/imagefolder"], 0),
        (["picks", "wyniki/imagefolder", "--output", "wybór.csv"], 0),
        (["picks", "wyniki/imagefolder", "-s", "entropy", "--seed", "0", "--output", "wybór.png"], 0),
        (["picks", "wyniki/imagefolder", "-s", "胸部"], 2),
    ],
    "tuned": [(["tuned", "wyniki/imagefolder"], 2), (["tuned", "wyniki/胸部"], 2)],
    "export": [(["export", "wyniki/imagefolder", "--output", "paczka-ż.zip", "--force"], 0)],
    "merge": [(["merge", "paczka-ż.zip", "--output", "razem-胸部"], 0)],
    "list": [(["list", "--plugin", "błąd.py"], 0), (["list", "--json", "--plugin", "błąd.py"], 0)],
    "show": [(["show", "blad", "--plugin", "błąd.py"], 0), (["show", "胸部"], 2)],
    "new": [(["new", "strategy", "my-idea", "--single-file", "--dir", "nowe-胸部"], 0)],
    "check": [(["check", "blad", "--plugin", "błąd.py"], 1)],
    "data": [(["data", "verify", DATA], 0), (["data", "simulate", "mescc", "--out", "dane-胸部"], 0)],
    "bench": [(["bench", "--small", "--device", "cpu", "--json", "miara-ż.json"], 0)],
    "doctor": [(["doctor", "versions", "plugins", "--plugin", "błąd.py"], 0)],
}


def test_the_walk_is_over_every_command() -> None:
    assert set(WALK) == set(COMMANDS)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [(name, "ascii") for name in COMMANDS] + [(name, "cp1252") for name in COMMANDS if name != "bench"],  # it is slow
)
def test_every_command_says_all_it_has_to_say(
    name: str, encoding: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / encoding
    own.mkdir()
    for link in place.iterdir():
        (own / link.name).symlink_to(link)
    (own / "nowe-胸部").mkdir()
    monkeypatch.chdir(own)
    if name == "merge":
        assert say(monkeypatch, encoding, *WALK["export"][0][0]).code == 0
    for words, code in WALK[name]:
        said = say(monkeypatch, encoding, *words)
        assert said.code == code, (words, said.out.decode(encoding), said.err.decode(encoding))
        assert said.out or said.err
        assert b"Traceback (most" not in said.out + said.err
        assert said.err.count(b"Error: ") == (code == 2), words
        said.out.decode(encoding)  # in the encoding that was asked for, whatever wrote it
        said.err.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_cannot_be_shown_is_told(encoding: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    said = say(monkeypatch, encoding, "show", "blad", "--plugin", "błąd.py")
    assert b"?" in said.out
    assert f"not in {encoding}, shown as '?': set PYTHONIOENCODING=utf-8".encode() in said.err
    plain = say(monkeypatch, "utf-8", "show", "blad", "--plugin", "błąd.py")
    assert "zażółć gęślą jaźń 漢字".encode() in plain.out
    assert plain.err == b""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_files_are_utf_8_whatever_the_terminal(
    encoding: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    files = {}
    for asked in (encoding, "utf-8"):
        for form in ("csv", "markdown"):
            path = tmp_path / f"{asked}.{form}"
            assert say(monkeypatch, asked, "compare", "wyniki", "--format", form, "--output", str(path)).code == 0
            files[asked, form] = path.read_bytes()
    assert files[encoding, "csv"] == files["utf-8", "csv"]
    assert files[encoding, "markdown"] == files["utf-8", "markdown"]
    assert "zdjęcia".encode() in files[encoding, "csv"]


def test_workers_print_what_they_like(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A strategy that prints in a worker fails of its own error, not of its print."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")  # a worker's, if nothing else is said to it
    words = ["run", "-d", DATA, "-s", "blad", "--plugin", "błąd.py", "-m", "supervised", *SMALL]
    said = say(monkeypatch, "ascii", *words, "--executor", "processes[workers=1]", "--out", "proces")
    assert said.code == 1, said.err
    assert b"ValueError: nie mo" in said.out
    assert b"Encode" not in said.out + said.err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_names_that_no_encoding_has_are_shown_all_the_same(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes of a file name that are no text come as lone surrogates."""
    said = say(monkeypatch, encoding, "compare", os.fsdecode(b"caf\xe9"))
    assert said.code == 2
    assert rb"caf\udce9" in said.err


LOST = b"Error: standard output cannot be written: "


class Full(io.RawIOBase):
    """A file on a full disk."""

    def writable(self) -> bool:
        return True

    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "bench"])  # it is slow
def test_every_command_says_in_one_line_that_its_output_cannot_be_written(
    name: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it fails at the first line or, being short, at the last moment; files are written all the same."""
    for link in place.iterdir():
        (tmp_path / link.name).symlink_to(link)
    (tmp_path / "nowe-胸部").mkdir()
    monkeypatch.chdir(tmp_path)
    if name == "merge":
        assert say(monkeypatch, "utf-8", *WALK["export"][0][0]).code == 0
    for words, code in WALK[name]:
        err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(Full()), "utf-8"))
            patch.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as end:
                main(words)
        said = err.buffer.getvalue()  # type: ignore[attr-defined]  # it is the BytesIO
        if code != 2:  # what cannot be done is said on standard error alone
            assert end.value.code == 1, words
            assert said.endswith(LOST + b"No space left on device.\n"), said
        assert said.count(b"Error: ") == 1
        assert b"Traceback (most" not in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("words", [["--version"], ["list"]], ids=["short", "long"])
def test_a_full_a_closed_and_an_unread_output(words: list[str]) -> None:
    """Of a process of its own, whose last flush is Python's."""
    command = [sys.executable, "-m", "albench", *words]
    shell = ["sh", "-c"]
    full = subprocess.run([*shell, '"$@" > /dev/full', "sh", *command], capture_output=True, check=False)
    assert (full.returncode, full.stderr) == (1, LOST + b"No space left on device.\n")
    closed = subprocess.run([*shell, '"$@" >&-', "sh", *command], capture_output=True, check=False)
    assert (closed.returncode, closed.stderr) == (1, LOST + b"it is closed.\n")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as unread:
        assert unread.stdout
        assert unread.stderr
        unread.stdout.close()
        assert unread.stderr.read() == b""
    assert unread.returncode == 0


def test_columns_stay_below_each_other() -> None:
    buffer = io.BytesIO()
    stream = Shown(io.TextIOWrapper(buffer, "ascii", write_through=True), _marks)
    stream.write("Łódź|胸部|0.5 ± 0.1|─━│┼…\n")
    assert buffer.getvalue() == b"??d?|????|0.5 +-0.1|--|+...\n"
    assert stream.lost == 5


def test_errors_keep_every_character() -> None:
    buffer = io.BytesIO()
    stream = Shown(io.TextIOWrapper(buffer, "ascii", write_through=True), _escape)
    stream.write("'Łódź' ± 1")
    assert buffer.getvalue() == rb"'\u0141\xf3d\u017a' +-1"


def test_the_streams_are_given_back() -> None:
    before = sys.stdout, sys.stderr
    with pytest.raises(SystemExit):
        main(["--version"])
    assert (sys.stdout, sys.stderr) == before


ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("folder", ["albench", "plugins"])
def test_every_text_file_is_opened_with_its_encoding(folder: str) -> None:
    """A default would be the machine's."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            names = {keyword.arg for keyword in node.keywords}
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            reads = called == "read_text" and not node.args  # a distribution's takes a name, and is always UTF-8
            text = reads or called == "write_text" or "text" in names or "universal_newlines" in names
            assert not text or "encoding" in names, f"{path}, line {node.lineno}: {called} without encoding"

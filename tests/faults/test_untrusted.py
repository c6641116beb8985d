"""No file from a stranger can run code, and no claim in it is believed before it is checked."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from forks import Nursery
from hypothesis import given, settings
from hypothesis import strategies as st

from albench.components import spec as specs
from albench.disk.files import save_tensors
from albench.errors import AlbenchError
from albench.results.store import TrialStore
from albench.suite.suite_file import load_suite

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "albench").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])
FORBIDDEN = {
    *("eval", "exec", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "pd.read_pickle"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.loads", "marshal.load", "shelve.open", "joblib.load"),
    *("cloudpickle.load", "cloudpickle.loads", "dill.loads", "runpy.run_path"),
}
JOBS = {"plugins/albench_executors/slurm.py"}
"""Reads what its own jobs left in a folder that only this user can write, as submitit does."""
MESSAGES = {"plugins/albench_executors/ray_.py", "plugins/albench_executors/ray_node.py"}
"""Read what Ray brings from their own other side; whoever can send it can run tasks on the cluster anyway."""
BOUNDED = {"np.load": ("allow_pickle", False), "torch.load": ("weights_only", True)}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_source_reads_code_from_files(path: Path) -> None:
    for name, call in calls(path):
        given = {word.arg: getattr(word.value, "value", None) for word in call.keywords}
        where = path.relative_to(ROOT).as_posix()
        allowed = (name == "pickle.load" and where in JOBS) or (name == "pickle.loads" and where in MESSAGES)
        assert allowed or name not in FORBIDDEN, f"line {call.lineno}: {name}"
        assert given.get("shell") is not True, f"line {call.lineno}: a shell"
        if name in BOUNDED:
            word, value = BOUNDED[name]
            assert given.get(word) is value, f"line {call.lineno}: {name} without {word}={value}"
        if name.endswith("read_array"):
            assert given.get("allow_pickle") is False, f"line {call.lineno}: {name}"


def tried(work: Callable[[], Any]) -> tuple[Any, AlbenchError | None]:
    """What it returns, or the error that a user would be shown."""
    try:
        return work(), None
    except AlbenchError as error:
        return None, error


class Payload:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.mkdir, (self.folder,)  # type: ignore[return-value]  # any callable will do


def test_a_checkpoint_from_a_stranger_runs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "pwned"
    store = TrialStore(tmp_path / "trial")
    store.folder.mkdir()
    hostile = {"format": 1, "model": Payload(marker)}
    save_tensors(store.folder / "checkpoint-0.pt", hostile)  # its checksum is right
    assert store.load_checkpoint(0) is None
    assert "cannot be read" in store.problems[0]
    assert not marker.exists()
    torch.save(hostile, store.folder / "checkpoint-0.pt")
    torch.load(store.folder / "checkpoint-0.pt", weights_only=False)  # what it would have done
    assert marker.exists()


LIMITED = """
import resource, sys
import numpy, torch, yaml, pandas, albench.session, albench_datasets.features, albench_datasets.npz
now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 512 * 2**20,) * 2)
from albench.cli.main import main
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space through /proc")
@pytest.mark.parametrize("case", ["npy", "npz", "suite", "deep-suite"])
def test_a_claim_of_ten_gigabytes_allocates_nothing(case: str, tmp_path: Path, nursery: Nursery) -> None:
    """With half a gigabyte to spare."""
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2500000, 1000), }"
    npy = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + head.ljust(117) + b"\n" + bytes(400)
    words = ["run", "-s", "random", "--dry-run"]
    if case == "npy":
        (tmp_path / "pool").mkdir()
        for split in ("train", "val", "test"):
            for what in ("features", "labels"):
                (tmp_path / "pool" / f"{split}-{what}.npy").write_bytes(npy)
        words += ["-d", "features[path=pool]"]
    elif case == "npz":
        import zipfile

        with zipfile.ZipFile(tmp_path / "set.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            for split in ("train", "val", "test"):
                for what in ("images", "labels"):
                    archive.writestr(f"{split}_{what}.npy", npy)
        words += ["-d", "npz[path=set.npz]"]
    elif case == "suite":
        with (tmp_path / "s.yaml").open("wb") as file:
            file.truncate(10 * 2**30)
        words += ["s.yaml"]
    else:
        (tmp_path / "s.yaml").write_text("a: " + "[" * 100_000)
        words += ["s.yaml"]
    program = tmp_path / "limited.py"
    program.write_text(LIMITED)
    done = nursery.run(str(program), *words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert "MemoryError" not in done.stderr


PIECES = st.sampled_from(
    ["random", "subsample", "of", "=", "[", "]", ",", "'", '"', " ", "1", "1e9", "-", ".", "\n", "none", "é", "\\"]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join)))
def test_any_text_is_a_spec_or_one_line(text: str) -> None:
    found, error = tried(lambda: specs.parse(text))
    if error is None:
        assert specs.parse(str(found)) == found
    else:
        assert "\n" not in str(error)


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["random", "blobs", "10%"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
KEYS = st.sampled_from(["name", "datasets", "methods", "strategies", "backbones", "seeds", "protocol", "rounds", "lr"])


@settings(max_examples=250, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.dictionaries(KEYS, VALUES, max_size=5)))
def test_any_suite_is_read_or_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    import yaml

    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(content if isinstance(content, bytes) else yaml.safe_dump(content).encode())
    _, error = tried(lambda: load_suite(path))
    assert error is None or error.exit_code == 2

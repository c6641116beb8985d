"""``albench doctor`` in a process of its own, on machines that are well and on some that are not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from albench.cli.doctor import PARTS
from albench.doctor import checks, examine, places
from albench.doctor.diagnosis import Diagnosis
from albench.doctor.hardware import cpu_quota
from albench.doctor.places import file_system, there

ROOT = Path(__file__).parents[3]


def typed(*arguments: str, cwd: Path, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """The command as a user types it."""
    command = [*before, sys.executable, "-m", "albench", "doctor", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=cwd, env=environment)


Command = Callable[..., subprocess.CompletedProcess[str]]
Report = tuple[int, dict[str, list[dict[str, str]]]]


@pytest.fixture
def doctor(nursery: Any) -> Command:
    """The command in a process of its own."""

    def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(filter(None, sys.path))
        environment = {**os.environ, "PYTHONPATH": path, **environment}
        done: subprocess.CompletedProcess[str] = nursery.run("doctor", *arguments, cwd=cwd, environment=environment)
        return done

    return run


@pytest.fixture
def report(doctor: Command) -> Callable[..., Report]:
    """Its exit code and findings."""

    def run(*arguments: str, cwd: Path, **environment: str) -> Report:
        return read(doctor(*arguments, "--json", cwd=cwd, **environment))

    return run


def read(done: subprocess.CompletedProcess[str]) -> Report:
    assert "Traceback" not in done.stderr
    content = json.loads(done.stdout)
    assert (content["format"], content["ok"]) == (1, done.returncode == 0)
    return done.returncode, content["parts"]


def found(parts: dict[str, list[dict[str, str]]], part: str, what: str) -> dict[str, str]:
    (one,) = [diagnosis for diagnosis in parts[part] if diagnosis["what"] == what]
    return one


@pytest.fixture
def distribution(tmp_path: Path) -> Any:
    """Makes an installed distribution with one plugin from its code; returns the folder for the path."""

    def make(code: str) -> str:
        site = tmp_path / "site"
        info = site / "sorry-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sorry\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text("[albench]\nsorry = sorry_plugin\n")
        (site / "sorry_plugin.py").write_text(textwrap.dedent(code))
        return os.pathsep.join([str(site), *filter(None, sys.path)])

    return make


@pytest.fixture
def as_a_user() -> list[str]:
    """Before a command of root, so that what is shut is shut to it too, as to every other user."""
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        return []
    words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if not shutil.which("setpriv") or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("root may write everywhere, and cannot give that up here")
    return words


def test_a_machine_that_is_well(tmp_path: Path, doctor: Command) -> None:
    done = doctor("disk", "versions", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if line in PARTS] == ["versions", "disk"]
    assert all(line == line.lstrip() or line.split()[0] in ("ok", "-", "warning", "->") for line in lines if line)
    assert "BROKEN" not in lines[-1]
    assert not list(tmp_path.iterdir())  # the folders that it tried are gone again, and results was not made


def test_the_command_names_the_parts_that_there_are() -> None:
    assert tuple(checks(Path("results"), None, ())) == PARTS


def test_all_that_is_looked_at_is_in_the_json(tmp_path: Path) -> None:
    code, parts = read(typed("--out", "deep/down", "--json", cwd=tmp_path))
    assert code == 0
    assert tuple(parts) == PARTS
    assert {one["what"] for one in parts["versions"]} >= {
        "Python",
        "albench",
        "torch",
        "numpy",
        "libraries",
    }
    assert {diagnosis["what"] for diagnosis in parts["device"]} >= {"CPU", "GPU"}
    assert [diagnosis["what"] for diagnosis in parts["numerics"]] == ["threads", "denormal floats"]
    assert {"writing", "claims", "space"} <= {diagnosis["what"] for diagnosis in parts["disk"]}
    assert str(tmp_path) in found(parts, "disk", "results folder")["found"]
    assert {"digits", "mescc", "mescc-sim", "npz"} <= {diagnosis["what"] for diagnosis in parts["data"]}
    assert {"plot", "images", "timm"} & {diagnosis["what"] for diagnosis in parts["extras"]}
    assert "two runs of one seed are the same" in found(parts, "self-test", "train and query, cpu")["found"]
    for diagnosis in (diagnosis for part in parts.values() for diagnosis in part):
        assert diagnosis["advice"] or diagnosis["status"] in ("ok", "note")


class TestPlugins:
    def test_a_broken_one_is_named_with_its_distribution(
        self, tmp_path: Path, distribution: Any, report: Callable[..., Report]
    ) -> None:
        path = distribution("import a_library_that_is_not_here\n")
        code, parts = report("plugins", "self-test", cwd=tmp_path, PYTHONPATH=path)
        broken = found(parts, "plugins", "sorry")
        assert (code, broken["status"]) == (1, "broken")
        assert "sorry 1.2" in broken["found"]
        assert "a_library_that_is_not_here" in broken["found"]
        assert "ALBENCH_DISABLE_PLUGINS=sorry" in broken["advice"]
        assert found(parts, "self-test", "train and query, cpu")["status"] == "ok"  # it is not of this run

    def test_the_table_says_what_to_do(self, tmp_path: Path, distribution: Any, doctor: Command) -> None:
        done = doctor("plugins", cwd=tmp_path, PYTHONPATH=distribution("import a_library_that_is_not_here\n"))
        lines = done.stdout.splitlines()
        (row,) = [number for number, line in enumerate(lines) if "BROKEN" in line]
        assert "a_library_that_is_not_here" in lines[row]
        assert lines[row + 1].strip().startswith("-> pip install --upgrade sorry")
        assert (done.returncode, lines[-1]) == (1, "1 broken, 0 warnings: see what '->' says.")

    @pytest.mark.parametrize("way", ["import", "verify"])
    def test_one_that_wants_to_end_the_program(
        self, tmp_path: Path, distribution: Any, way: str, report: Callable[..., Report]
    ) -> None:
        path = distribution(
            f"""
            import sys
            from dataclasses import dataclass
            from albench.api import Dataset, hookimpl

            @dataclass(frozen=True)
            class Exits(Dataset):
                def load(self, root):
                    raise NotImplementedError

                def verify(self, root):
                    sys.exit(0)

            def __getattr__(name):
                sys.exit(0) if name == "Nothing" else None
                raise AttributeError(name)

            @hookimpl
            def albench_register(add):
                add.dataset("exits", {"Exits" if way == "verify" else "'sorry_plugin:Nothing'"}, "none")
            """
        )
        code, parts = report("plugins" if way == "import" else "data", cwd=tmp_path, PYTHONPATH=path)
        broken = [diagnosis["what"] for part in parts.values() for diagnosis in part if diagnosis["status"] == "broken"]
        assert (code, broken) == (1, ["dataset exits" if way == "import" else "exits"])

    def test_what_it_advises_helps(self, tmp_path: Path, distribution: Any, report: Callable[..., Report]) -> None:
        path = distribution("import a_library_that_is_not_here\n")
        code, parts = report("plugins", cwd=tmp_path, PYTHONPATH=path, ALBENCH_DISABLE_PLUGINS="sorry")
        assert (code, found(parts, "plugins", "sorry")["status"]) == (0, "note")

    def test_a_component_that_cannot_be_imported(
        self, tmp_path: Path, distribution: Any, report: Callable[..., Report]
    ) -> None:
        path = distribution(
            """
            from albench.api import hookimpl

            @hookimpl
            def albench_register(add):
                add.strategy("regret", "nowhere_at_all:Regret", "none")
            """
        )
        code, parts = report("plugins", cwd=tmp_path, PYTHONPATH=path)
        assert (code, found(parts, "plugins", "strategy regret")["status"]) == (1, "broken")

    def test_a_name_that_two_claim(self, tmp_path: Path, distribution: Any, report: Callable[..., Report]) -> None:
        path = distribution(
            """
            from albench.api import hookimpl, Strategy

            class Another(Strategy):
                def scores(self, view):
                    return view.index

            @hookimpl
            def albench_register(add):
                add.strategy("random", Another, "another")
            """
        )
        code, parts = report("plugins", cwd=tmp_path, PYTHONPATH=path)
        assert code == 1
        assert "sorry" in found(parts, "plugins", "strategy random")["found"]

    @pytest.mark.parametrize("way", ["option", "environment"])
    def test_a_file_that_cannot_be_used(
        self, tmp_path: Path, toy: str, way: str, report: Callable[..., Report]
    ) -> None:
        file = tmp_path / "mine.py"
        file.write_text("def half(\n")
        named = {"ALBENCH_PLUGINS": str(file)} if way == "environment" else {}
        options = [] if way == "environment" else ["--plugin", str(file)]
        code, parts = report("plugins", "data", "--plugin", toy, *options, cwd=tmp_path, **named)
        assert (code, found(parts, "plugins", str(file))["status"]) == (1, "broken")
        assert found(parts, "plugins", "toy")["status"] == "ok"
        assert found(parts, "data", "blobs")["status"] == "ok"

    def test_a_listener_that_fails(self, tmp_path: Path, distribution: Any, report: Callable[..., Report]) -> None:
        path = distribution(
            """
            from albench.api import hookimpl

            @hookimpl
            def albench_round_end(event):
                raise RuntimeError("no line to home")
            """
        )
        code, parts = report("self-test", cwd=tmp_path, PYTHONPATH=path)
        assert (code, found(parts, "self-test", "listeners")["status"]) == (0, "warning")
        assert "no line to home" in found(parts, "self-test", "listeners")["found"]


class TestDisk:
    @pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no folder that refuses even root")
    def test_a_folder_that_cannot_be_written(self, tmp_path: Path, report: Callable[..., Report]) -> None:
        code, parts = report("disk", "--out", "/proc/results", cwd=tmp_path)
        assert (code, found(parts, "disk", "writing")["status"]) == (1, "broken")
        assert "--out" in found(parts, "disk", "writing")["advice"]

    def test_a_folder_without_the_right_to_write(self, tmp_path: Path, as_a_user: list[str]) -> None:
        (tmp_path / "shut").mkdir(mode=0o555)
        code, parts = read(typed("disk", "--out", "shut", "--json", cwd=tmp_path, before=as_a_user))
        assert (code, found(parts, "disk", "writing")["found"]) == (1, f"{tmp_path / 'shut'}: Permission denied")

    def test_a_file_in_the_folders_place(self, tmp_path: Path, report: Callable[..., Report]) -> None:
        (tmp_path / "results").write_text("")
        code, parts = report("disk", cwd=tmp_path)
        assert (code, found(parts, "disk", "writing")["status"]) == (1, "broken")

    def test_little_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for free, status in ((2**40, "ok"), (2**29, "warning"), (2**20, "broken")):
            monkeypatch.setattr(places.shutil, "disk_usage", lambda _, free=free: Usage(free))
            (diagnosis,) = places._space(tmp_path)
            assert diagnosis.status == status

    def test_a_claim_that_holds_nobody_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert places._claim_is_respected(tmp_path / "claim") == ""
        monkeypatch.setattr(places, "_TRY_CLAIM", "pass")
        assert "both would run" in places._claim_is_respected(tmp_path / "other")
        steal = "import sys; p = sys.argv[1]; open(p + '-2', 'w').close(); sys.exit(3)"  # as if the folder lost names
        monkeypatch.setattr(places, "_TRY_CLAIM", steal)
        assert "ClaimLost" in places._claim_is_respected(tmp_path / "third")

    def test_the_file_system_is_that_of_the_nearest_mount(self, tmp_path: Path) -> None:
        mounts = tmp_path / "mounts"
        deep = str((tmp_path / "a b").resolve()).replace(" ", "\\040")
        mounts.write_text(f"home:/x {deep} nfs4 rw 0 0\n/dev/x / ext4 rw 0 0\n")
        assert file_system(tmp_path / "a b" / "c", mounts) == "nfs4"
        assert file_system(tmp_path / "a", mounts) == "ext4"
        assert file_system(tmp_path, tmp_path / "none") == ""

    def test_a_folder_that_is_not_there_yet(self, tmp_path: Path) -> None:
        assert there(tmp_path / "a" / "b") == tmp_path
        assert there(tmp_path) == tmp_path


class Usage:
    """As of ``shutil.disk_usage``."""

    def __init__(self, free: int) -> None:
        self.free = free


class TestData:
    def test_what_is_missing_and_how_to_get_it(self, tmp_path: Path, report: Callable[..., Report]) -> None:
        _, parts = report("data", "--data-dir", "empty", cwd=tmp_path)
        mescc = found(parts, "data", "mescc")
        assert (mescc["status"], mescc["found"]) == ("note", "not here: the data folder empty does not exist")
        assert "albench data simulate mescc" in mescc["advice"]

    def test_damaged_files(
        self, tmp_path: Path, report: Callable[..., Report], command_line: Callable[..., str]
    ) -> None:
        command_line(["data", "simulate", "mescc", "--out", "data"], tmp_path)
        code, parts = report("data", "--data-dir", "data", cwd=tmp_path)
        assert (code, found(parts, "data", "mescc")["status"]) == (0, "ok")
        file = max((tmp_path / "data").rglob("*train*features*.npy"))
        file.write_bytes(file.read_bytes()[:2000])
        code, parts = report("data", "--data-dir", "data", cwd=tmp_path)
        assert (code, found(parts, "data", "mescc")["status"]) == (1, "broken")
        assert file.name in found(parts, "data", "mescc")["found"]


@pytest.mark.skipif(os.name == "nt" or torch.cuda.is_available(), reason="takes the place of nvidia-smi")
def test_a_driver_whose_gpu_torch_does_not_see(tmp_path: Path, report: Callable[..., Report]) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 550.54.14\n")
    program.chmod(0o755)
    code, parts = report("device", cwd=tmp_path, PATH=os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    gpu = found(parts, "device", "GPU")
    assert (code, gpu["status"]) == (0, "warning")
    assert gpu["found"].startswith("driver 550.54.14, but torch ")
    assert "--device cpu" in gpu["advice"]


def test_the_share_that_a_container_grants(tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    for text, share in (("150000 100000\n", 1.5), ("max 100000\n", None), ("nonsense", None)):
        file.write_text(text)
        assert cpu_quota(file) == share
    assert cpu_quota(tmp_path / "none") is None


def test_a_check_that_fails_is_a_finding() -> None:
    def well() -> Any:
        yield Diagnosis("a", "ok", "b")
        raise RuntimeError("out of\nluck")

    ((title, diagnoses),) = examine({"part": well}, lambda _: None)
    assert (title, [diagnosis.status for diagnosis in diagnoses]) == ("part", ["ok", "broken"])
    assert diagnoses[1].found.startswith("RuntimeError: out of luck (test_doctor.py, line ")


@pytest.mark.parametrize("status", ["warning", "broken"])
def test_no_warning_without_what_to_do(status: Any) -> None:
    with pytest.raises(ValueError, match="without a word on what to do"):
        Diagnosis("a", status, "b")

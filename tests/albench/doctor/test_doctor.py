"""``albench doctor`` in a process of its own, on machines that are well and on some that are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from examined import Command, found, read, typed

from albench.cli.doctor import PARTS
from albench.doctor import checks, examine
from albench.doctor.diagnosis import Diagnosis


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


def test_a_check_that_fails_is_a_diagnosis() -> None:
    def well() -> Any:
        yield Diagnosis("a", "ok", "b")
        raise RuntimeError("out of\nluck")

    ((title, diagnoses),) = examine({"part": well}, lambda _: None)
    assert (title, [diagnosis.status for diagnosis in diagnoses]) == ("part", ["ok", "broken"])
    assert diagnoses[1].found.startswith("RuntimeError: out of luck (test_doctor.py, line ")

"""``albench new``: what it writes works, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from albench.api.kinds import KINDS
from albench.cli.main import cli
from albench.cli.new import RUN, RUN_WHOLE
from albench.components.registry import Registry
from albench.errors import UserError
from albench.testing.checks import findings
from albench.testing.targets import targets

SMALL = ("--seeds", "1", "--rounds", "2", "--steps", "3", "--set", "batch_size=16", "--set", "evaluations=1")

FORMS = [*((kind, ()) for kind in KINDS), *((kind, ("--whole",)) for kind in RUN_WHOLE)]
"""Every kind, and what is fitted whole."""
forms = pytest.mark.parametrize(("kind", "form"), FORMS, ids=["-".join([kind, *form]) for kind, form in FORMS])


def runs(kind: str, form: tuple[str, ...]) -> str:
    return (RUN_WHOLE if form else RUN)[kind].format(name="my-idea")


def new(*words: str) -> str:
    done = CliRunner().invoke(cli, ["new", *words], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.output


@forms
def test_a_single_file_keeps_its_contract_and_runs(
    kind: str, form: tuple[str, ...], tmp_path: Path, command_line: Callable[..., str]
) -> None:
    printed = new(kind, "my-idea", "--single-file", *form, "--dir", str(tmp_path))
    file = tmp_path / "my_idea.py"
    assert f"albench check {file}" in printed
    (target,) = targets(str(file))
    assert (target.kind, target.spec) == (kind, "my-idea")
    found = list(findings(target))
    assert [str(finding) for finding in found if finding.failed] == []
    assert [finding for finding in found if finding.status == "pass"]
    words = runs(kind, form).split()[1:]
    words += [] if kind == "executor" else ["--executor", "local"]  # no worker processes, which take seconds to start
    assert "failed" not in command_line([*words, "--plugin", str(file), *SMALL], tmp_path)


@forms
def test_a_package_is_complete(
    kind: str, form: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = new(kind, "my-idea", *form, "--dir", str(tmp_path))
    package = tmp_path / "albench-my-idea"
    assert [path.name for path in tmp_path.iterdir()] == ["albench-my-idea"]
    project = tomllib.loads((package / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["albench"] == {"my-idea": "albench_my_idea.plugin"}
    written = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    source = {f"src/albench_my_idea/{name}.py" for name in ("__init__", "plugin", kind)}
    others = {"README.md", "LICENSE", ".gitignore", ".github/workflows/test.yml", "tests/test_conformance.py"}
    assert written == source | others | {"pyproject.toml"}
    assert not [path for path in written if "$" in (package / path).read_text()]
    for step in ("cd ", "pip install -e", "pytest", "albench check my-idea", runs(kind, form)):
        assert step in printed
    monkeypatch.syspath_prepend(str(package / "src"))
    registry = Registry([str(package / "src" / "albench_my_idea" / "plugin.py")])
    registry.build(kind, "my-idea")  # type: ignore[arg-type]  # one of the kinds
    monkeypatch.undo()
    for module in [name for name in sys.modules if name.startswith("albench_my_idea")]:
        del sys.modules[module]


@forms
def test_what_is_written_is_clean(kind: str, form: tuple[str, ...], tmp_path: Path) -> None:
    pytest.importorskip("ruff", reason="ruff is not installed")
    new(kind, "my-idea", *form, "--dir", str(tmp_path))
    new(kind, "my-idea", "--single-file", *form, "--dir", str(tmp_path))
    for command in (["check"], ["format", "--check"]):
        config = str(Path(__file__).parents[3] / "pyproject.toml")
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", config, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("strategy", "My Idea"), "'My Idea' is not a name"),
        (("strategy", "-x-"), "is not a name"),
        (("strategy", "entropy"), "there is a strategy 'entropy' already"),
        (("strategy", "my-idea", "--dir", "nowhere"), "there is no such folder"),
        (("strategy", "my-idea", "--whole"), "--whole is for a method or a backbone: leave it out of"),
        (("executor", "my-idea", "--whole"), "leave it out of 'albench new executor my-idea'"),
    ],
)
def test_what_cannot_be_written_is_told(
    words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        new(words[0], *words[2:], "--", words[1])
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    new("tracker", "my-idea", "--dir", str(tmp_path))
    with pytest.raises(UserError, match="is there already"):
        new("strategy", "my-idea", "--dir", str(tmp_path))
    assert (tmp_path / "albench-my-idea" / "src" / "albench_my_idea" / "tracker.py").exists()


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Path) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(OSError, match="no space left"):
        new("strategy", "my-idea", "--dir", str(tmp_path))
    assert list(tmp_path.iterdir()) == []

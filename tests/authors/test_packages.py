"""As a plugin author: a fresh environment with albench's wheel alone, and real packages installed by pip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "albench-margin-spread": {"strategy margin-spread"},
    "albench-rings": {"dataset rings", "method temporal-ensembling"},
}
SEVERAL = """
import contextlib, io, json, sys
from albench.cli.main import main

for words in json.load(sys.stdin):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            main(words)
        except SystemExit as end:
            if end.code:
                sys.exit(f"{words}: exit code {end.code}\\n{printed.getvalue()}")
    print(json.dumps(printed.getvalue()))
"""
"""Command lines one after the other in one process, which imports torch once."""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with albench's wheel; the libraries it needs are those of this environment."""
    folder = tmp_path_factory.mktemp("author")
    source = folder / "source"
    shutil.copytree(ROOT / "albench", source / "albench", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "plugins", source / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    _pip("wheel", "-w", str(folder), str(source))
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    target = next((folder / "venv" / "lib").glob("python*/site-packages"))
    _pip("install", "--target", str(target), *map(str, folder.glob("*.whl")))
    # What stands in a .pth file comes after the packages of the environment itself.
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (target / "libraries.pth").write_text("\n".join(libraries) + "\n")
    where = _run(python, "-c", "import albench; print(albench.__file__)", cwd=folder).stdout
    assert where.startswith(str(target)), "this checkout is not what is tested"
    return python


def _pip(command: str, *words: str) -> None:
    options = ["-q", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", command, *options, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _run(python: Path, *words: str, cwd: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "ALBENCH"))}
    environment["OMP_NUM_THREADS"] = "1"
    done = subprocess.run(
        [str(python), *words], input=given, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


def _albench(python: Path, *lines: str, cwd: Path) -> list[str]:
    """What ``albench`` prints for each of some command lines."""
    done = _run(python, "-c", SEVERAL, cwd=cwd, given=json.dumps([line.split() for line in lines]))
    return [str(json.loads(line)) for line in done.stdout.splitlines()]


def _install(python: Path, *packages: Path) -> None:
    """``pip install ./package`` into the environment."""
    target = next((python.parents[1] / "lib").glob("python*/site-packages"))
    _pip("install", "--target", str(target), *map(str, packages))


def test_from_an_idea_to_the_table(python: Path, tmp_path: Path) -> None:
    _run(python, "-m", "albench", "new", "strategy", "my-idea", cwd=tmp_path)
    package = tmp_path / "albench-my-idea"
    _install(python, package)
    tested = _run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=package).stdout
    assert " passed" in tested
    assert "failed" not in tested
    checked, _, table, listed = _albench(
        python,
        "check my-idea",
        "run -s my-idea -s random -d digits --seeds 2 --rounds 2 --steps 20 --executor local",
        "compare",
        "list plugins --json",
        cwd=tmp_path,
    )
    assert "0 failed" in checked
    assert "my-idea" in table
    assert "random" in table
    plugins = {p["from"]: p for p in json.loads(listed)}
    assert plugins["albench-my-idea"]["components"] == "strategy my-idea"
    assert not plugins["albench-my-idea"]["error"]


def test_the_example_packages_are_built_installed_and_checked(python: Path, tmp_path: Path) -> None:
    for name in EXAMPLES:
        shutil.copytree(ROOT / "examples" / name, tmp_path / name)
    _install(python, *(tmp_path / name for name in EXAMPLES))
    for name in EXAMPLES:
        tested = _run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path / name).stdout
        assert " passed" in tested
    *checks, _, table = _albench(
        python,
        *(f"check {name} --json" for name in EXAMPLES),
        "run -d rings -m temporal-ensembling -m supervised -s random --seeds 2 --initial 12 --query-size 12 "
        "--rounds 2 --steps 50 --executor local",
        "compare",
        cwd=tmp_path,
    )
    for (name, components), printed in zip(EXAMPLES.items(), checks, strict=True):
        checked = json.loads(printed)
        assert {f"{entry['kind']} {entry['component']}" for entry in checked} == components, name
        assert not [f for entry in checked for f in entry["findings"] if f["status"] == "fail"], name
    assert "temporal-ensembling" in table

"""The rooms and floors of docs/architecture.md, read from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = [
    {"errors", "limits", "log", "spec", "seeds", "interrupts", "files", "machine", "holders", "claims"}
    | {"environment", "wording", "code_files", "reloading", "global_settings", "side_effects", "plugin_files"},
    {"api"},
    {"plugins", "trackers", "plan", "suite_file", "yaml_text", "records", "store", "compare", "metrics"}
    | {"naming", "panels", "arguments", "views", "identity", "known_as", "items", "item_predictions"}
    | {"provenance", "declared"},
    {
        "kernels",
        "pool",
        "equal_items",
        "near_items",
        "oracle",
        "view",
        "augment",
        "batches",
        "optimizer",
        "train",
        "lanes",
        "share",
        "evaluate",
        "loading",
    },
    {"loop", "together"},
    {"prepare", "jobs", "grouping", "manifest", "runner", "session"}
    | {"bench", "extract", "estimate", "results", "render", "report", "archive", "merge", "progress", "sources"}
    | {"doctor", "mixing", "agreement", "copies", "elsewhere", "picks", "view_effects", "mirrored"},
    {"testing", "pytest_plugin", "scaffold", "cli"},
]
LIGHT = FLOORS[0] | FLOORS[1] | FLOORS[2]
FILES = sorted((ROOT / "albench").rglob("*.py"))
PLUGIN_FILES = sorted((ROOT / "plugins").rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(ROOT / "albench").parts[0].removesuffix(".py")


def imports(path: Path, at_start_only: bool = False) -> set[str]:
    """Absolute names of all modules that a file imports, those for type checkers aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    inside = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in checked or (at_start_only and node in inside):
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def floor(name: str) -> int:
    for number, rooms in enumerate(FLOORS):
        if name in rooms:
            return number
    raise AssertionError(f"albench/{name} stands on no floor: add it to docs/architecture.md and to FLOORS")


@pytest.mark.parametrize("path", [f for f in FILES if room(f) not in ("__init__", "__main__")], ids=str)
def test_a_file_imports_its_own_floor_or_lower_ones(path: Path) -> None:
    here = floor(room(path))
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "albench" and len(parts) > 1 and (ROOT / "albench" / parts[1]).exists():
            assert floor(parts[1]) <= here, f"{path} imports {name}"
        if parts[0] == "albench" and len(parts) > 1 and (ROOT / "albench" / f"{parts[1]}.py").exists():
            assert floor(parts[1]) <= here, f"{path} imports {name}"


def test_rooms_do_not_import_in_circles() -> None:
    graph: dict[str, set[str]] = {}
    names = {".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): f for f in FILES}
    for name, path in names.items():
        graph[name] = {m for m in imports(path, at_start_only=True) if m in names and m != name and m != "albench"}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("path", FILES, ids=str)
def test_the_core_imports_no_plugin(path: Path) -> None:
    assert not [name for name in imports(path) if name.startswith("albench_")]


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=str)
def test_a_plugin_imports_the_contract_and_the_kernels_alone(path: Path) -> None:
    own = path.relative_to(ROOT / "plugins").parts[0]
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "albench":
            assert parts[1] in ("api", "kernels"), f"{path} imports {name}"
        if parts[0].startswith("albench_"):
            assert parts[0] == own, f"{path} imports its sibling {name}"


@pytest.mark.parametrize("path", [f for f in FILES if room(f) in LIGHT], ids=str)
def test_nothing_below_the_kernels_imports_torch_at_start(path: Path) -> None:
    assert not [name for name in imports(path, at_start_only=True) if name.split(".")[0] == "torch"]


HEAVY = ("torch", "pandas", "sklearn", "scipy", "numpy")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["list", "plugins", "--json"], ["run", "--help"], ["doctor", "-h"]]
)
def test_light_commands_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom albench.cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\nassert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_component_name_decides_in_the_core() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                values = [n.value for n in node.comparators if isinstance(n, ast.Constant)]
                assert not {"boostmis", "fixmatch", "coreset", "mescc-sim", "entropy"} & set(values), path

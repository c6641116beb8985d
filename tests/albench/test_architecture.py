"""The rooms and floors of docs/architecture.md, read from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from albench.api.kinds import KINDS
from albench.components.registry import Registry
from albench.wording import plural

ROOT = Path(__file__).parents[2]
GROUND = {
    "errors",
    "wording",
    "seeds",
    "version",
    "metrics",
    "metric_table",
    "devices",
    "environment",
    "item_predictions",
    "garbage",
}
"""What everything stands on; itself it stands on nothing but ``errors``, ``wording`` and ``devices``."""
ASKS: dict[str, set[str]] = {
    "disk": set(),
    "kernels": set(),
    "compare": {"components"},
    "api": {"disk"},
    "augment": {"api"},
    "components": {"api"},
    "data": {"components"},
    "suite": {"components"},
    "training": {"data", "suite", "augment"},
    "results": {"suite", "compare"},
    "trial": {"training", "results", "kernels"},
    "execution": {"trial"},
    "bench": {"execution"},
    "extract": {"execution"},
    "session": {"execution"},
    "selection": {"execution"},
    "testing": {"trial"},
    "pytest_plugin": {"testing"},
    "doctor": {"session", "bench"},
    "render": {"results", "bench", "doctor"},
    "report": {"render"},
    "scaffold": set(),
    "cli": {"report", "render", "doctor", "extract", "session", "testing"},
}
"""Package or door -> those that it may import, and through them what they may; nothing imports what stands above it."""
DOORS = {"__init__", "__main__"}
"""Where a user comes in: these may ask anyone, lazily."""
LIGHT = GROUND | {"disk", "api", "components", "suite", "compare", "results"}
FILES = sorted((ROOT / "albench").rglob("*.py"))
PLUGIN_FILES = sorted((ROOT / "plugins").rglob("*.py"))
CODE = [*FILES, *PLUGIN_FILES]
MODULES = {".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): f for f in FILES}


PUBLIC = {
    "albench/session.py: run",
    "albench/selection.py: select",
    "albench/api/options.py: option",
    "albench/data/in_memory.py: arrays",
    "albench/testing/views.py: make_view",
}
"""Functions whose parameters are what a user types by name, however many there are."""
ELSEWHERE = {
    "__main__": "cli/test_main",
    "testing/checks": "testing/test_targets",
}
"""Modules whose tests have another name."""


def room(path: Path) -> str:
    return path.relative_to(ROOT / "albench").parts[0].removesuffix(".py")


def imports(path: Path, at_start_only: bool = False) -> set[str]:
    """Absolute names of all that a file imports; at its start only, those in functions and for type checkers aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if at_start_only and node in late:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if names <= set(MODULES) else {node.module, *names}  # of a package's files, or of itself
    return found


def rooms_asked(path: Path) -> set[str]:
    """The other rooms of the core that a file imports, wherever in it."""
    parts = [name.split(".") for name in imports(path)]
    rooms = {room(file) for file in FILES}
    return {name[1] for name in parts if name[0] == "albench" and len(name) > 1 and name[1] in rooms} - {room(path)}


def below(name: str) -> set[str]:
    """All that a room may import."""
    return ASKS[name].union(*map(below, ASKS[name]))


def test_each_room_is_known() -> None:
    assert {room(path) for path in FILES} == GROUND | set(ASKS) | DOORS


@pytest.mark.parametrize("path", [f for f in FILES if room(f) not in DOORS], ids=str)
def test_a_file_imports_what_stands_below_it(path: Path) -> None:
    may = {"errors", "wording", "devices"} if room(path) in GROUND else GROUND | below(room(path))
    assert rooms_asked(path) <= may


@pytest.mark.parametrize("name", sorted(ASKS))
def test_what_a_room_may_ask_it_does(name: str) -> None:
    """An arrow that nobody goes is one that somebody will go by mistake."""
    asked = set[str]().union(*(rooms_asked(path) for path in FILES if room(path) == name))
    assert {other for other in ASKS[name] if not asked & ({other} | below(other))} == set()


def test_files_do_not_import_in_circles() -> None:
    """Imports in functions and for type checkers included: two files that know each other are one."""
    graph: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        graph[name] = {found for found in imports(path) if found in MODULES and found not in (name, "albench")}
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


ALSO_MEANS = {
    "encoded": {"data/vectors.py"},  # a folder
    "features": {"api", "bench", "data", "execution", "testing"},  # a modality
    "random": {"components/global_settings.py", "suite", "trial/labels.py"},  # Python's module; a way to draw
    "balanced": {"suite", "training/batches.py"},  # a way to draw
    "entropy": {"kernels/__init__.py", "suite/arguments.py", "suite/naming.py"},  # a kernel; an example in messages
    "margin": {"kernels/__init__.py"},  # a kernel
    "dash": {"render", "report"},  # how a line is drawn
    "local": {"results/provenance.py"},  # code that is edited where it lies
    "identity": {"augment/ops.py", "data/download.py"},  # an operation that changes nothing; how a file is sent
    "tfidf": {"suite/naming.py"},
    "text": {
        "cli/data.py",
        "components/defaults.py",
        "api/task.py",
        "api/backbone.py",
        "data",
        "suite/views.py",
        "testing",
        "results",
        "render",
    },  # a modality; text
    **{name: {"environment.py"} for name in ("timm", "skactiveml", "xgboost", "lightgbm", "catboost", "tabpfn")},
    "boostmis": {"suite/arguments.py"},  # an example in messages, as those that follow
    "digits": {"suite/arguments.py", "suite/naming.py"},
    "fixmatch": {"suite/naming.py"},
    "mlp": {"suite/naming.py"},
    "table": {"cli/compare.py", "compare/comparison.py", "render"},  # a format
}
"""Name of a component -> files and packages of the core where the word is something else."""


def texts(path: Path) -> set[str]:
    """A file's strings, those that stand alone, as docstrings do, aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in alone)
    return {node.value for node in constants if isinstance(node.value, str)}


def test_the_core_names_no_component() -> None:
    """Plugins mark what is default, baseline or stand-in. Sentences, as of help and errors, may have examples."""
    names = {component.name for component in Registry().components() if component.distribution == "albench"}
    named = {
        (name, path.relative_to(ROOT / "albench").as_posix())
        for path in FILES
        for name in {text.partition("[")[0] for text in texts(path)} & names
    }
    allowed = {(name, file) for name, file in named if {file, file.partition("/")[0]} & ALSO_MEANS.get(name, set())}
    assert named == allowed
    for name, places in ALSO_MEANS.items():
        assert all(any(file.startswith(place) for of, file in named if of == name) for place in places), name


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions of a file, by how an exception to a rule names them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}: {node.name}", node


def test_a_file_is_read_at_one_sitting() -> None:
    lines = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in CODE}
    assert {name: count for name, count in lines.items() if count > 300} == {}


def test_a_function_fits_on_a_screen() -> None:
    """Its docstring aside."""
    long = {}
    for path in CODE:
        for name, node in functions(path):
            text = ast.get_docstring(node, clean=False)
            length = (node.end_lineno or 0) - node.lineno + 1 - (text.count("\n") + 1 if text else 0)
            if length > 60:
                long[name] = length
    assert long == {}


def test_what_belongs_together_is_handed_on_whole() -> None:
    """Nothing but a public door takes more than eight parameters."""
    wide = set()
    for path in CODE:
        for name, node in functions(path):
            taken = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            if len(taken) - (taken[:1] in (["self"], ["cls"])) > 8:
                wide.add(name)
    assert wide == PUBLIC


def test_each_module_has_its_tests_where_one_looks_for_them() -> None:
    """``albench/ROOM/NAME.py`` in ``tests/albench/ROOM/test_NAME.py``; the kit's by kind of component."""
    expected = {}
    for path in FILES:
        module = path.relative_to(ROOT / "albench").with_suffix("")
        kind, _, rest = module.name.partition("_")
        name = plural(kind) if module.parts[0] == "testing" and kind in KINDS and rest else module.name
        if module.name != "__init__":
            expected[str(module)] = f"{module.parent / f'test_{name}'}"
    assert ELSEWHERE.keys() <= expected.keys()
    missing = {
        name: file
        for name, file in (expected | ELSEWHERE).items()
        if not (ROOT / "tests" / "albench" / f"{file}.py").exists()
    }
    assert missing == {}
    assert {name for name in ELSEWHERE if (ROOT / "tests" / "albench" / f"{expected[name]}.py").exists()} == set()

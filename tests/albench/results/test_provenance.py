"""What makes a trial's numbers beside its settings: compared when it goes on, and when it is complete."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.components import reloading
from albench.components.code_files import digest
from albench.components.registry import registry
from albench.disk.files import sealed_text
from albench.errors import AlbenchError, PluginError, StoreError, TrialError
from albench.execution.jobs import run_job
from albench.results import lineage, provenance
from albench.results.provenance import Provenance, difference
from albench.results.records import read_trial
from albench.results.store import SuiteStore

ROOT = Path(__file__).parents[3]
TINY: dict[str, Any] = {"initial": 20, "query_size": 4, "rounds": 2, "steps": 3, "seeds": 1, "executor": "local"}
PLUGIN = """
    from dataclasses import dataclass
    from albench.api import Strategy, hookimpl, option
    from beside import SIGN

    @dataclass(frozen=True)
    class It(Strategy):
        needs = frozenset({"probs"})
        weights: str = option("", "a file")

        def scores(self, view):
            return SIGN * view.probs.max(dim=1).values * 1

    @hookimpl
    def albench_register(add):
        add.strategy("it", It)
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin file and a module beside it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(reloading, "_loaded", {})
    monkeypatch.delitem(sys.modules, "beside", raising=False)
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "beside.py").write_text("SIGN = +1\n")
    (folder / "it.py").write_text(textwrap.dedent(PLUGIN))
    return folder / "it.py"


@pytest.fixture
def run(plugin: Path, tmp_path: Path) -> Callable[..., list[list[int]]]:
    """Run the plugin's strategy; returns what each trial queried first."""

    def run(**more: Any) -> list[list[int]]:
        settings = {**TINY, "dataset": "digits", "method": "supervised", "strategy": "it", "name": "s", **more}
        albench.run(**settings, plugins=[plugin], out=tmp_path)
        records = [path.read_text().splitlines()[0] for path in sorted(tmp_path.glob("s/trials/*/rounds.jsonl"))]
        return [json.loads(record)["queried"] for record in records]

    return run


def edit(path: Path, old: str, new: str) -> None:
    """Change a file without changing its size, and give it the times that it had."""
    before = path.stat()
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("file", ["it.py", "beside.py"])
@pytest.mark.parametrize("left", [1, 2], ids=["incomplete", "complete"])
def test_edited_code_never_returns_old_numbers(
    run: Callable[..., Any], plugin: Path, tmp_path: Path, file: str, left: int
) -> None:
    before = run()
    (trial,) = (tmp_path / "s" / "trials").iterdir()
    SuiteStore(tmp_path / "s").trial(trial.name).truncate(left)
    if file == "it.py":
        edit(plugin, "* 1", "*-1")
    else:
        edit(plugin.parent / file, "+1", "-1")
    found = {path: path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file()}
    with pytest.raises(
        StoreError, match=rf"was made with another {file} than strategy it has now: use --name .*--fresh"
    ):
        run()
    assert {path: path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file()} == found
    after = run(fresh=True)
    assert after != before  # the new code was used, in this same process
    if left == 2:  # once a file: nothing of before is there any more
        assert run(fresh=True, executor="processes[workers=1]") == after
    assert run() == after


def test_a_component_in_another_is_part_of_it(run: Callable[..., Any], plugin: Path) -> None:
    run(strategy="stochastic[of=it]")
    edit(plugin, "* 1", "*-1")
    with pytest.raises(StoreError, match=r"another it\.py than strategy stochastic\[of=it\] has now"):
        run(strategy="stochastic[of=it]")


def test_the_strategy_of_the_first_labels_is_part_of_every_trial(tmp_path: Path, plugin: Path) -> None:
    cold = plugin.with_name("cold.py")
    text = "class It(Strategy):\n    cold_start = True\n    needs = frozenset()"
    source = plugin.read_text().replace('class It(Strategy):\n    needs = frozenset({"probs"})', text)
    cold.write_text(source.replace("view.probs.max(dim=1).values", "view.x.flatten(1).sum(1)"))
    settings = {**TINY, "dataset": "digits", "method": "supervised", "strategy": "random", "initial_strategy": "it"}
    albench.run(**settings, plugins=[cold], out=tmp_path, name="s")
    edit(cold, "* 1", "*-1")
    with pytest.raises(StoreError, match=r"another cold\.py than initial_strategy it has now"):
        albench.run(**settings, plugins=[cold], out=tmp_path, name="s")


@pytest.mark.parametrize("folder", [False, True])
def test_a_file_that_an_option_names_is_part_of_the_component(
    run: Callable[..., Any], tmp_path: Path, folder: bool
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "a.pt").write_bytes(b"0")
    named = weights if folder else weights / "a.pt"
    run(strategy=f"it[weights={named}]")
    (weights / "a.pt").write_bytes(b"1")
    with pytest.raises(StoreError, match=rf"another weights={named} than strategy"):
        run(strategy=f"it[weights={named}]")
    (weights / "a.pt").write_bytes(b"0")
    run(strategy=f"it[weights={named}]")


@pytest.mark.parametrize("file", ["mine.py", "beside.py"])
def test_a_function_that_an_option_names_is_its_code(run: Callable[..., Any], plugin: Path, file: str) -> None:
    mine = plugin.with_name("mine.py")
    mine.write_text("from beside import SIGN\ndef unsure(probs):\n    return SIGN * probs.max(axis=1) * 1\n")
    function = f"callable[path={mine}:unsure,returns=scores]"
    before = run(strategy=function)
    edit(plugin.with_name(file), "* 1" if file == "mine.py" else "+1", "*-1" if file == "mine.py" else "-1")
    with pytest.raises(StoreError, match=rf"another {file} than strategy callable"):
        run(strategy=function)
    assert run(strategy=function, fresh=True) != before, "the new code was used, in this same process"


def test_code_that_changes_under_a_run_fails_the_trials_that_follow(
    run: Callable[..., Any], plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edited(job: Any, emit: Any) -> Any:
        edit(plugin, "* 1", "*-1")
        return run_job(job, emit)

    monkeypatch.setattr("albench.execution.runner.run_job", edited)
    with pytest.raises(TrialError, match=r"it\.py of strategy it is not what the run began with.*start the run again"):
        run()


def test_a_trial_of_an_earlier_version_goes_on_and_what_made_it_stays_unknown(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    before = run()
    (trial,) = (tmp_path / "s" / "trials").iterdir()
    facts = json.loads((trial / "trial.json").read_text())
    del facts["checksum"], facts["made_by"]
    (trial / "trial.json").write_text(sealed_text(facts))
    SuiteStore(tmp_path / "s").trial(trial.name).truncate(1)
    told: list[str] = []

    class Listener:
        def plan(self, plan: Any) -> None: ...
        def outcome(self, outcome: Any) -> None: ...
        def event(self, event: Any) -> None:
            told.append(getattr(event, "text", ""))

    assert run(listener=Listener()) == before
    assert "1 trial on disk from before albench kept what code makes a trial" in " ".join(told)
    assert "made_by" not in json.loads((trial / "trial.json").read_text())
    run(fresh=True)
    assert "made_by" in json.loads((trial / "trial.json").read_text())


def test_a_package_that_is_edited_where_it_lies_is_imported_anew(
    tmp_path: Path, plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "pickers"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    source = plugin.read_text().replace("from beside import SIGN", "from pickers.sign import SIGN")
    (package / "strategy.py").write_text(source.split("@hookimpl")[0])
    (package / "sign.py").write_text("SIGN = +1\n")
    register = 'from albench.api import hookimpl\n@hookimpl\ndef albench_register(add):\n    add.strategy("it", '
    plugin.write_text(f'{register}"pickers.strategy:It")\n')
    monkeypatch.syspath_prepend(str(package.parent))
    files = (str(plugin),)
    first = registry(files).find("strategy", "it").load()
    Provenance(registry(files), None).part("strategy", "it[weights='']")
    edit(package / "sign.py", "+1", "-1")
    again = registry(files).find("strategy", "it").load()
    assert again is not first
    assert sys.modules["pickers.sign"].SIGN == -1
    assert registry(files).find("strategy", "it").load() is again
    for name in [name for name in sys.modules if name.startswith("pickers")]:
        del sys.modules[name]


def test_a_process_that_holds_older_code_of_albench_is_told_to_start_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    provenance.core()
    monkeypatch.setattr(provenance, "_core_hash", lambda: "0" * 16)
    with pytest.raises(PluginError, match="own code changed after this process had loaded it: start Python anew"):
        provenance.core()


def test_a_core_that_is_edited_under_a_process_is_told_though_it_was_looked_at_before(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "albench", tmp_path / "albench", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sys, time\nfrom pathlib import Path\nimport albench\nfrom albench.results import provenance\n"
        "here = Path(albench.__file__).parent\nassert here == Path(sys.argv[1]), here\n"
        "now = time.time\ntime.time = lambda: now() + 10\n"
        "first = provenance.core()\nassert provenance._core_kept[0] and provenance.core() == first\n"
        "file = here / 'training' / 'loop.py'\n"
        "text = file.read_text()\nfile.write_text(text.replace('score >= self', 'score > self'))\n"
        "try: provenance.core()\nexcept Exception as error: assert 'own code changed' in str(error)\n"
        "else: raise SystemExit('it was not told')\n"
        "file.write_text(text)\nassert provenance.core() == first\n"
        "(here / 'augment' / 'more.py').write_text('')\n"
        "try: provenance.core()\nexcept Exception as error: assert 'own code changed' in str(error)\n"
        "else: raise SystemExit('a new file was not told')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "albench")], check=True, env=environment, cwd=tmp_path)


def test_the_training_loop_is_part_of_every_trial_and_one_strategy_of_its_own_alone() -> None:
    made = Provenance(registry(), None)
    entropy, badge = (made.part("strategy", name) for name in ("entropy", "badge"))
    assert "albench_uncertainty/scores.py" in entropy["files"]
    assert not [name for name in entropy["files"] if name.startswith("albench_hybrid")]
    assert "albench/kernels/kmeanspp.py" in badge["files"]
    assert "albench/kernels/kmeanspp.py" not in entropy["files"]
    named = ("trial/run", "training/loop", "training/lanes", "trial/labels", "trial/view", "training/optimizer")
    places = [ROOT / "albench" / name for name in provenance.DECIDES]
    assert all(place.is_dir() or place.with_suffix(".py").is_file() for place in places)
    assert {name for name in named if not {name, name.partition("/")[0]} & {*provenance.DECIDES}} == set()


SHARED = {"albench_estimators/__init__.py", "albench_estimators/library.py", "albench_estimators/columns.py"}


@pytest.mark.parametrize(
    ("kind", "spec", "files"),
    [
        ("backbone", "sklearn[class='',model=knn]", SHARED | {"albench_estimators/sklearn_.py"}),
        ("backbone", "lightgbm", SHARED | {"albench_estimators/boosting.py"}),
        ("backbone", "tabpfn", SHARED | {"albench_estimators/tabpfn_.py"}),
        ("backbone", "linear[C=1.0,solver=converged]", {"__init__", "linear", "logistic"}),
        ("method", "self-training", {"__init__", "self_training", "weighted"}),
        ("method", "label-spreading", {"__init__", "label_spreading", "weighted"}),
    ],
)
def test_an_estimators_code_is_its_own_files(kind: Any, spec: str, files: set[str]) -> None:
    wanted = {name if "/" in name else f"albench_estimators/{name}.py" for name in files}
    assert set(Provenance(registry(), None).part(kind, spec)["files"]) == wanted


def test_a_forest_of_when_all_files_beside_counted_goes_on() -> None:
    spec = "sklearn[class='',model=random-forest]"
    now = {"core": provenance.core(), "backbone": Provenance(registry(), None).part("backbone", spec)}
    files = {**now["backbone"]["files"], "albench_estimators/library.py": "dfd9d9717d6126c7"}
    beside = {f"albench_estimators/{name}.py": "0" * 16 for name in ("boosting", "linear", "plugin", "weighted")}
    then = {**now, "backbone": {**now["backbone"], "files": {**files, **beside}}}
    assert difference(then, now, {"backbone": spec}, whole=True) is None
    then["backbone"]["files"]["albench_estimators/sklearn_.py"] = "0" * 16
    other = difference(then, now, {"backbone": spec}, whole=True)
    assert other is not None
    assert other.what == "albench_estimators/sklearn_.py"


def test_todays_training_code_is_the_one_that_was_compared_with_what_came_before() -> None:
    now = provenance.core()["files"]["albench"]
    assert now == lineage.NOW, (
        "the training code changed: run benchmarks/same_records.py keep DIR before the edit and same DIR after it. "
        f"Where all is the same, put NOW into SAME and make NOW {now!r}, else empty SAME (albench/results/lineage.py)."
    )


def test_todays_files_of_plugins_are_those_that_were_compared_with_what_came_before() -> None:
    places = {name: ROOT if name.startswith("albench/") else ROOT / "plugins" for name in lineage.PLUGINS}
    now = {name: digest(place / name) for name, place in places.items()}
    assert now == {name: today for name, (today, _) in lineage.PLUGINS.items()}


def test_a_plugins_file_stands_for_what_it_held_before_where_its_numbers_are_the_same() -> None:
    (name, (today, same)), *_ = lineage.PLUGINS.items()
    (before, *_) = same
    assert lineage.as_now(name, before, today) == today
    assert lineage.as_now(name, before, "another") == before
    assert lineage.as_now(name, "another", today) == "another"
    assert lineage.as_now("mine.py", before, today) == before


def test_code_that_moved_into_a_file_of_its_own_was_in_the_one_that_it_was_in(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"a.py": ("now", frozenset({"then"})), "b.py": ("part", frozenset({lineage.NOT_THERE}))}
    monkeypatch.setattr(lineage, "PLUGINS", known)

    def what(then: dict[str, str], now: dict[str, str]) -> str | None:
        made = [{"strategy": {**RELEASED, "local": ["albench"], "files": files}} for files in (then, now)]
        found = difference(*made, {"strategy": "s"})
        return found.what if found else None

    assert what({"a.py": "then"}, {"a.py": "now", "b.py": "part"}) is None
    assert what({"a.py": "then"}, {"a.py": "now", "b.py": "edited"}) == "b.py"
    assert what({"a.py": "older"}, {"a.py": "now", "b.py": "part"}) == "a.py"
    assert what({"a.py": "then"}, {"a.py": "now", "c.py": "part"}) == "c.py"


def test_results_of_earlier_training_code_go_on_where_its_numbers_are_the_same(
    small_run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_run(rounds=2)
    (trial,) = tmp_path.glob("results/blobs/trials/*")
    facts = read_trial(trial).facts
    facts.pop("checksum", None)
    facts["made_by"]["core"]["files"]["albench"] = "feedfeedfeedfeed"
    (trial / "trial.json").write_text(sealed_text(facts), encoding="utf-8")
    with pytest.raises(AlbenchError, match="training code"):
        small_run(rounds=2)
    monkeypatch.setattr(lineage, "SAME", frozenset({"feedfeedfeedfeed"}))
    small_run(rounds=2)
    monkeypatch.setattr(lineage, "NOW", "0" * 16)  # the code changed again: what was the same says nothing of it
    with pytest.raises(AlbenchError, match="training code"):
        small_run(rounds=2)


NOT_DECIDING = {
    *("errors", "wording", "environment", "version", "metric_table", "item_predictions"),
    *("suite.budgets", "suite.full", "suite.limits", "suite.settings"),
    *("results.records", "results.store", "results.provenance", "results.lineage"),
    *("api.executor", "api.facts", "api.hooks", "api.kinds", "api.options", "api.published", "api.tracker"),
    *("api", "kernels.sending"),
}
"""What a trial's rounds import and what no number comes from."""


def test_what_a_round_imports_of_the_core_is_known_to_decide_numbers_or_not_to() -> None:
    waiting, seen = ["trial.rounds"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name in NOT_DECIDING or name.partition(".")[0] in ("disk", "components"):
            continue
        seen.add(name)
        place = ROOT / "albench" / name.replace(".", "/")
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("albench"):
                base = (node.module or "").removeprefix("albench").lstrip(".")
                for alias in node.names:
                    inner = f"{base}.{alias.name}".lstrip(".")
                    path = ROOT / "albench" / inner.replace(".", "/")
                    found = inner if path.is_dir() or path.with_suffix(".py").is_file() else base
                    if found == "kernels":
                        found = next(k for k in _kernels() if alias.name in _kernels()[k])
                    waiting.append(found)
    decides = [name.replace("/", ".") for name in provenance.DECIDES]
    assert {name for name in seen if not any(name == d or name.startswith(f"{d}.") for d in decides)} == set()


def _kernels() -> dict[str, list[str]]:
    tree = ast.parse((ROOT / "albench" / "kernels" / "__init__.py").read_text())
    nodes = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {str(n.module).removeprefix("albench."): [a.name for a in n.names] for n in nodes}


RELEASED = {"versions": {"albench": "1"}, "local": [], "files": {"a.py": "x"}}


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        ({}, {}, None),
        ({"files": {"a.py": "y"}}, {}, "a.py"),
        ({"versions": {"albench": "0"}, "files": {"a.py": "y"}}, {}, None),
        ({"versions": {"albench": "0"}, "files": {"a.py": "y"}, "local": ["albench"]}, {}, "a.py"),
        ({"versions": {"mine": "0"}}, {"versions": {"mine": "1"}}, None),
        ({"versions": {"mine": "0"}, "files": {"a.py": "y"}}, {"versions": {"mine": "1"}}, "a.py"),
        ({"versions": {"mine": "0"}, "files": {"a.py": "y"}}, {}, "a.py"),
        ({"local": ["albench"]}, {}, None),
    ],
    ids=["same", "edited", "releases", "working-copy", "version", "plugin-release", "moved", "installed-otherwise"],
)
def test_what_counts_as_another(then: dict[str, Any], now: dict[str, Any], told: str | None) -> None:
    found = difference({"strategy": {**RELEASED, **then}}, {"strategy": {**RELEASED, **now}}, {"strategy": "s"})
    assert (found.what if found else None) == told


def test_a_module_of_the_name_of_one_beside_the_plugin_is_refused(plugin: Path, tmp_path: Path) -> None:
    registry((str(plugin),))
    other = tmp_path / "other"
    other.mkdir()
    (other / "beside.py").write_text("SIGN = -1\n")
    (other / "second.py").write_text(plugin.read_text())
    with pytest.raises(
        PluginError, match=r"it imports beside, and that is .*code/beside\.py, not the beside\.py beside"
    ):
        registry((str(other / "second.py"),))


def test_listing_components_reads_no_source() -> None:
    code = (
        "import sys, albench.components.code_files as c\n"
        "def fail(*_): raise AssertionError\n"
        "c.code_files = c.digest = fail\n"
        "from albench.components.registry import registry\nregistry().components()\n"
        "assert 'albench.results.provenance' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""Plugins: files, installed packages, broken ones, clashing names, hooks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import venv
from pathlib import Path
from typing import Any

import pytest

from albench.components.registry import Registry
from albench.errors import PluginError, UnknownName

BUILT_IN = {
    "strategy": {"random", "entropy", "margin", "coreset", "boostmis"},
    "method": {"supervised", "pseudo-label", "fixmatch", "boostmis"},
    "dataset": {"mescc", "mescc-sim", "digits", "npz"},
    "backbone": {"mlp", "cnn", "wrn"},
    "executor": {"local", "processes"},
    "tracker": {"jsonl", "tensorboard", "mlflow"},
}
ROOT = Path(__file__).parents[3]


def plugin_file(tmp_path: Path, body: str, name: str = "mine.py") -> str:
    path = tmp_path / name
    path.write_text("from albench.api import Strategy, hookimpl\n" + textwrap.dedent(body))
    return str(path)


GOOD = """
    class Mine(Strategy):
        '''Picks well.'''

        def scores(self, view):
            return view.index

    @hookimpl
    def albench_register(add):
        add.strategy("{name}", Mine)
"""


def test_the_built_in_components_come_from_plugins() -> None:
    registry = Registry()
    assert not registry.broken
    for kind, names in BUILT_IN.items():
        assert names <= set(registry.names(kind))  # type: ignore[arg-type]
        for name in names:
            component = registry.find(kind, name)  # type: ignore[arg-type]
            assert component.summary
            assert component.distribution == "albench"
            assert callable(component.load())


def test_a_file_is_a_plugin(tmp_path: Path) -> None:
    registry = Registry([plugin_file(tmp_path, GOOD.format(name="mine"))])
    component = registry.find("strategy", "mine")
    assert (component.plugin, component.distribution, component.summary) == ("mine", "mine.py", "Picks well.")
    assert registry.build("strategy", "mine").__class__.__name__ == "Mine"


def test_files_can_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBENCH_PLUGINS", plugin_file(tmp_path, GOOD.format(name="mine")))
    assert "mine" in Registry().names("strategy")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "import nothing_of_that_name",
            r"ModuleNotFoundError: No module named 'nothing_of_that_name' \(mine.py, line 2",
        ),
        ("def broken(:", "SyntaxError"),
        ("x = 1", "implements no albench hook"),
        ("@hookimpl\ndef albench_registr(add): pass", "albench_registr.*the hooks are"),
        ("@hookimpl\ndef albench_register(adder): pass", "adder"),
        ("@hookimpl\ndef albench_register(add): add.strategy('a b', Strategy)", "strategy name 'a b' cannot be typed"),
        ("@hookimpl\ndef albench_register(add): add.strategy('a', 'nowhere')", "package.module:Class"),
        ("@hookimpl\ndef albench_register(add): 1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_a_broken_file_is_an_error_that_says_where(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        Registry([plugin_file(tmp_path, body)])


def test_a_missing_file_is_named() -> None:
    with pytest.raises(PluginError, match="no such file"):
        Registry(["absent.py"])


def test_two_plugins_that_claim_a_name_are_both_named(tmp_path: Path) -> None:
    files = [plugin_file(tmp_path, GOOD.format(name="same"), f"{name}.py") for name in ("one", "two")]
    registry = Registry(files)
    with pytest.raises(PluginError, match=r"'one' \(.*one\.py\) and 'two' \(.*two\.py\)"):
        registry.find("strategy", "same")
    assert registry.find("strategy", "random"), "other names still work"


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'boostmis'"):
        Registry().find("strategy", "bostmis")


def test_a_target_that_cannot_be_imported_is_told_when_it_is_used(tmp_path: Path) -> None:
    body = "@hookimpl\ndef albench_register(add): add.strategy('lazy', 'no_such_package:X', 'lazy')"
    registry = Registry([plugin_file(tmp_path, body)])
    with pytest.raises(
        PluginError, match=r"strategy 'lazy' of plugin 'mine' cannot be imported from no_such_package:X"
    ):
        registry.build("strategy", "lazy")


def test_a_failing_hook_is_reported_and_the_others_are_called(tmp_path: Path) -> None:
    calls = "calls = []\n\n@hookimpl\ndef albench_trial_start(trial): calls.append(trial)"
    bad = "@hookimpl\ndef albench_trial_start(trial): raise ValueError('tracker down')"
    registry = Registry([plugin_file(tmp_path, bad, "bad.py"), plugin_file(tmp_path, calls, "good.py")])
    errors = registry.call("albench_trial_start", trial="facts")
    assert len(errors) == 1
    assert "bad.py:bad: albench_trial_start failed: ValueError: tracker down" in errors[0]
    assert "leave out its --plugin" in errors[0]
    module = next(p for p in registry.manager.get_plugins() if p.__name__.startswith("albench_file_good_"))
    assert module.calls == ["facts"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that sees this one's packages and has two more: a good plugin and a broken one."""
    folder = tmp_path_factory.mktemp("site")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    ours = [path for path in sys.path if path.endswith("site-packages")]
    target = next((folder / "venv" / "lib").glob("python*/site-packages"))
    # Behind a .pth file the entry points and editable installs of this environment are seen as well.
    (target / "ours.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in ours))
    for name, entry in (("good", "albench_good_plugin"), ("broken", "albench_broken_plugin")):
        project = folder / name
        project.mkdir()
        (project / "pyproject.toml").write_text(
            f'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
            f'[project]\nname = "albench-{name}"\nversion = "1.2.3"\n'
            f'[project.entry-points.albench]\n{name} = "{entry}"\n'
            f'[tool.setuptools]\npy-modules = ["{entry}"]\n'
        )
        body = "raise RuntimeError('not today')\n"
        if name == "good":
            body = (ROOT / "examples" / "my_strategy.py").read_text().replace("my-confidence", "packaged")
        (project / f"{entry}.py").write_text(body)
    subprocess.run(
        [*(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"),
         *("--target", str(target), str(folder / "good"), str(folder / "broken"))],
        check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )  # fmt: skip
    return python


def test_installed_packages_are_plugins_and_a_broken_one_stops_nothing(site: Path, tmp_path: Path, toy: str) -> None:
    if not shutil.which(str(site)):
        pytest.fail("the virtual environment has no python")

    def albench(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [site, "-m", "albench", *words], capture_output=True, text=True, cwd=tmp_path, check=False
        )

    plugins = {p["name"]: p for p in json.loads(albench("list", "plugins", "--json").stdout)}
    assert plugins["good"]["version"] == "1.2.3"
    assert plugins["good"]["components"] == "strategy packaged"
    assert "RuntimeError: not today" in plugins["broken"]["error"]
    listed = albench("list", "strategies", "--plugin", str(ROOT / "examples" / "my_strategy.py"))
    assert "packaged" in listed.stdout
    assert "my-confidence" in listed.stdout
    assert "broken plugin 'broken' (albench-broken)" in listed.stderr
    assert "'albench doctor plugins' says what to do" in listed.stderr
    run = albench(
        *(
            "run",
            "--plugin",
            toy,
            "--plugin",
            str(ROOT / "examples" / "my_strategy.py"),
            "-d",
            "blobs",
            "-m",
            "fixmatch",
        ),
        *("-s", "packaged", "-s", "my-confidence", "-s", "random", "--seeds", "2", "--initial", "12"),
        *("--query-size", "8", "--rounds", "2", "--steps", "10", "--executor", "processes[workers=1]"),
    )
    assert run.returncode == 0, run.stderr
    compared = json.loads(albench("compare", "--format", "json").stdout)
    assert "packaged" in json.dumps(compared)
    assert "my-confidence" in json.dumps(compared)


def test_plugins_can_be_left_out(site: Path, tmp_path: Path, toy: str) -> None:
    def listed(*words: str, **environment: str) -> dict[str, Any]:
        done = subprocess.run(
            [site, "-m", "albench", "list", "plugins", "--json", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=True,
            env=os.environ | environment,
        )
        return {plugin["name"]: plugin for plugin in json.loads(done.stdout)}

    everything = listed()
    some = listed(ALBENCH_DISABLE_PLUGINS="good, albench-broken")
    assert some["good"]["error"] == some["broken"]["error"] == "disabled by ALBENCH_DISABLE_PLUGINS"
    assert some["good"]["components"] == ""
    assert some["uncertainty"] == everything["uncertainty"]
    alone = listed("--no-plugins", "--plugin", toy)
    assert alone["good"]["error"] == alone["broken"]["error"] == "disabled by --no-plugins"
    assert "toy" not in alone
    assert alone["uncertainty"] == everything["uncertainty"]
    assert "there is no such plugin" in listed(ALBENCH_DISABLE_PLUGINS="godo")["godo"]["error"]


def test_a_component_of_a_disabled_plugin_is_not_found_and_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALBENCH_DISABLE_PLUGINS", "hybrid")
    with pytest.raises(UnknownName, match=r"Disabled plugins: hybrid"):
        Registry().find("strategy", "badge")

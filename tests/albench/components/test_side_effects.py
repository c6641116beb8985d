"""Plugins that do more than their work when they are imported: prints, and settings of the whole process."""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from albench.components import side_effects
from albench.components.global_settings import snapshot
from albench.components.registry import Registry, registry
from albench.components.side_effects import settings_kept

PLUGIN = '''
{before}
from albench.api import Strategy, hookimpl


class Mine(Strategy):
    """Picks well."""

    def __init__(self):
        {building}

    def scores(self, view):
        return view.index


@hookimpl
def albench_register(add):
    add.strategy("mine", Mine)
'''


@pytest.fixture(autouse=True)
def nobody_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_effects, "_told", set())


def plugin_file(folder: Path, before: str = "", building: str = "pass") -> str:
    path = folder / "mine.py"
    path.write_text(PLUGIN.format(before=before, building=building))
    return str(path)


CHANGES = {
    "import torch; torch.set_default_dtype(torch.float64)": "torch's default dtype (torch.float64 in place of "
    "torch.float32)",
    "import torch; torch.set_grad_enabled(False)": "torch's gradient mode (off)",
    "import torch; torch.set_num_threads(torch.get_num_threads() + 1)": "torch's number of threads",
    "import torch; torch.set_float32_matmul_precision('medium')": "torch's precision of products (medium in place of ",
    "import torch; torch.set_default_device('meta')": "torch's default device (meta in place of cpu)",
    "import torch; torch.default_generator.manual_seed(3)": "torch's random state",
    "import numpy; numpy.seterr(all='raise')": "NumPy's error handling",
    "import numpy; numpy.set_printoptions(precision=2)": "NumPy's print options (precision)",
    "import numpy.random; numpy.random.seed(3)": "NumPy's global random state",
    "import random; random.seed(3)": "random's state",
    "import os; os.environ['OMP_NUM_THREADS'] = '77'": "os.environ (OMP_NUM_THREADS)",
    "import warnings; warnings.simplefilter('ignore')": "filters of warnings",
    "import signal; signal.signal(signal.SIGUSR2, signal.SIG_IGN)": "signal handlers (SIGUSR2)",
    "import os; os.chdir('/')": "the working folder (/ in place of ",
    "import locale; locale.setlocale(locale.LC_NUMERIC, 'C.UTF-8')": "the locale",
    "import sys; sys.setrecursionlimit(sys.getrecursionlimit() + 7)": "Python's limit of recursion",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda text: text.partition("; ")[2][:40])
def test_a_setting_that_a_plugin_changes_is_put_back_and_the_plugin_named(
    change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    importlib.import_module("numpy.random")  # NumPy itself waits with it
    before = snapshot()
    file = plugin_file(tmp_path, change)
    found = Registry([file])
    name = CHANGES[change].partition(" (")[0]
    assert snapshot()[name] == before[name]
    (note,) = capsys.readouterr().err.splitlines()
    assert note.startswith(f"note: plugin 'mine' ({file}) changed {CHANGES[change]}")
    assert note.endswith("while it was imported: put back, as the whole process has but one.")
    assert "mine" in found.names("strategy"), "it is used all the same"


def test_so_is_what_it_changes_while_it_is_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = plugin_file(tmp_path, "import torch", "torch.set_grad_enabled(False); print('built')")
    Registry([file]).build("strategy", "mine")
    assert torch.is_grad_enabled()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines()[0] == "built"
    assert "torch's gradient mode (off) while strategy 'mine' was built" in printed.err


def test_what_a_library_sets_for_itself_is_left_and_what_the_plugin_sets_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Many set an environment variable and a filter of warnings when they are first imported."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "some_library.py").write_text(
        "import os, warnings\nos.environ['ITS_OWN'] = '1'\nwarnings.filterwarnings('always', module='some_library')\n"
    )
    monkeypatch.setenv("ITS_OWN", "0")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    own = "import os, warnings\nwarnings.simplefilter('ignore')\nimport some_library\nos.environ['MINE'] = '1'"
    with warnings.catch_warnings():
        before = list(warnings.filters)
        Registry([plugin_file(tmp_path, own)])
        added = [entry for entry in warnings.filters if entry not in before]
    del sys.modules["some_library"]
    assert os.environ["ITS_OWN"] == "1"
    assert "MINE" not in os.environ
    assert len(added) == 1
    assert added[0][0] == "always"
    assert "changed os.environ (MINE) and filters of warnings while" in capsys.readouterr().err


def test_albench_s_own_plugins_change_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    found = Registry()
    for component in found.components():
        component.load()
    assert capsys.readouterr().err == ""


def test_what_is_not_loaded_is_not_imported_to_be_looked_at() -> None:
    code = (
        "import sys\nfrom albench.components.side_effects import kept_apart\n"
        "with kept_apart('x', 'y'):\n    pass\n"
        "print(sorted({'torch', 'numpy', 'pandas', 'random', 'locale'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("[]", "['locale']", "['random']", "['locale', 'random']")


def test_an_error_amid_it_leaves_the_settings_as_they_were() -> None:
    before = random.getstate(), np.geterr(), signal.getsignal(signal.SIGINT)

    def fail() -> None:
        with settings_kept("'x' (x.py)", "it was imported"):
            random.seed(5)
            np.seterr(all="raise")
            raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    assert (random.getstate(), np.geterr(), signal.getsignal(signal.SIGINT)) == before


TALKS = """
import os, subprocess, sys
print("printed")
sys.__stdout__.write("by another name\\n")
os.write(1, b"below Python\\n")
subprocess.run(["echo", "by a child"])
"""


def test_standard_output_is_the_command_s_own(tmp_path: Path) -> None:
    """Whatever a plugin prints, and by whatever way, goes to the error stream."""
    file = plugin_file(tmp_path, TALKS)
    words = [sys.executable, "-m", "albench", "list", "strategies", "--json", "--plugin", file]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "mine" in {entry["name"] for entry in json.loads(done.stdout)}
    for said in ("printed", "by another name", "below Python", "by a child"):
        assert said in done.stderr.splitlines()


def test_what_a_strategy_prints_while_it_ranks_is_put_aside(
    tmp_path: Path, command_line: Callable[..., str], toy: str
) -> None:
    file = plugin_file(tmp_path, "print('loading')", "print('building')")
    text = Path(file).read_text().replace("return view.index", "print('ranking'); return view.index")
    Path(file).write_text(text)
    words = ["run", "-d", "blobs", "-s", "mine", "-m", "supervised", "--seeds", "1", "--plugin", toy, "--plugin", file]
    printed = command_line(
        [*words, *["--initial", "10", "--rounds", "2", "--steps", "2", "--executor", "local"]], tmp_path
    )
    assert "round 1/2" in printed
    assert not {"loading", "building", "ranking"} & set(printed.splitlines())


def test_a_file_that_is_given_several_ways_is_loaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Path(plugin_file(tmp_path, "print('loading')"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.py").symlink_to(file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALBENCH_PLUGINS", "mine.py")
    ways = (str(file), "./mine.py", "folder/../mine.py", "folder/link.py")
    found = registry(ways)
    assert [plugin.path for plugin in found.plugins if plugin.path] == ["mine.py"]
    assert found.find("strategy", "mine")
    assert registry(tuple(reversed(ways))) is found
    assert capsys.readouterr().err.splitlines() == ["loading"]


def test_a_helper_beside_a_plugin_file_is_found_or_the_error_says_where_is_searched(tmp_path: Path) -> None:
    (tmp_path / "beside_it_is.py").write_text("VALUE = 1\n")
    assert "mine" in Registry([plugin_file(tmp_path, "from beside_it_is import VALUE")]).names("strategy")
    with pytest.raises(Exception, match="No module named 'nowhere_at_all'") as told:
        Registry([plugin_file(tmp_path, "import nowhere_at_all")])
    assert f"looked beside it, in {tmp_path.resolve()}, and where Python looks" in str(told.value)
    assert "put nowhere_at_all.py there, name its folder in PYTHONPATH, or install it" in str(told.value)

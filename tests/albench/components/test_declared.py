"""What plugins declare is checked when they register, before anything is trained, with the nearest right value."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from albench.cli.main import main
from albench.components.registry import Registry
from albench.errors import DataError, PluginError

HEAD = """
from dataclasses import dataclass
from albench.api import Backbone, Executor, FeatureDataset, Method, Strategy, Task, Tracker, hookimpl, option
"""


def plugin(folder: Path, body: str, register: str, name: str = "mine.py") -> str:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{HEAD}{textwrap.dedent(body)}\n@hookimpl\ndef albench_register(add):\n    {register}\n")
    return str(path)


FAULTS = {
    "an unknown need": (
        "class Mine(Strategy):\n    needs = {'probabilities'}\n    def scores(self, view): return view.probs",
        "add.strategy('mine', Mine)",
        r"strategy 'mine' \(Mine\): needs has 'probabilities', which is not known: did you mean 'probs'\?",
    ),
    "a need that is text": (
        "class Mine(Strategy):\n    needs = 'probs'\n    def scores(self, view): return view.probs",
        "add.strategy('mine', Mine)",
        r"needs is 'probs': write frozenset\({\"probs\"}\)",
    ),
    "nothing that chooses": (
        "class Mine(Strategy):\n    def score(self, view): return view.index",
        "add.strategy('mine', Mine)",
        "it defines no select and no scores; see 'albench new strategy'",
    ),
    "no subclass": (
        "class Mine:\n    def select(self, view, budget): return view.index[:budget]",
        "add.strategy('mine', Mine)",
        "it has no needs: make it a subclass of albench.api.Strategy",
    ),
    "an argument that is missing": (
        "class Mine(Strategy):\n    def select(self, view): return view.index",
        "add.strategy('mine', Mine)",
        r"select\(self, view\) cannot be called as select\(self, view, budget\)",
    ),
    "no self": (
        "class Mine(Strategy):\n    def scores(view): return view.index",
        "add.strategy('mine', Mine)",
        r"scores\(view\) cannot be called as scores\(self, view\)",
    ),
    "a flag that is text": (
        "class Mine(Strategy):\n    cold_start = 'no'\n    def scores(self, view): return view.index",
        "add.strategy('mine', Mine)",
        "cold_start is 'no': write True or False",
    ),
    "an instance": (
        "class Mine(Strategy):\n    def scores(self, view): return view.index",
        "add.strategy('mine', Mine())",
        r"strategy 'mine': register the class, not an instance: write Mine, not Mine\(...\)",
    ),
    "a number": ("", "add.strategy('mine', 3)", "strategy 'mine': 3 is neither a class nor 'package.module:Class'"),
    "a name with a space": (
        "class Mine(Strategy):\n    def scores(self, view): return view.index",
        "add.strategy('Entropy 2', Mine)",
        r"strategy name 'Entropy 2' cannot be typed: use letters, digits, '-', '_' and '\.' alone, as in 'entropy-2'",
    ),
    "options without a decorator": (
        "class Mine(Strategy):\n    k: int = option(3, 'neighbours')\n    def scores(self, view): return view.index",
        "add.strategy('mine', Mine)",
        r"its option 'k' does not count without @dataclass\(frozen=True\) above class Mine",
    ),
    "a default out of bounds": (
        "@dataclass(frozen=True)\nclass Mine(Strategy):\n    k: int = option(0, 'neighbours', ge=1)\n"
        "    def scores(self, view): return view.index",
        "add.strategy('mine', Mine)",
        "its option 'k' is 0 by default: must be >= 1",
    ),
    "a default of another type": (
        "@dataclass(frozen=True)\nclass Mine(Strategy):\n    k: int = option(0.5, 'neighbours')\n"
        "    def scores(self, view): return view.index",
        "add.strategy('mine', Mine)",
        "its option 'k' is 0.5 by default: '0.5' is not a whole number",
    ),
    "an unknown kind of component": (
        "@dataclass(frozen=True)\nclass Mine(Strategy):\n    of: Strategy = option(component='stratgy')\n"
        "    def scores(self, view): return view.index",
        "add.strategy('mine', Mine)",
        "its option 'of' takes component='stratgy': did you mean 'strategy'?",
    ),
    "an unknown view": (
        "class Mine(Method):\n    views = frozenset({'week'})\n"
        "    def loss(self, forward, batch, state, step): return None",
        "add.method('mine', Mine)",
        r"method 'mine' \(Mine\): views has 'week', which is not known: did you mean 'weak'\?",
    ),
    "an oracle of a panel": (
        "class Mine(Strategy):\n    needs = frozenset({'true_labels'})\n    def scores(self, view): ...",
        "add.strategy('mine', Mine, role='oracle', panels=('standard',))",
        "strategy 'mine': what sees labels is named, never part of a panel: leave its panels out",
    ),
    "a method without a loss": ("class Mine(Method): pass", "add.method('mine', Mine)", "it defines no loss"),
    "a data set that does not load": (
        "class Mine(FeatureDataset): pass",
        "add.dataset('mine', Mine)",
        "it defines no load",
    ),
    "an unknown modality": (
        "class Mine(Backbone):\n    modalities = frozenset({'images'})\n    def build(self, task, generator): ...",
        "add.backbone('mine', Mine)",
        "modalities has 'images', which is not known: did you mean 'image'?",
    ),
    "an executor that maps nothing": ("class Mine(Executor): pass", "add.executor('mine', Mine)", "it defines no map"),
    "a tracker that follows nothing": (
        "class Mine(Tracker):\n    def on_round(self, event): ...",
        "add.tracker('mine', Mine)",
        "it defines no suite_start and no trial_start",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_plugin_declares_is_checked_when_it_registers(fault: str, tmp_path: Path) -> None:
    body, register, message = FAULTS[fault]
    message = message.replace("'?", r"'\?") if message.endswith("'?") else message
    with pytest.raises(PluginError, match=message) as error:
        Registry([plugin(tmp_path, body, register)])
    assert "\n" not in str(error.value)
    assert "(mine.py, line" in str(error.value)


def test_a_target_that_is_imported_later_is_checked_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "later_declared.py").write_text(
        "from albench.api import Strategy\n"
        "class Mine(Strategy):\n    needs = {'embedings'}\n    def scores(self, view): return view.embeddings[:, 0]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry([plugin(tmp_path, "", "add.strategy('mine', 'later_declared:Mine')")])
    with pytest.raises(PluginError, match=r"needs has 'embedings', which is not known: did you mean 'embeddings'\?"):
        registry.build("strategy", "mine")


def test_what_only_an_instance_declares_is_checked_when_it_is_built(tmp_path: Path) -> None:
    body = """
    class Mine(Strategy):
        @property
        def needs(self): return {"probability"}
        def scores(self, view): return view.index
    """
    registry = Registry([plugin(tmp_path, body, "add.strategy('mine', Mine)")])
    with pytest.raises(PluginError, match="needs has 'probability', which is not known"):
        registry.build("strategy", "mine")


def test_every_built_in_component_declares_what_its_contract_knows() -> None:
    for component in Registry().components():
        assert callable(component.load())


def test_an_unknown_modality_names_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = """
    import numpy as np
    from albench.api import Split, Splits
    class Mine(FeatureDataset):
        def load(self, root):
            part = Split(np.zeros((4, 2), np.float32), np.arange(4) % 2)
            return Splits(part, part, part, Task("images", (2,), 2, ("a", "b"), pool_size=4))
    """
    file = plugin(tmp_path, body, "add.dataset('mine', Mine)")
    with pytest.raises(DataError, match=r"the task's modality is 'images': did you mean 'image'\?"):
        Registry([file]).build("dataset", "mine").load(None)
    with pytest.raises(SystemExit) as end:
        main(["run", "--plugin", file, "-d", "mine", "-s", "random", "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


GOOD = "class Mine(Strategy):\n    '''Picks.'''\n    def scores(self, view): return view.index"


def test_two_files_of_one_name_are_two_plugins(tmp_path: Path) -> None:
    files = [
        plugin(tmp_path / name, GOOD, f"add.strategy('{name}', Mine)") for name in ("one", "two")
    ]  # one/mine.py and two/mine.py
    registry = Registry(files)
    assert {"one", "two"} <= set(registry.names("strategy"))
    modules = {registry.find("strategy", name).load().__module__ for name in ("one", "two")}
    assert len(modules) == 2
    assert registry.find("strategy", "one").source == "mine.py:Mine"


def test_a_file_that_is_named_twice_is_loaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = plugin(tmp_path, GOOD, "add.strategy('mine', Mine)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALBENCH_PLUGINS", file)
    registry = Registry(["mine.py", file, "./mine.py"])
    assert [plugin.name for plugin in registry.plugins].count("mine") == 1
    assert registry.find("strategy", "mine").summary == "Picks."


def test_two_files_that_claim_one_name_are_both_named(tmp_path: Path) -> None:
    files = [plugin(tmp_path / name, GOOD, "add.strategy('mine', Mine)") for name in ("one", "two")]
    with pytest.raises(
        PluginError, match=r"claimed by two plugins: 'mine' \(.*one/mine.py\) and 'mine' \(.*two/mine.py\)"
    ):
        Registry(files).find("strategy", "mine")


@pytest.mark.parametrize(
    ("needs", "role", "message"),
    [
        ("true_labels", "", r"strategy 'mine' would see hidden labels \(it needs true_labels\), which only what is"),
        ("score_after", "", r"would see hidden labels \(it needs score_after\)"),
        ("probs", "oracle", r"strategy 'mine' has role='oracle' and needs none of score_after, true_labels"),
    ],
)
def test_who_sees_labels_is_registered_as_who_does(tmp_path: Path, needs: str, role: str, message: str) -> None:
    body = f"class Mine(Strategy):\n    needs = frozenset({{'{needs}'}})\n    def scores(self, view): ..."
    found = Registry([plugin(tmp_path, body, f"add.strategy('mine', Mine, role='{role}')")])
    with pytest.raises(PluginError, match=message):
        found.build("strategy", "mine")

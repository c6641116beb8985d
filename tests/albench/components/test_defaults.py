"""What is taken where nothing is named: marks of plugins, of which none decides silently."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from albench.components.defaults import baseline, baselines, default, default_dataset, stand_in
from albench.components.registry import Registry
from albench.errors import PluginError

HEADER = """
from albench.api import Dataset, Backbone, Method, Strategy, hookimpl


class Mine(Strategy):
    def scores(self, view):
        return view.index.float()


class Data(Dataset):
    def load(self, root):
        raise NotImplementedError


class Net(Backbone):
    def build(self, task, generator):
        raise NotImplementedError


@hookimpl
def albench_register(add):
    """


def with_file(folder: Path, line: str, name: str = "mine") -> Registry:
    file = folder / f"{name}.py"
    file.write_text(f"{HEADER.rstrip()}\n    {line}\n")
    return Registry([str(file)])


def test_albench_marks_its_own() -> None:
    found = Registry()
    assert default(found, "strategy") == default(found, "method") == "boostmis"
    assert [default(found, "backbone", what) for what in ("features", "image")] == ["mlp", "cnn"]
    assert [default(found, "executor", what) for what in ("one", "several")] == ["local", "processes"]
    assert (default(found, "dataset"), stand_in(found, "mescc"), stand_in(found, "digits")) == (
        "mescc",
        "mescc-sim",
        "digits",
    )
    assert (baselines(found, "strategy"), baselines(found, "method")) == (["random"], ["supervised"])


def test_the_stand_in_is_taken_where_the_home_data_set_is_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = Registry()
    assert default_dataset(found, str(tmp_path)) == "mescc-sim"
    monkeypatch.setattr("albench_datasets.mescc.Mescc.find", lambda _, root: root)
    assert default_dataset(found, str(tmp_path)) == "mescc"


def test_two_defaults_are_both_named(tmp_path: Path) -> None:
    found = with_file(tmp_path, "add.strategy('mine', Mine, role='default')")
    with pytest.raises(PluginError) as refused:
        default(found, "strategy")
    assert "'boostmis' of plugin 'boostmis' (albench) and 'mine' of plugin 'mine' (mine.py)" in str(refused.value)
    assert "marked as the default strategy: name one with -s" in str(refused.value)
    assert default(found, "method") == "boostmis"


def test_a_default_takes_the_place_of_albenchs_own_where_that_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALBENCH_DISABLE_PLUGINS", "boostmis")
    assert default(with_file(tmp_path, "add.strategy('mine', Mine, role='default')"), "strategy") == "mine"
    with pytest.raises(PluginError, match="no plugin that is loaded marks a default strategy: name one with -s"):
        default(Registry(), "strategy")


def test_a_backbone_is_the_default_for_a_modality_alone(tmp_path: Path) -> None:
    found = with_file(tmp_path, "add.backbone('net', Net, default_for=('image',))")
    assert default(found, "backbone", "features") == "mlp"
    with pytest.raises(PluginError, match="marked as the default backbone for image: name one with --backbone"):
        default(found, "backbone", "image")


def test_two_stand_ins_are_both_named(tmp_path: Path) -> None:
    found = with_file(tmp_path, "add.dataset('mine', Data, stand_in_for='mescc')")
    with pytest.raises(PluginError, match=r"'mescc-sim' of .* and 'mine' of .* are marked as the stand-in for mescc"):
        stand_in(found, "mescc")


def test_albenchs_baseline_comes_before_a_plugins_which_takes_its_place_where_it_alone_has_results(
    tmp_path: Path,
) -> None:
    found = with_file(tmp_path, "add.strategy('a-mine', Mine, role='baseline')")
    assert baselines(found, "strategy") == ["random", "a-mine"]
    assert baseline(found, "strategy", {"random", "a-mine"}) == "random"
    assert baseline(found, "strategy", {"entropy", "a-mine"}) == "a-mine"
    assert baseline(found, "strategy", {"entropy"}) == baseline(found, "strategy") == "random"
    assert baseline(found, "tracker") == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("add.backbone('net', Net, default_for=('images',))", "default_for is ('images',): did you mean 'image'?"),
        ("add.strategy('mine', Mine, role='defualt')", "its role is 'defualt': did you mean 'default'?"),
        ("add.dataset('mine', Data, role='baseline')", "its role is 'baseline': choose from default, encodes."),
        ("add.backbone('net', Net, default_for='image')", "default_for is 'image': write default_for=('features',)"),
    ],
)
def test_a_mark_that_means_nothing_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(PluginError, match=re.escape(message)):
        with_file(tmp_path, line)

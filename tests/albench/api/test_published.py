"""Facts of a published data set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from albench.api import Published, Remote
from albench.components.plugin import Plugin, Registrar
from albench.components.registry import Registry
from albench.errors import PluginError

FACTS = Published(spec="small", title="a set", n_classes=2, items={"train": 30}, licence="CC0", citation="nobody 2026")


def test_sizes_and_imbalance_are_told_where_they_are_known() -> None:
    files = (Remote("a", ("http://here/a",), "md5:0", 3), Remote("b", ("http://here/b",), "md5:0", 4))
    assert replace(FACTS, files=files).size == 7
    assert replace(FACTS, files=(*files, replace(files[0], size=0))).size == 0
    assert FACTS.imbalance is None
    assert replace(FACTS, per_class={"test": (1, 1), "train": (20, 10)}).imbalance == 2
    assert replace(FACTS, per_class={"": (30, 10)}).imbalance == 3


def registrar() -> Registrar:
    return Registrar(Plugin("mine", "mine", "1"))


@pytest.mark.parametrize("given", ["no target", "module", ["text"], 3, FACTS])
def test_what_is_neither_facts_nor_their_name_is_refused(given: object) -> None:
    with pytest.raises(PluginError, match=r"dataset 'small': published is .*: write"):
        registrar().dataset("small", "small:Small", published=given)  # type: ignore[arg-type]


def test_facts_are_imported_when_they_are_asked_for() -> None:
    plugin = Plugin("mine", "mine", "1")
    add = Registrar(plugin)
    add.dataset("small", "small:Small", published=(FACTS,))
    add.dataset("digits", "albench_datasets.digits:Digits", published="albench_datasets.facts_here:OF_DIGITS")
    add.dataset("lost", "small:Small", published="albench_datasets.facts_here:OF_NOBODY")
    small, digits, lost = plugin.components
    assert small.facts == (FACTS,)
    assert digits.facts[0].comes_with == "scikit-learn"
    with pytest.raises(PluginError, match=r"what is published of dataset 'lost' cannot be imported from .*OF_NOBODY"):
        lost.facts  # noqa: B018  # a property that imports


def test_a_data_set_around_another_has_its_files() -> None:
    built = Registry().build("dataset", "encoded[of=mnist,encoder=identity]")
    assert built.published().spec == "mnist"

"""What a suite takes of the kinds of which it names nothing."""

from __future__ import annotations

from pathlib import Path

from albench.components.registry import Registry
from albench.components.spec import Spec, parse
from albench.suite.defaults import with_defaults
from albench.suite.trials import Suite


def test_what_is_not_named_is_what_plugins_mark_as_default(tmp_path: Path) -> None:
    suite = with_defaults(Suite(strategies=(Spec("entropy"),)), Registry(), str(tmp_path))
    assert (suite.datasets, suite.methods) == ((Spec("mescc-sim"),), (Spec("boostmis"),))
    assert suite.strategies == (Spec("entropy"),)
    assert suite.by_default == ("dataset", "method")


def test_a_suite_that_names_all_stays_as_it_is() -> None:
    named = Suite(datasets=(Spec("digits"),), methods=(Spec("vat"),), strategies=(Spec("margin"),))
    assert with_defaults(named, Registry(), None) == named


def test_a_backbone_is_chosen_for_each_data_set_later(tmp_path: Path) -> None:
    assert with_defaults(Suite(), Registry(), str(tmp_path)).backbones == ()


def test_beside_an_estimator_a_default_that_does_not_go_with_it_gives_way_to_a_baseline(tmp_path: Path) -> None:
    def taken(*backbones: str) -> tuple[str, str]:
        suite = with_defaults(Suite(backbones=tuple(map(parse, backbones))), Registry(), str(tmp_path))
        assert suite.by_default == ("dataset", "method", "strategy")
        return suite.methods[0].name, suite.strategies[0].name

    assert taken("sklearn[model=knn]") == ("supervised", "random")
    assert taken("sklearn", "mlp") == taken("linear") == ("boostmis", "boostmis")

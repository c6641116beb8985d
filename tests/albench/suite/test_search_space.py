"""What is tuned of a row: checked by its method's own options before anything runs."""

from __future__ import annotations

import pytest

from albench.components.registry import registry
from albench.components.spec import parse
from albench.errors import SuiteError, UserError
from albench.suite.protocol import Protocol, protocol
from albench.suite.search_space import applied, check_tuning, search_space
from albench.suite.tune import Range

METHODS = [parse("supervised"), parse("fixmatch")]


def space(tune: str, method: str = "fixmatch") -> dict[str, object]:
    return search_space(protocol({"tune": tune}).tune, parse(method), registry())


def test_a_row_has_the_settings_of_all_and_the_options_of_its_own_method() -> None:
    tune = "lr=0.1,1; threshold=0.5,0.7; flexmatch.threshold=0.8,0.9"
    assert space(tune, "supervised") == {"lr": ("0.1", "1")}
    assert space(tune) == {"lr": ("0.1", "1"), "fixmatch.threshold": ("0.5", "0.7")}
    assert space(tune, "flexmatch") == {"lr": ("0.1", "1"), "flexmatch.threshold": ("0.8", "0.9")}


def test_values_come_into_force_in_the_protocol_and_in_the_spec() -> None:
    base = Protocol(rounds=3)
    made, spec = applied(base, parse("fixmatch[weight=2]"), {"lr": "0.5", "fixmatch.threshold": "0.7"})
    assert (made.lr, made.rounds) == (0.5, 3)
    assert str(spec) == "fixmatch[threshold=0.7,weight=2]"
    assert applied(base, spec, {}) == (base, spec)


def test_a_range_knows_whether_it_is_of_whole_numbers() -> None:
    assert space("batch_size=8..64; lr=1..2") == {
        "batch_size": Range("8", "64", whole=True),
        "lr": Range("1", "2"),
    }


@pytest.mark.parametrize(
    ("tune", "told"),
    [
        ("lr=0.1,-1", "tune lr: .*must be > 0"),
        ("lr=0.1,high", "tune lr: .*'high' is not a number"),
        ("fixmatch.threshold=0.5,2; lr=1,2", "tune fixmatch.threshold: .*must be <= 1"),
        ("optimizer=0..1", "tune optimizer: "),
        ("rounds=1,2", "tune rounds: the same for all that is compared; settings that can be tuned are lr, momentum"),
        ("learning=1,2", "tune learning: neither a setting that can be tuned nor an option"),
        ("thresold=0.5,0.6; lr=1,2", "did you mean 'threshold'?"),
        ("fixmatch.thresold=0.5,0.6; lr=1,2", "method fixmatch is no 'thresold': did you mean 'threshold'?"),
        ("fixmach.threshold=0.5,0.6; lr=1,2", "fixmatch"),
        ("threshold=0.5,0.6", "supervised has nothing of it to tune, and the rows would not be tuned alike"),
    ],
)
def test_what_cannot_be_tuned_is_told_in_one_line(tune: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as refused:
        check_tuning(protocol({"tune": tune, "validation": "1x"}), METHODS, registry())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"tune": "lr=1,2"}, "chosen on validation labels, and validation none pays for none: write how many"),
        ({"tune": "lr=1,2", "tune_when": "every", "start": "warm"}, "write --cold-start, or first"),
        ({"tune": "lr=1,2", "tune_when": "every", "tune_seed": "3"}, "with tune_when every leave it out"),
        ({"tune": "lr=1,2", "lr": 0.5}, "lr is set to 0.5 as well; set it or tune it"),
        ({"tune": "batch_size=8,16", "epochs": 2}, "with epochs it changes the number of steps"),
        ({"tries": 3}, "tries 3: nothing is tuned; say what, as --tune lr="),
        ({"tune_seed": "3"}, "tune_seed 3: nothing is tuned"),
    ],
)
def test_settings_that_do_not_go_together_are_told(settings: dict, told: str) -> None:
    with pytest.raises(SuiteError, match=told):
        check_tuning(protocol({"validation": "1x", **settings} if len(settings) > 1 else settings), METHODS, registry())


def test_an_option_that_a_row_sets_itself_is_not_tuned_behind_its_back() -> None:
    with pytest.raises(SuiteError, match="sets threshold itself"):
        space("threshold=0.5,0.6", "fixmatch[threshold=0.9]")


def test_a_run_is_told_of_rows_with_fewer_combinations_and_of_methods_that_it_has_not() -> None:
    assert check_tuning(Protocol(), METHODS, registry()) == []
    settings = protocol({"tune": "lr=1,2; fixmatch.threshold=0.5,0.6,0.7; flexmatch.weight=1,2", "validation": "1x"})
    first, repeated, absent = check_tuning(settings, METHODS, registry())
    assert "6 tries for each data set, method, backbone and seed before the first round, chosen by macro_f1" in first
    assert "supervised has 2 combinations, so each of them is tried about 3 times" in repeated
    assert "what is of flexmatch changes nothing: the run has no such method" in absent

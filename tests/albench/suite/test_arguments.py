"""Arguments from Python: what is plain is taken, anything else is told in one line with the form that is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import albench
from albench.api import Dataset, Method, Strategy
from albench.components.spec import Spec
from albench.errors import UserError
from albench.session import suite_from
from albench.suite.trials import parse_seeds

X, Y = np.zeros((20, 4), np.float32), np.zeros(20, int)
ARRAYS = r"a dataset is a name, not an object of type {}: write dataset=albench\.arrays\(x, y\), with its labels\.$"


class Mine(Strategy):
    """A strategy that nobody registered."""


class MyData(Dataset):
    """A data set that nobody registered."""


class Ssl(Method):
    """A method that nobody registered."""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dataset": (X, Y)}, ARRAYS.format("ndarray")),
        ({"dataset": X}, ARRAYS.format("ndarray")),
        ({"dataset": pd.DataFrame(X)}, ARRAYS.format("DataFrame")),
        ({"dataset": pd.Series(Y)}, ARRAYS.format("Series")),
        ({"dataset": torch.zeros(3)}, ARRAYS.format("Tensor")),
        (
            {"dataset": [[1, 2], [3, 4]]},
            r"\[1, 2\] is not a dataset: write its name, as in dataset='digits'",
        ),
        ({"dataset": 3}, "3 is not a dataset: write its name"),
        ({"dataset": MyData}, r"not the class MyData: .*add\.dataset\('mydata', \.\.\.\)"),
        ({"strategy": Mine}, r"not the class Mine: register it in a plugin file, mine\.py, with add\.strategy\('mine'"),
        ({"strategy": Mine()}, r"not an object of type Mine: .*strategy='mine', plugins=\['mine\.py'\]"),
        ({"strategy": ["random", Mine]}, "not the class Mine"),
        ({"method": Ssl}, r"not the class Ssl: .*'albench new method ssl --single-file' writes such a file\.$"),
        ({"backbone": torch.nn.Linear(2, 2)}, r"not an object of type Linear: .*add\.backbone\('linear'"),
        ({"strategies": ["random"]}, "run has no argument 'strategies': did you mean 'strategy'"),
        ({"data": "digits"}, r"run has no argument 'data': did you mean 'dataset'\?$"),
        ({"iterations": 3}, r"run has no argument 'iterations': did you mean 'steps'\?$"),
        ({"learning_rate": 3}, r"run has no argument 'learning_rate': did you mean 'lr'\?$"),
        ({"n_seeds": 3}, r"run has no argument 'n_seeds': did you mean 'seeds'\?$"),
        (
            {"budget": 300},
            r"budget=300: write budgets, as budget=\['20\+5x10', '100\+5x50'\]",
        ),
        ({"val_size": 50}, "run has no argument 'val_size': settings are initial, "),
        ({"strategy": None}, "strategy=None: write a name or several, or leave strategy out"),
        ({"dataset": None}, "dataset=None: write a name or several"),
        ({"seeds": "3"}, r"seeds='3': write a number of seeds, as seeds=3, or which, as seeds=\[0, 1, 2\]\.$"),
        ({"seeds": [0, "1"]}, r"seeds=\[0, '1'\]: write a number of seeds"),
        ({"seeds": 2.5}, r"seeds: 2\.5 is neither a number of seeds"),
        ({"initial": 0.1}, "initial '0.1' is neither a number of labels nor a share such as 10%"),
        ({"rounds": 2.5}, "'2.5' is not a whole number"),
        ({"rounds": True}, "not a whole number"),
        ({"seeds": "many"}, "seeds='many': write a number of seeds"),
        ({"seeds": {"a": 1}}, "seeds: "),
        ({"fresh": "no"}, "fresh='no': write fresh=True or fresh=False"),
        ({"share": 1}, "share=1: write share=True or share=False"),
        ({"name": 3}, "name=3: write a text"),
        ({"out": 3}, "out=3: write a folder"),
        ({"device": 0}, "device=0: write a text, as device='cuda:0'"),
        ({"executor": 3}, "executor=3: write a spec"),
        ({"query_time_limit": "5"}, "query_time_limit='5': write seconds"),
        ({"time_limit": []}, r"time_limit=\[\]: write seconds or a time"),
        ({"data_dir": 3}, "data_dir=3: write a folder"),
        ({"on_failure": "no"}, "on_failure='no': write on_failure='raise' or on_failure='keep'"),
        ({"listener": print}, "listener=.*methods plan, event and outcome"),
        ({"plugins": 3}, "plugins=3: write files"),
        ({"plugins": [3]}, r"plugins=\[3\]: write files"),
        ({"trackers": {"jsonl": 1}}, "trackers=.*: write specs"),
        ({"file": X}, "an object of type ndarray is no suite file: .*dataset='digits'"),
        ({"file": "digits"}, "there is no suite file digits, but a dataset of that name: .*dataset='digits'"),
        ({"file": "boostmis[n_neighbors=3]"}, "but a strategy of that name: write --strategy boostmis"),
        ({"file": "absent.yaml"}, r"there is no suite file absent\.yaml"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_each_argument_says_what_is_possible(
    given: dict[str, Any], message: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message) as refused:
        albench.run(**given)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "meant"),
    [(np.int64(2), (0, 1)), (np.arange(2), (0, 1)), ("2", (0, 1)), (2.0, (0, 1)), (range(3, 5), (3, 4)),
     ((np.int32(7), 1.0), (7, 1)), (pd.Series([4, 5]), (4, 5)), ((seed for seed in (1, 2)), (1, 2))],
    ids=lambda value: type(value).__name__,  # the same in every worker: a generator's text has its address
)  # fmt: skip
def test_seeds_of_every_kind_are_taken(given: Any, meant: tuple[int, ...]) -> None:
    assert parse_seeds(given) == meant


def test_arguments_by_position_are_told_with_their_names() -> None:
    with pytest.raises(UserError, match=r"one argument by position.* as run\(dataset='digits', strategy='random'\)\.$"):
        albench.run("digits", "random")


def test_seeds_that_are_plain_are_taken() -> None:
    assert suite_from(seeds=3.0).seeds == (0, 1, 2)
    assert suite_from(seeds=np.array([4.0, 7.0])).seeds == (4, 7)
    assert suite_from(seeds=(seed for seed in (1, 2))).seeds == (1, 2)


def test_whole_numbers_and_mappings_are_taken() -> None:
    suite = suite_from(
        strategy={"boostmis": {"n_neighbors": 3}}, rounds=2.0, initial=np.int64(20), query_size=5.0, lr=np.float64(0.1)
    )
    assert suite.strategies == (Spec("boostmis", (("n_neighbors", "3"),)),)
    assert (suite.protocol.rounds, suite.protocol.initial, suite.protocol.query_size) == (2, "20", "5")
    assert suite.protocol.lr == 0.1
    assert suite.protocol == suite_from(rounds=2, initial="20", query_size="5", lr=0.1).protocol


@pytest.mark.parametrize("folder", [3, None, {"results"}, X, [3]])
def test_load_says_what_a_folder_is(folder: Any) -> None:
    with pytest.raises(UserError, match=r"is not a results folder: write folders, as load\('results/a', 'results/b'\)"):
        albench.load(folder)


def test_a_comparison_says_what_it_takes(small_run: Callable[..., albench.Results]) -> None:
    results = small_run(rounds=2)
    for options, message in (
        ({"metric": 3}, "metric=3: write a text, as metric='accuracy'"),
        ({"baseline": ["random"]}, r"baseline=\['random'\]: write a text"),
        ({"test": None}, "test=None: write a text, as test='t'"),
        ({"cost": 3}, r"cost=3: write prices, as cost=\['seconds-per-label=30'\]"),
        ({"details": "no"}, "details='no': write details=True or details=False"),
    ):
        with pytest.raises(UserError, match=message):
            results.compare(**options)
    assert results.compare(target=0.2).target == results.compare(target="0.2").target
    assert results.compare(cost={"seconds-per-label": 30}).cost == results.compare(cost=["seconds-per-label=30"]).cost


def test_a_comparison_takes_the_names_that_a_run_does(small_run: Callable[..., albench.Results]) -> None:
    results = small_run(rounds=2, strategy=["random", "entropy", "margin"])
    wanted = results.compare(strategies=["entropy"])
    for given in ("entropy", ["entropy"]):
        assert str(results.compare(strategy=given)) == str(wanted)
    assert results.compare(method="fixmatch", dataset=["blobs"]).rows[0].method == "fixmatch"
    for options, message in (
        ({"metrics": ["accuracy"]}, "a comparison has no option 'metrics': did you mean 'metric'?"),
        ({"strategie": "entropy"}, "a comparison has no option 'strategie': did you mean 'strategies'?"),
        ({"colour": 1}, "a comparison has no option 'colour': options are at, baseline, cost, count_validation, "),
        ({"strategy": "entropy", "strategies": "margin"}, "strategy and strategies are one option: write it once."),
        ({"at": 200}, "at=200: did you mean at='labels:200'?"),
        ({"at": np.int64(20)}, "at=20: did you mean at='labels:20'?"),
    ):
        with pytest.raises(UserError) as refused:
            results.compare(**options)
        assert str(refused.value).startswith(message)


def test_load_takes_a_list(small_run: Callable[..., albench.Results], tmp_path: Any) -> None:
    for name in ("a", "b"):
        small_run(rounds=2, name=name, seeds=1 if name == "a" else [5])
    one, two = tmp_path / "results" / "a", tmp_path / "results" / "b"
    assert albench.load([one, two]).frame.equals(albench.load(one, two).frame)
    assert albench.load((str(one),)).folders == (one,)
    with pytest.raises(UserError, match="there is no results folder in an empty list"):
        albench.load([])

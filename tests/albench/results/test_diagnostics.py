"""What records tell beside metrics, and where it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_suites import facts, key_of, make_suite, record

from albench.errors import StoreError
from albench.results.diagnostics import RoundDiagnostics, diagnostics_of
from albench.results.load import load
from albench.results.records import TrialFiles, read_trial
from albench.results.store import SuiteStore

TOLD = {
    "query": {"per_class": {"all": [3, 1]}, "minority_share": {"all": 0.25}},
    "pseudo_label": {"accepted": 0.5, "accuracy": None},
    "training": {"threshold": [0.1, 0.3]},
}


def test_a_record_tells_what_was_bought_and_learnt_from() -> None:
    told = facts(key_of("random", 0), class_names=["well", "ill"])
    trial = diagnostics_of(TrialFiles(told, [{**record(0), **TOLD}, {**record(1), "query": {}, "training": {}}]))
    assert (trial.protocol, trial.classes) == ("aaaa", ("well", "ill"))
    assert trial.rounds[0] == RoundDiagnostics(10, [3, 1], 0.25, 0.5, None, [0.1, 0.3])
    assert (trial.rounds[1].bought, trial.rounds[1].minority, trial.rounds[1].threshold) == ([], None, [])


def test_results_keep_what_each_of_their_trials_tells_however_long_its_lists(tmp_path: Path) -> None:
    folder = make_suite(tmp_path / "s", "random", rounds=0)
    trial = SuiteStore(folder).trial(key_of("random", 0))
    many = [round(0.001 * at, 3) for at in range(40)]
    trial.append({**record(0), **TOLD, "training": {"threshold": many, "loss": many}})
    results = load(folder)
    assert results.diagnostics.keys() == results.trials.keys()
    assert results.diagnostics[trial.folder].rounds[0].threshold == many
    assert results.only([]).diagnostics == {}


def test_a_record_that_albench_does_not_write_is_refused_by_its_trial(tmp_path: Path) -> None:
    folder = make_suite(tmp_path / "s", "random", rounds=0)
    trial = SuiteStore(folder).trial(key_of("random", 0))
    trial.append({**record(0), "query": 3})
    assert len(read_trial(trial.folder).records) == 1
    with pytest.raises(StoreError, match=f"{key_of('random', 0)} does not hold what albench writes"):
        load(folder)

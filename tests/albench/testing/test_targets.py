"""What the kit is pointed at: every component that a name, a file or a distribution means."""

from __future__ import annotations

from pathlib import Path

import pytest

from albench.errors import AlbenchError, UserError
from albench.testing.checks import CHECKS, findings
from albench.testing.targets import targets

PLUGIN = """
from albench.api import Executor, Strategy, hookimpl


class First(Strategy):
    def scores(self, view):
        return -view.index.double()


class Here(Executor):
    def map(self, run, jobs, emit):
        for job in jobs:
            yield run(job, emit)


@hookimpl
def albench_register(add):
    add.strategy("first", First)
    add.executor("entropy", Here)
"""


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN)
    return str(path)


def test_a_name_means_the_components_of_all_kinds_that_bear_it(plugin: str) -> None:
    assert [str(target) for target in targets("margin")] == ["strategy margin"]
    assert [str(target) for target in targets("entropy", (plugin,))] == ["strategy entropy", "executor entropy"]
    assert {str(target) for target in targets("boostmis")} == {"strategy boostmis", "method boostmis"}


def test_options_mean_the_kinds_that_take_them() -> None:
    (target,) = targets("boostmis[n_neighbors=7]")
    assert (target.kind, target.spec) == ("strategy", "boostmis[n_neighbors=7]")
    assert target.build().n_neighbors == 7


def test_a_file_means_what_it_registers(plugin: str) -> None:
    assert [str(target) for target in targets(plugin)] == ["strategy first", "executor entropy"]


def test_a_distribution_means_all_of_it() -> None:
    found = targets("albench")
    assert {target.kind for target in found} == set(CHECKS)
    assert len(found) > 60


@pytest.mark.parametrize(
    ("wanted", "told"),
    [("margins", "did you mean 'margin'"), ("margin[nope=1]", "nope"), ("nowhere.py", "there is no such file")],
)
def test_what_means_nothing_is_told(wanted: str, told: str) -> None:
    with pytest.raises(AlbenchError) as error:
        targets(wanted)
    assert told in str(error.value)


def test_a_file_that_registers_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text(
        "import albench.api\n\n\n@albench.api.hookimpl\ndef albench_register(add): ...\n"
    )
    with pytest.raises(UserError, match=r"registers no component: call add.strategy\(...\) and the like"):
        targets(str(tmp_path / "empty.py"))


def test_findings_are_of_every_check_of_the_kind(plugin: str) -> None:
    first, _ = targets(plugin)
    found = list(findings(first))
    assert [finding.check for finding in found] == list(CHECKS["strategy"])
    assert not [str(finding) for finding in found if finding.failed]

"""The plugin guide's examples: each one is taken from its page, checked by the kit, and run."""

from __future__ import annotations

import re
import shlex
import sys
import textwrap
import types
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from albench.api import DataError, Strategy
from albench.api.kinds import KINDS
from albench.components.registry import Registry, registry
from albench.testing import check_method
from albench.testing.checks import findings
from albench.testing.targets import targets
from albench.testing.views import make_view

GUIDE = Path(__file__).parents[2] / "docs" / "plugins"
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
SMALL = ("--seeds", "1", "--rounds", "2", "--steps", "3", "--set", "batch_size=16", "--set", "evaluations=1")
LOCAL = ("--executor", "local")
"""No worker processes, which are the executors' tests' own and take seconds to start."""
METHOD = """
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from albench.api import Method


@dataclass(frozen=True)
class Shown(Method):
    views = frozenset({"weak", "strong"})

"""


def blocks(page: str) -> list[str]:
    return PYTHON.findall((GUIDE / page).read_text(encoding="utf-8"))


def failed(path: Path) -> list[str]:
    (target,) = targets(str(path))
    return [finding.check for finding in findings(target) if finding.failed]


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_kind_works_as_its_page_says(
    kind: str, tmp_path: Path, command_line: Callable[..., str]
) -> None:
    text = (GUIDE / f"{kind}.md").read_text(encoding="utf-8")
    assert re.match(r"# [^\n]+\n\n```python\n", text), "a page starts with its example"
    lines = SHELL.findall(text)[0].splitlines()
    (name,) = set(re.findall(r"\w+\.py", "".join(lines)))
    (tmp_path / name).write_text(blocks(f"{kind}.md")[0], encoding="utf-8")
    assert {shlex.split(line)[1] for line in lines} >= {"check", "run"}
    for line in lines:
        words = shlex.split(line)[1:]
        if words[0] == "run":
            words += [*SMALL, *([] if "--executor" in words else LOCAL)]
        printed = command_line(words, tmp_path)
        assert words[0] != "check" or ("0 failed" in printed and "are not there" not in printed)
        assert words[0] != "run" or "failed" not in printed


def test_the_estimator_of_the_backbones_page_works_as_it_says(tmp_path: Path, command_line: Callable[..., str]) -> None:
    (tmp_path / "centroids.py").write_text(blocks("backbone.md")[1], encoding="utf-8")
    for line in SHELL.findall((GUIDE / "backbone.md").read_text(encoding="utf-8"))[1].splitlines():
        words = shlex.split(line)[1:]
        printed = command_line([*words, *(LOCAL if words[0] == "run" else [])], tmp_path)
        assert "failed" not in printed or "9 passed, 0 failed" in printed


def test_an_executor_that_ships_jobs_can_be_written_from_its_page(
    tmp_path: Path, command_line: Callable[..., str], stable_records: Callable[[Path], object]
) -> None:
    """It passes the kit, no check of it left out but those of workers, and its records are those of ``local``."""
    path = tmp_path / "scratch.py"
    path.write_text(blocks("executor.md")[1], encoding="utf-8")
    (target,) = targets(str(path))
    status = {finding.check: finding.status for finding in findings(target)}
    assert [check for check, found in status.items() if found != "pass"] == ["dead-worker", "closed-early"]
    run = ["run", "-d", "digits", "-s", "random", "-s", "entropy", *SMALL]
    command_line([*run, "--plugin", str(path), "--executor", "scratch", "--out", "there"], tmp_path)
    command_line([*run, *LOCAL, "--out", "here"], tmp_path)
    assert stable_records(tmp_path / "there" / "digits") == stable_records(tmp_path / "here" / "digits")
    assert len(list((tmp_path / "there" / "digits").glob("trials/*/rounds.jsonl"))) == 2


def test_the_first_example_is_the_one_in_examples() -> None:
    example = (GUIDE.parents[1] / "examples" / "my_strategy.py").read_text(encoding="utf-8")
    assert blocks("README.md")[0].partition("\n")[2] == example.partition("\n")[2]


@pytest.mark.parametrize(("page", "at"), [("strategy.md", 0), ("badge.md", -2)])
def test_the_known_answer_of_a_page_is_right(page: str, at: int) -> None:
    example, test = blocks(page)[at], blocks(page)[-1]
    names: dict[str, Callable[[], None]] = {}
    exec(example + test, names)
    (name,) = [name for name in names if name.startswith("test_")]
    names[name]()


def test_the_wrapper_of_the_page_chooses_where_it_says() -> None:
    names: dict[str, Callable[..., Strategy]] = {}
    exec(blocks("strategy.md")[1], names)
    view = make_view(torch.tensor([[2.0], [1.0], [3.0], [9.0], [8.0], [7.0]]))
    wrapped = names["FirstHalf"](registry().build("strategy", "random"))
    assert sorted(wrapped.select(view, 3).tolist()) == [0, 1, 2]


def test_badge_line_by_line_has_the_faults_that_its_page_names(tmp_path: Path) -> None:
    path = tmp_path / "my_badge.py"
    path.write_text(blocks("badge.md")[0], encoding="utf-8")
    text = (GUIDE / "badge.md").read_text(encoding="utf-8").split("<!-- caught -->")[1]
    named = re.findall(r"`([a-z-]+-[a-z-]+)`", text.split(" are among what fails")[0])
    assert len(named) >= 3
    assert set(named) <= set(failed(path))


def test_badge_with_kernels_keeps_the_contract_and_chooses_as_the_built_in_one(tmp_path: Path) -> None:
    path = tmp_path / "my_badge.py"
    path.write_text(blocks("badge.md")[1], encoding="utf-8")
    assert failed(path) == []
    found = Registry([str(path)])
    z = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    for options in ("", "[first=uniform]"):
        picks = [found.build("strategy", f"{name}{options}").select(make_view(z), 20) for name in ("my-badge", "badge")]
        assert torch.equal(*picks)


def shown() -> dict[str, tuple[str, str, set[str]]]:
    """Rule -> wrong, right, the checks that tell."""
    text = (GUIDE / "vmap.md").read_text(encoding="utf-8")
    rules = {}
    for section in text.split("\n## ")[1:]:
        caught = re.search(r"^Caught by (.+)\.$", section, re.MULTILINE)
        if caught:
            wrong, right = PYTHON.findall(section)
            rules[section.splitlines()[0]] = (wrong, right, set(re.findall(r"`([a-z-]+)`", caught[1])))
    return rules


def build(code: str) -> Callable[[], object]:
    names: dict[str, Callable[[], object]] = {}
    exec(METHOD + textwrap.indent(code, "    "), names)
    return names["Shown"]


@pytest.mark.parametrize("rule", shown())
def test_wrong_is_caught_and_right_is_not(rule: str) -> None:
    wrong, right, caught = shown()[rule]
    assert caught <= {finding.check for finding in check_method(build(wrong), name="wrong") if finding.failed}
    assert [str(finding) for finding in check_method(build(right), name="right") if finding.failed] == []


def test_the_guide_has_a_page_for_each_kind_and_rules_for_methods() -> None:
    assert {f"{kind}.md" for kind in KINDS} <= {path.name for path in GUIDE.glob("*.md")}
    assert len(shown()) >= 6


def test_the_data_set_that_is_downloaded_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("vitals")
    monkeypatch.setitem(sys.modules, "vitals", module)
    for block in blocks("dataset.md"):
        exec(block, module.__dict__)
    data = module.Downloaded()
    assert not data.find(tmp_path)
    with pytest.raises(DataError, match=r"no vitals\.csv of vitals in .*'albench data fetch vitals' \(180\.0 kB"):
        data.load(tmp_path)
    data.simulate(tmp_path / "vitals", 0)
    assert data.find(tmp_path)
    assert len(data.load(tmp_path).train) == 200

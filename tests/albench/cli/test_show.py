"""``albench show``: what a component is, its options and where it comes from."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Callable

import pytest

from albench.cli.main import main
from albench.suite.protocol import Protocol

Inside = Callable[..., subprocess.CompletedProcess[str]]


def test_a_component_is_shown_with_its_options_its_paper_and_where_it_comes_from(inside: Inside) -> None:
    shown = " ".join(inside("show", "boostmis").stdout.split())
    assert "n_neighbors" in shown
    assert "20" in shown
    assert "albench_boostmis" in shown
    assert "arXiv 2203.02533" in shown
    facts = json.loads(inside("show", "boostmis", "--json").stdout)
    assert [fact["kind"] for fact in facts] == ["strategy", "method"]


def test_every_component_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    from albench.components.registry import registry

    for name in sorted({component.name for component in registry().components()}):
        with pytest.raises(SystemExit) as end:
            main(["show", name])
        assert end.value.code == 0, name
    assert "mescc" in capsys.readouterr().out


def test_the_protocol_is_shown_with_every_setting(inside: Inside) -> None:
    (facts,) = json.loads(inside("show", "protocol", "--json").stdout)
    assert [option["name"] for option in facts["options"]] == [field.name for field in dataclasses.fields(Protocol)]
    shown = " ".join(inside("show", "protocol").stdout.split())
    assert "--set NAME=VALUE" in shown
    assert "validation" in shown
    assert inside("show", "protocoll").stderr == ("Error: unknown component 'protocoll': did you mean 'protocol'?\n")

"""``--encoder`` makes encoded data sets of those that are named; keys, names and identity follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from albench.components.registry import Registry, registry
from albench.components.spec import parse
from albench.errors import PluginError, SuiteError, UnknownName
from albench.session import suite_from
from albench.suite.complete import completed
from albench.suite.encoded import read_through
from albench.suite.identity import data_of
from albench.suite.naming import components
from albench.suite.settings import run_settings
from albench.suite.suite_file import load_suite

PIXELS = "encoded[encoder=identity,of=digits]"


def through(datasets: list[str], encoders: list[str]) -> list[str]:
    named = components("dataset", datasets), components("encoder", encoders)
    return [f"{spec.alias}={spec}" if spec.alias else str(spec) for spec in read_through(*named, registry())]


def test_each_data_set_goes_through_each_encoder() -> None:
    assert through(["digits"], ["identity"]) == [PIXELS]
    assert through(["digits"], []) == ["digits"]
    assert through(["a=digits"], ["identity"]) == [f"a={PIXELS}"]
    several = through(["a=digits", "mescc-sim"], ["identity", "mine=tfidf[dim=8]"])
    assert several == [
        f"a identity={PIXELS}",
        "a mine=encoded[encoder=tfidf[dim=8],of=digits]",
        "encoded[encoder=identity,of=mescc-sim]",
        "mescc-sim mine=encoded[encoder=tfidf[dim=8],of=mescc-sim]",
    ]


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(UnknownName, match="did you mean 'tfidf'"):
        through(["digits"], ["tfdif"])
    with pytest.raises(SuiteError, match="is encoded already: leave --encoder out"):
        through([PIXELS], ["identity"])


def test_without_a_data_set_that_encodes_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBENCH_DISABLE_PLUGINS", "encoders")
    with pytest.raises(PluginError, match="no plugin that is loaded reads data sets through an encoder"):
        read_through([parse("digits")], [parse("mine")], _Only())


class _Only(Registry):
    def find(self, kind, name):
        return type("Found", (), {"role": ""})


def test_a_suite_file_names_encoders_and_its_paths_count_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "texts.csv").write_text("text,label\na b,x\n")
    file = tmp_path / "sub" / "suite.yaml"
    file.write_text("datasets: ['text[path=texts.csv]', 'encoded[of=text[path=texts.csv],encoder=tfidf]']\n")
    monkeypatch.chdir(tmp_path)
    paths = [str(spec) for spec in load_suite(file).datasets]
    assert paths == ["text[path=sub/texts.csv]", "encoded[encoder=tfidf,of=text[path=sub/texts.csv]]"]
    file.write_text("datasets: [digits]\nencoders: [identity, {tfidf: {dim: 8}}]\n")
    suite = suite_from(file)
    assert [str(spec) for spec in suite.encoders] == ["identity", "tfidf[dim=8]"]


def test_the_suite_is_called_by_what_it_is_of() -> None:
    suite, _ = completed(suite_from(dataset="digits", encoder="identity"), run_settings(out="results"), registry())
    assert suite.name == "digits-identity"
    assert [str(spec) for spec in suite.datasets] == [PIXELS]
    assert suite.encoders == ()


def test_data_are_the_same_wherever_the_items_lie() -> None:
    def facts(path: str, encoder: str = "tfidf[features=10]") -> dict:
        resolved = f"encoded[encoder={encoder},equal_items=allow,of=text[path={path}],weak_noise=0.1]"
        made = {"dataset": {"files": {"albench_encoders/tfidf.py": "1"}}}
        return {"dataset": resolved, "resolved": {"dataset": resolved}, "data_hash": "abc", "made_by": made}

    assert data_of(facts("a.csv")) == data_of(facts("elsewhere/a.csv"))
    assert data_of(facts("a.csv")) != data_of(facts("a.csv", "tfidf[features=20]"))

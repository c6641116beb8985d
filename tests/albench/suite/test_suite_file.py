"""Suite files: what they mean, and what is told of what they cannot mean."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albench.components.spec import Spec
from albench.errors import SuiteError, UserError
from albench.suite.protocol import Protocol
from albench.suite.suite_file import load_suite


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    return path


def test_a_suite_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "name: mine\ndatasets: [digits, 'mescc-sim[grading=two]']\nmethods: fixmatch\n"
        "strategies:\n  - random\n  - boostmis: {n_neighbors: 10}\nseeds: [3, 5]\nprotocol: {rounds: 2, initial: 5%}\n",
    )
    suite = load_suite(path)
    assert suite.name == "mine"
    assert suite.datasets == (Spec("digits"), Spec("mescc-sim", (("grading", "two"),)))
    assert suite.strategies[1] == Spec("boostmis", (("n_neighbors", "10"),))
    assert suite.seeds == (3, 5)
    assert suite.protocol == dataclasses.replace(Protocol(), rounds=2, initial="5%")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("datasets: [digits]\nstrategys: [random]\n", "line 2: unknown key 'strategys': did you mean 'strategies'"),
        ("datasets: [digits]\nmodel: wrn\n", "line 2: unknown key 'model': did you mean 'backbones'"),
        ("strategy: [random]\n", "line 1: unknown key 'strategy': did you mean 'strategies'"),
        ("protocol:\n  learning_rate: 0.1\n", "line 2: unknown key 'learning_rate': did you mean 'lr'"),
        ("learning_rate: 0.1\n", "line 1: unknown key 'learning_rate': write it below protocol:, as lr: ..."),
        ("protocol:\n  budget: 9\n", "line 2: unknown key 'budget': the budget is initial"),
        ("datasets: [digits]\nprotocol:\n  initial: 10\n  round: 3\n", "line 4: unknown key 'round'"),
        ("datasets: [digits]\n\nprotocol:\n  rounds: three\n", "line 4: .*not a whole number"),
        ("protocol:\n  query_size: 0\n", "line 2: query-size is 0"),
        ("methods:\n  - 'fixmatch[x'\n", "line 1: .*']' is missing"),
        ("seeds: none\n", "line 1: seeds"),
        ("seeds: [1, 1]\n", "names a seed twice"),
        ("- a\n- b\n", "a suite file holds keys"),
        ("a: [1\n", "not valid YAML"),
        ("a: !!python/object/apply:os.system ['true']\n", "not valid YAML"),
        ("seeds: 1\nseeds: 2\n", "given twice"),
        ("name: ../evil\n", "not a suite name"),
        ("protocol: 3\n", "line 1: protocol holds settings"),
        ("", "a suite file holds keys"),
    ],
)
def test_wrong_suite_files_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        load_suite(write(tmp_path, text))


def test_a_missing_suite_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"no suite file .*absent\.yaml"):
        load_suite(tmp_path / "absent.yaml")


@given(st.text(max_size=80))
def test_any_text_is_a_suite_or_a_suite_error(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.yaml"
        path.write_text(text, encoding="utf-8", errors="ignore")
        with contextlib.suppress(UserError):
            load_suite(path)


@pytest.mark.parametrize(
    ("written", "name", "meant"),
    [
        ("initial: 020", "initial", "20"),
        ("initial: 20.0", "initial", "20"),
        ("initial: 1_000", "initial", "1000"),
        ("initial: 5%", "initial", "5%"),
        ("steps: 016", "steps", 16),
        ("steps: 1e2", "steps", 100),
        ("steps: 1_000", "steps", 1000),
        ("steps: '7'", "steps", 7),
        ("steps: !!int 7", "steps", 7),
        ("lr: 1e-3", "lr", 1e-3),
        ("lr: .5", "lr", 0.5),
        ("lr: 010.5", "lr", 10.5),
        ("lanes: off", "lanes", "off"),
        ("lanes: auto", "lanes", "auto"),
        ("lanes: 4", "lanes", "4"),
        ("initial_strategy: {coreset: {k: 3}}", "initial_strategy", "coreset[k=3]"),
    ],
)
def test_values_mean_what_people_mean_by_them(tmp_path: Path, written: str, name: str, meant: object) -> None:
    settings = load_suite(write(tmp_path, f"protocol:\n  {written}\n")).protocol
    assert getattr(settings, name) == meant
    assert settings == dataclasses.replace(Protocol(), **{name: meant})


def test_texts_and_numbers_stay_as_they_were_written(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, "name: 1.10\nstrategies: [no, {a: {b: 0.10, c: yes, d: ~, e: 2024-01-02}}]\n"))
    assert suite.name == "1.10"
    assert suite.strategies == (
        Spec("no"),
        Spec("a", (("b", "0.10"), ("c", "yes"), ("d", "none"), ("e", "2024-01-02"))),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("protocol:\n  steps: 1:30\n", r"line 2: .*'1:30' is not a whole number"),
        ("protocol:\n  steps: 0x10\n", r"line 2: .*'0x10' is not a whole number"),
        ("protocol:\n  steps: 2024-01-02\n", r"line 2: .*'2024-01-02' is not a whole number"),
        ("protocol:\n  steps: 2.5\n", r"line 2: .*'2.5' is not a whole number"),
        ("protocol:\n  initial: 0.1\n", r"line 2: initial '0.1' .* a share such as 10%"),
        ("protocol:\n  initial: 1:30\n", r"line 2: initial '1:30' is neither"),
        ("protocol:\n  lanes: no\n", r"line 2: lanes 'no': write off, auto or a number"),
        ("protocol:\n  steps:\n", r"line 2: steps has no value"),
        ("protocol:\n  steps: [3]\n", r"line 2: steps takes one value"),
        ("seeds: 1:30\n", r"line 1: seeds: '1:30' is neither"),
        ("seeds: 2024-01-01\n", r"line 1: seeds"),
        ("rounds: 3\n", r"line 1: unknown key 'rounds': write it below protocol:, as rounds: ..."),
        ("protocol:\n  seeds: 3\n", r"line 2: unknown key 'seeds': write it at the left margin"),
        ("seeds: !car 3\n", r"line 1: .*the tag !car has no meaning here"),
        ("seeds: &a [*a]\n", r"line 1: .*a value holds itself"),
        ("name: [a]\n", r"line 1: .* is not a suite name"),
    ],
)
def test_what_has_no_plain_meaning_is_refused_at_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message) as refused:
        load_suite(write(tmp_path, text))
    assert str(refused.value).startswith(f"{tmp_path / 'suite.yaml'}, line ")


@pytest.mark.parametrize(
    "text",
    [
        "seeds: 1\nseeds: 2\n",
        "protocol:\n  steps: 1\n  steps: 2\n",
        "strategies:\n- random\n- a: {b: 1, b: 2}\n",
        "x: {<<: {a: 1, a: 2}}\n",
    ],
)
def test_a_key_given_twice_is_told_with_file_and_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(SuiteError, match=r"suite\.yaml, line \d+: the key '\w+' is given twice") as refused:
        load_suite(write(tmp_path, text))
    assert f"line {text.count(chr(10))}:" in str(refused.value)


MERGED = """\
datasets: [digits]
protocol:
  <<: &small {rounds: 2, initial: 6, query_size: 4, steps: 9}
  steps: 3
"""


def test_merge_keys_are_read(tmp_path: Path) -> None:
    settings = load_suite(write(tmp_path, MERGED)).protocol
    assert (settings.rounds, settings.initial, settings.query_size, settings.steps) == (2, "6", "4", 3)
    first = "protocol:\n  <<: [{steps: 5}, {steps: 6, rounds: 2}]\n"
    settings = load_suite(write(tmp_path, first)).protocol
    assert (settings.steps, settings.rounds) == (5, 2)
    assert load_suite(write(tmp_path, "<<: {datasets: [digits]}\nseeds: 1\n")).datasets == (Spec("digits"),)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (MERGED.replace("6,", "six,"), 3, "initial 'six'"),
        (MERGED.replace("rounds", "round"), 3, "unknown key 'round': did you mean 'rounds'"),
        ("protocol:\n  steps: 3\n  <<: 5\n", 3, "<< takes a mapping"),
        ("seeds: 1\n<<: {stratgies: [a]}\n", 2, "unknown key 'stratgies'"),
    ],
)
def test_an_error_in_a_merged_value_names_the_line_of_the_merge(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    with pytest.raises(SuiteError, match=f"suite.yaml, line {line}: .*{message}"):
        load_suite(write(tmp_path, text))


def test_what_is_named_twice_counts_once(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, "strategies: [random, entropy, random, 'a[b=1]', a: {b: 1}]\n"))
    assert [spec.name for spec in suite.strategies] == ["random", "entropy", "a"]


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-16", "is saved as UTF-16: save it as UTF-8"),
        ("utf-32", "is saved as UTF-32: save it as UTF-8"),
        ("latin-1", "line 2: not UTF-8, as its byte 0xe9 tells: save it as UTF-8"),
    ],
)
def test_other_encodings_are_told_with_what_to_do(tmp_path: Path, encoding: str, message: str) -> None:
    (tmp_path / "suite.yaml").write_text("datasets: [digits]\n# café\n", encoding=encoding)
    with pytest.raises(SuiteError, match=rf"suite\.yaml.*{message}\.$"):
        load_suite(tmp_path / "suite.yaml")


def test_a_mark_before_utf_8_is_taken(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text("datasets: [digits]\n", encoding="utf-8-sig")
    assert load_suite(tmp_path / "suite.yaml").datasets == (Spec("digits"),)


def test_paths_count_from_the_suite_file_where_they_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "study/pool").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    path = write(tmp_path / "study", "datasets: ['features[path=pool]', 'npz[path=far/x.npz]', 'features[path=/a]']\n")
    read = {}
    for folder in ("study", ".", "elsewhere"):
        monkeypatch.chdir(tmp_path / folder)
        read[folder] = [dict(spec.options)["path"] for spec in load_suite(path).datasets]
    assert read["study"] == ["pool", "far/x.npz", "/a"]  # as typed: it is part of the keys
    assert read["."] == ["study/pool", "far/x.npz", "/a"]
    assert read["elsewhere"] == ["../study/pool", "far/x.npz", "/a"]


def test_plugins_of_a_suite_lie_beside_it_or_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study/mine.py").write_text("")
    path = write(tmp_path / "study", "datasets: digits\nplugins: [mine.py, uncertainty]\n")
    monkeypatch.chdir(tmp_path)
    assert load_suite(path).plugins == (str(tmp_path / "study/mine.py"), "uncertainty")
    for text, message in (
        ("plugins: [mien.py]", r"suite\.yaml, line 1: plugins: there is no .*mien\.py; a path in a suite file counts"),
        ("plugins: [sub/mine.txt]", r"line 1: plugins: sub/mine\.txt is no Python file"),
        ("plugins: {a: b}", r"line 1: plugins takes files and names of installed plugins"),
        ("plugins: []", r"line 1: plugins takes files and names of installed plugins"),
    ):
        with pytest.raises(SuiteError, match=message):
            load_suite(write(tmp_path / "study", f"{text}\n"))

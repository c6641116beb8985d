"""Texts from files: each layout as it comes, splits that keep equal texts together, and what is wrong with a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from albench.api import DataError
from albench.components.registry import Registry
from albench.data.equal_items import usable
from albench.errors import UnknownName
from albench.testing import check_dataset
from albench_datasets.text import Text

WORDS = ("win cash now", "see you at home", "call this number", "what time is it", "free prize", "on my way")
LABELS = ("spam", "ham")


def pairs(path: Path, n: int = 60) -> Path:
    rows = [f"{LABELS[i % 2]}\t{WORDS[(i * 7) % 6]} {i // 2}" for i in range(n)]
    path.write_text("\n".join(rows) + "\n\n", encoding="utf-8")
    return path


def table(path: Path, header: str = "label,text", split: bool = False) -> Path:
    rows = [f'{LABELS[i % 2]},"{WORDS[i % 6]}, no. {i}"' for i in range(60)]
    if split:
        header += ",split"
        rows = [f"{row},{('train', 'dev', 'test')[i // 20]}" for i, row in enumerate(rows)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_lines_of_a_label_and_a_text(tmp_path: Path) -> None:
    splits = Text(path=str(pairs(tmp_path / "SMSCollection"))).load(None)
    assert (splits.task.modality, splits.task.shape, splits.task.class_names) == ("text", (), ("ham", "spam"))
    assert [len(splits.train), len(splits.val), len(splits.test)] == [40, 8, 12]
    assert all(isinstance(text, str) for text in splits.train.x)
    lines = (tmp_path / "SMSCollection").read_text().splitlines()
    for split, part in (("train", splits.train), ("test", splits.test)):
        for row in range(len(part)):
            name, number = splits.called(split, row).split(":")
            label, text = lines[int(number) - 1].split("\t")
            assert (name, text, label) == ("SMSCollection", part.x[row], splits.task.class_names[part.y[row]])


def test_a_table_and_json_lines_of_the_same_rows_are_one_data_set(tmp_path: Path) -> None:
    csv = Text(path=str(table(tmp_path / "a.csv"))).load(None)
    rows = [{"Class": LABELS[i % 2], "body": f"{WORDS[i % 6]}, no. {i}", "likes": i} for i in range(60)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    made = Text(path=str(tmp_path / "a.jsonl"))
    jsonl = made.load(None)
    assert usable(made, csv, "a")[1] == usable(made, jsonl, "b")[1]
    assert "column likes not read" in jsonl.how_read


def test_columns_of_other_names_are_named(tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", header="kind,words")
    with pytest.raises(DataError, match=r"columns are kind, words; the header text,label.* text=COLUMN names it"):
        Text(path=str(file)).load(None)
    with pytest.raises(DataError, match=r"text=word: no such column; the columns are kind, words"):
        Text(path=str(file), text="word", label="kind").load(None)
    assert len(Text(path=str(file), text="words", label="kind").load(None).train) == 40


def test_a_column_may_say_the_splits(tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", split=True)
    splits = Text(path=str(file)).load(None)
    assert [len(splits.train), len(splits.val), len(splits.test)] == [20, 20, 20]
    with pytest.raises(DataError, match=r"its rows say their split; leave test= out"):
        Text(path=str(file), test="a.csv").load(None)


def test_questions_of_trec_are_read_in_latin_1_by_either_label(tmp_path: Path) -> None:
    rows = [f"{('LOC', 'NUM')[i % 2]}:{('city', 'date')[i % 2]} Where is the caf\xe9 {i} ?" for i in range(40)]
    (tmp_path / "train.label").write_bytes("\n".join(rows).encode("latin-1"))
    (tmp_path / "test.label").write_bytes(b"LOC:city Where ?\nNUM:date When ?\n")
    path = str(tmp_path / "train.label")
    coarse = Text(path=path, test="test.label").load(None)
    assert (coarse.task.class_names, list(coarse.test.x)) == (("LOC", "NUM"), ["Where ?", "When ?"])
    assert len(coarse.val) == 6
    assert "caf\xe9" in coarse.train.x[0]
    assert Text(path=path, classes_of="fine").load(None).task.class_names == ("LOC:city", "NUM:date")


def test_equal_texts_come_to_one_split(tmp_path: Path) -> None:
    rows = [f"{LABELS[i % 2]}\ttext {LABELS[i % 2]} {i // 6}" for i in range(240)]
    (tmp_path / "lines").write_text("\n".join(rows), encoding="utf-8")
    splits = Text(path=str(tmp_path / "lines")).load(None)
    train, val, test = (set(part.x) for part in (splits.train, splits.val, splits.test))
    assert len(train | val | test) == len(train) + len(val) + len(test)
    assert "repeated within a split" in usable(Text(path="lines"), splits, "x")[0].notices[-1]


def test_texts_of_two_files_that_are_equal_are_refused_or_left_out(tmp_path: Path) -> None:
    pairs(tmp_path / "lines")
    (tmp_path / "held").write_text("spam\twin cash now 0\nham\tnever seen\n", encoding="utf-8")
    made = Text(path=str(tmp_path / "lines"), test="held")
    with pytest.raises(DataError, match=r"1 item of \w+ is also in test \(lines:1 is held:1\)"):
        usable(made, made.load(None), "x")
    dropped, _ = usable(Text(path="x", equal_items="drop"), made.load(None), "x")
    assert "win cash now 0" not in {*dropped.train.x, *dropped.val.x}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "text,label\nhello,\n", "line 2: no label; write one, or leave the row out"),
        ("a.csv", "text,label\n,spam\n", "line 2: no text; write one, or leave the row out"),
        ("a.csv", "text,label\n", "no items; every split needs at least one"),
        ("a.csv", "text,label\n" + "".join(f"no. {i},x\n" for i in range(12)), "one class only"),
        ("a.csv", "text,label,split\na,x,nowhere\n", "line 2: the split 'nowhere' is neither train, val nor test"),
        ("a.jsonl", '{"text": "a", "label": "x"}\n[1]\n', "line 2: not a JSON object; one a line is needed"),
        ("a.txt", "spam no tab\n", "neither lines of a label, a tab and a text nor COARSE:fine text"),
        ("a.csv", b"text,label\n\xff\xfe,x\n", "not UTF-8 text; save it in UTF-8"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=said) as error:
        Text(path=str(tmp_path / name)).load(None)
    assert str(tmp_path / name) in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_files_and_wrong_layouts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"text\[path=nowhere.csv\]: no such file or folder; give its full path"):
        Text(path="nowhere.csv").load(tmp_path)
    file = pairs(tmp_path / "lines")
    with pytest.raises(DataError, match=r"test=nowhere: no such file, beside"):
        Text(path=str(file), test="nowhere").load(None)
    with pytest.raises(DataError, match="line 1: not COARSE:fine text"):
        Text(path=str(file), layout="trec").load(None)


def test_a_cell_may_be_longer_than_the_csv_module_expects(tmp_path: Path) -> None:
    import csv

    limit = csv.field_size_limit()
    file = table(tmp_path / "a.csv")
    file.write_text(file.read_text() + f"ham,{'long ' * 40_000}\n")
    assert max(map(len, Text(path=str(file)).load(None).train.x)) > limit
    assert csv.field_size_limit() == limit


def test_it_passes_the_kit_and_is_offered_for_a_file(tmp_path: Path) -> None:
    file = pairs(tmp_path / "lines")
    found = check_dataset(lambda: Text(path=str(file)), name="text")
    assert {finding.check: finding.reason for finding in found if finding.status == "fail"} == {}
    assert [Text.reads(each) for each in (file, table(tmp_path / "a.csv"), tmp_path)] == [True, True, False]
    with pytest.raises(UnknownName, match=rf"'{file}' is a file: write text\[path={file}\]"):
        Registry().find("dataset", str(file))

"""Each trial once: the source that is named first counts, and how far a set that was made again lies from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

import albench
from albench.compare.paragraph import paragraphs
from albench.disk.files import sealed_text
from albench.errors import StoreError
from albench.results.archive import export
from albench.results.merge import merge
from albench.results.records import encode_record, read_records

SEEDS = 3


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite of two strategies and three seeds, packed as published ones are: ``published/s``."""
    toy = Path(__file__).parents[2] / "plugin_files" / "toy.py"
    top = tmp_path_factory.mktemp("once")
    albench.run(
        **{"dataset": "blobs", "strategy": ["random", "entropy"], "method": "supervised", "seeds": SEEDS},
        **{"executor": "local", "plugins": [toy], "batch_size": 16, "initial": 12, "query_size": 8, "rounds": 3},
        **{"steps": 2, "evaluations": 1, "name": "s", "out": top / "plain"},
    )
    packed = top / "published" / "s"
    packed.mkdir(parents=True)
    export([top / "plain" / "s"], packed / "records.zip")
    shutil.copy(top / "plain" / "s" / "manifest.json", packed)
    return packed


@pytest.fixture
def again(first: Path, tmp_path: Path) -> Callable[..., Path]:
    """The suite made again: trials of some seeds, with what changes their records and what made them."""

    def make(seeds: Collection[int] = range(SEEDS), processor: str = "", rounds: int = 3, **moves: float) -> Path:
        suite = tmp_path / "again" / "s"
        shutil.copytree(first.parents[1] / "plain" / "s", suite)
        for trial in list((suite / "trials").iterdir()):
            facts = json.loads((trial / "trial.json").read_text())
            del facts["checksum"]
            if facts["seed"] not in seeds:
                shutil.rmtree(trial)
                continue
            for attempt in facts["attempts"]:
                attempt["made_with"]["processor"] = processor or attempt["made_with"]["processor"]
            (trial / "trial.json").write_text(sealed_text(facts))
            records = read_records(trial)[0][:rounds]
            for metric, by in moves.items():
                records[1]["test"][metric] += by
            (trial / "rounds.jsonl").write_text("".join(map(encode_record, records)))
        return suite

    return make


def told(results: albench.Results) -> str:
    (found,) = [note for note in results.notes if "with other records" in note]
    return found


def test_the_source_that_is_named_first_counts(first: Path, again: Callable[..., Path]) -> None:
    alone = albench.load(first)
    other = again(seeds=[0, 1], macro_f1=0.05, accuracy=-0.25)
    both = albench.load(first, other)
    assert both.frame["test.macro_f1"].tolist() == alone.frame["test.macro_f1"].tolist()
    assert [row.aubc for row in both.compare().rows] == [row.aubc for row in alone.compare().rows]
    note = told(both)
    assert note.startswith(f"4 trials are both in {first} and in {other}, with other records; those of {first}, ")
    assert "of neither" not in note


def test_where_the_first_lacks_seeds_the_mix_is_told(first: Path, again: Callable[..., Path]) -> None:
    other = again(seeds=[0, 1], macro_f1=0.05)
    mixed = albench.load(other, first)
    own = albench.load(other).frame.set_index(["strategy", "seed", "round"])["test.macro_f1"]
    found = mixed.frame.set_index(["strategy", "seed", "round"])["test.macro_f1"]
    assert found[own.index].tolist() == own.tolist()
    assert len(found) == len(own) + 2 * 3
    assert f"Rows of {other} hold 2 trials of {first} too, for seeds that it lacks" in told(mixed)


def test_a_copy_that_is_not_complete_gives_way(first: Path, again: Callable[..., Path]) -> None:
    other = again(rounds=2, macro_f1=0.05)
    found = albench.load(other, first)
    assert len(found.frame) == 2 * SEEDS * 3
    assert found.failed.empty
    assert f"those of {first}, which has more of their rounds, count" in told(found)


def test_the_largest_difference_of_a_test_metric_is_told_in_plain_digits(
    first: Path, again: Callable[..., Path]
) -> None:
    note = told(albench.load(first, again(macro_f1=0.05, accuracy=-0.25)))
    assert "the largest difference is 0.250 in test accuracy (" in note
    assert ", round 1; in test macro_f1 it is at most 0.050." in note
    assert "e-" not in note


def test_copies_that_differ_in_what_was_queried_alone_are_not_equal(first: Path, again: Callable[..., Path]) -> None:
    other = again()
    trial = next(trial for trial in (other / "trials").iterdir() if "--entropy--" in trial.name)
    records = read_records(trial)[0]
    records[0]["queried"] = [*range(1_000_000_000, 1_000_000_008)]
    (trial / "rounds.jsonl").write_text("".join(map(encode_record, records)))
    assert f"from round 0 on: queried differs (trial {trial.name})" in told(albench.load(first, other))


def test_other_processors_are_named_and_expected(first: Path, again: Callable[..., Path]) -> None:
    other = again(processor="a67 Other NEON", macro_f1=0.05)
    note = told(albench.load(first, other))
    assert " and a67 Other NEON: one seed may give other numbers with each, so differences are expected." in note
    assert "only one" not in note
    with pytest.raises(StoreError) as refused:
        merge([first, other], other.parents[1] / "merged")
    text = str(refused.value)
    assert "0.050 in test macro_f1 (" in text
    assert "differences are expected, and neither is damaged" in text
    assert "leave one of the sources out" in text


def test_of_the_same_versions_and_processor_only_one_is_right(first: Path, again: Callable[..., Path]) -> None:
    other = again(macro_f1=0.05)
    assert "They were made with the same versions and processor, and so only one of the two can be right." in told(
        albench.load(first, other)
    )
    with pytest.raises(StoreError, match="so only one may be right") as refused:
        merge([first, other], other.parents[1] / "merged")
    assert f"delete {first}/records.zip/s/trials/" in str(refused.value)


def test_a_paragraph_says_that_copies_differ(first: Path, again: Callable[..., Path]) -> None:
    text = " ".join(paragraphs(albench.load(first, again(macro_f1=0.05)).compare()))
    assert f"6 trials are both in {first} and in " in text

"""A trial's records as rows of the tables that ``albench.results.load`` makes."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from albench.compare import beside, carried, first_draw
from albench.compare import looks as looks_
from albench.compare.rare import COLUMN, SMALL, rare_recalls, small_classes
from albench.environment import MADE_WITH, Made, rounds_made
from albench.results import same_items
from albench.results.records import SEES_LABELS, TUNED, TrialFiles
from albench.suite.protocol import by_class
from albench.wording import counted

_NUMBERS = frozenset((int, float, type(None)))
NAMES = ("key", "dataset", "stand_in", "method", "strategy", "backbone", "seed")
"""Facts of a trial that name it."""


@dataclass(frozen=True)
class TrialRows:
    """A trial in the tables.

    Attributes
    ----------
    common
        Columns that are the same in all of its rounds.
    rounds
        The others, of each round.
    failed
        Its row of ``failed``; None where it is complete.
    """

    common: dict[str, Any]
    rounds: list[dict[str, Any]]
    failed: dict[str, Any] | None


def rows_of(
    suite: str, files: TrialFiles, about: dict[str, Any], called: Mapping[str, str], looks: str = ""
) -> TrialRows:
    """A trial's rounds as rows.

    Parameters
    ----------
    suite
        What its suite is called.
    files
        What is on disk of it.
    about
        Data set -> what the manifest says of it.
    looks
        Those that its suite planned under its protocol, as text.
    called
        The names of its data set, method, strategy and backbone, where they are not as they were typed.

    Raises
    ------
    KeyError, TypeError, ValueError
        Where a file does not hold what albench writes.
    """
    facts = files.facts
    named = {**{name: facts[name] for name in NAMES}, **called}
    base = {"suite": suite, **named, "protocol": facts["protocol_hash"]}
    data_hash = facts.get("data_hash", "")
    data = about.get(facts["dataset"], {})
    data = data if data.get("data_hash", data_hash) == data_hash else {}  # that of other data, which took its name
    common = {**base, "device": facts["protocol"]["device"], "data_hash": data_hash}
    common[beside.SEES_LABELS] = facts.get(SEES_LABELS, False) is True
    common["initial_hash"] = facts.get("initial_hash", "")
    common[same_items.COLUMN] = same_items.items_of(facts)
    common[looks_.COLUMN] = looks
    common["pool_size"] = data["sizes"][0] if data else 0
    pool, _, test = data.get("per_class") or ((), (), ())
    common[COLUMN] = "\n".join(rare_recalls(data["classes"], [pool, test])) if pool else ""
    common[SMALL] = "\n".join(small_classes(data["classes"], test)) if pool else ""
    common[carried.COLUMN] = carried.thin_test(data["classes"], test) if pool else ""
    common[first_draw.COLUMN] = _given(facts["protocol"], files.records, data["classes"], pool) if pool else ""
    made = rounds_made(facts, len(files.records))
    validation = data["sizes"][1] if data else None
    columns = {id(how): _made(how) for how in {id(how): how for how in made}.values()}  # one a process, not a round
    rows = [_flat(record, validation, columns[id(how)]) for record, how in zip(files.records, made, strict=True)]
    rounds = facts["protocol"]["rounds"]
    ended = None
    if files.status in ("failed", "skipped"):
        ended = {**base, "status": files.outcome["status"], "reason": files.outcome["reason"]}
    elif len(rows) < rounds:
        reason = f"{len(rows)} of {counted(rounds, 'round')} made: run the same command again to go on"
        ended = {**base, "status": "incomplete", "reason": reason}
    return TrialRows(common, rows, ended)


def _given(protocol: dict[str, Any], records: list[dict[str, Any]], classes: list[str], pool: list[int]) -> str:
    """The classes that a trial's first labels hold by rule, where labels drawn at random would often miss them."""
    by_rule = by_class(protocol.get("initial_draw", ""), protocol.get("initial_strategy", ""))
    return first_draw.given_classes(classes, pool, records[0]["n_labeled"]) if by_rule and records else ""


def _made(how: Made) -> dict[str, str]:
    """The run and the versions of a round as columns; empty where it does not say."""
    versions = {f"{MADE_WITH}{name}": value for name, value in (how.made_with or {}).items()}
    return {"run": how.run, **versions}


def _flat(record: dict[str, Any], validation: int | None, made: dict[str, str]) -> dict[str, Any]:
    """The record's numbers as columns, and what made it beside them; ``validation`` labels where it does not say."""
    found = {
        "n_validation": record.get("n_validation", validation),
        "round": record["round"],
        "n_labeled": record["n_labeled"],
        "peak_memory_mb": record["peak_memory_mb"],
    }
    for part in ("val", "test", "seconds"):
        values = record[part]
        if not _NUMBERS.issuperset(map(type, values.values())):
            values = {name: _number(value) for name, value in values.items()}
        found.update(zip(_columns(part, tuple(values)), values.values(), strict=True))
    if TUNED in record:
        found.update(_tuned(record[TUNED]))
    pseudo = record["pseudo_label"]
    found["pseudo_label.accepted"], found["pseudo_label.accuracy"] = pseudo["accepted"], pseudo["accuracy"]
    found.update(made)
    return found


@functools.lru_cache(maxsize=256)
def _columns(part: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{part}.{name}" for name in names)


def _tuned(told: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What was tuned, as it is typed; where it was tuned for this round, by how many tries and how well it did."""
    yield TUNED, ", ".join(f"{name}={value}" for name, value in told["values"].items())
    if "tries" in told:
        yield f"{TUNED}.tries", len(told["tries"])
        yield f"{TUNED}.score", _number(told["score"])


def _number(value: Any) -> Any:
    if value is not None and not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value

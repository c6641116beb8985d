"""Each trial once: which of its copies counts, and how far the others lie from it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from albench.results.copies import (
    Gap,
    Other,
    apart,
    completeness,
    first_difference,
    gaps,
    made_otherwise,
    other_words,
)
from albench.results.opening import Opened
from albench.results.records import TrialFiles
from albench.suite.identity import Identity, trial_of
from albench.wording import counted

Read = tuple[Opened, Path, TrialFiles]
EXPECTED = "one seed may give other numbers with each, so differences are expected"
"""What is said of copies that other versions or processors made."""


@dataclass
class _TwoPlaces:
    """Two sources that have copies of trials with other records, the one that counts first.

    Attributes
    ----------
    other
        What those copies were made with that differs.
    same, unknown
        Trials whose two copies were made with the same, and those that do not say.
    first
        The first difference that was met.
    """

    trials: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    other: Other = field(default_factory=dict)
    same: int = 0
    unknown: int = 0
    first: str = ""

    def add(self, kept: Read, dropped: Read, difference: str) -> None:
        key = kept[1].name
        self.trials.append(key)
        self.gaps += gaps(key, kept[2].records, dropped[2].records)
        self.first = self.first or f"{difference} (trial {key})"
        made = made_otherwise(kept[2], dropped[2])
        if made is None:
            self.unknown += 1
        elif not made:
            self.same += 1
        else:
            for name, sides in made.items():
                both = self.other.setdefault(name, (set(), set()))
                both[0].update(sides[0])
                both[1].update(sides[1])


def once(read: Sequence[Read], first: Collection[str]) -> tuple[list[Read], list[str], list[str]]:
    """Each trial once; what is to be said of copies that are equal, and of those that are not.

    Copies are read again, whole: of a trial that is there once it is enough to have read its numbers.

    The most complete copy counts; of equals, that of the source that is named first. So no table is patched together
    from several sources as long as the first one has all of it.

    Parameters
    ----------
    first
        Keys that count where copies of one source are equally complete; else the first does.
    """
    copies: dict[Identity, list[int]] = {}
    for at, (_, _, files) in enumerate(read):
        copies.setdefault(trial_of(files.facts), []).append(at)

    def rank(at: int) -> tuple[tuple[bool, int, bool], bool]:
        _, folder, files = read[at]
        return completeness(files.status, len(files.records)), folder.name in first

    left_out: set[int] = set()
    equal = 0
    pairs: dict[tuple[str, str], _TwoPlaces] = {}
    for places in copies.values():
        if len(places) == 1:
            continue
        best = max(places, key=rank)
        left_out.update(at for at in places if at != best)
        whole = _whole(read[best])
        for at in places:
            if at == best:
                continue
            other = _whole(read[at])
            if difference := first_difference(whole[2].records, other[2].records):
                pair = pairs.setdefault((whole[0].where, other[0].where), _TwoPlaces())
                pair.add(whole, other, difference)
            else:
                equal += 1
    kept = [one for at, one in enumerate(read) if at not in left_out]
    order = list(dict.fromkeys(suite.where for suite, _, _ in read))
    differing = [_pair_words(*names, pair, order, kept) for names, pair in pairs.items()]
    return kept, [_equal_words(equal)] if equal else [], differing


def _whole(one: Read) -> Read:
    suite, folder, _ = one
    return suite, folder, suite.read(folder)


def _equal_words(n: int) -> str:
    are = "is" if n == 1 else "are"
    return f"{counted(n, 'trial')} of these results {are} there more than once: each counts once."


def _pair_words(counts: str, other: str, pair: _TwoPlaces, order: Sequence[str], kept: Sequence[Read]) -> str:
    """What two sources say otherwise, which of them counts, and why."""
    n = f"{counted(len(pair.trials), 'trial')} {'is' if len(pair.trials) == 1 else 'are'}"
    if counts == other:
        return f"{n} twice in {counts} with other records, of which one counts: {_apart(pair)}."
    named_first = order.index(counts) < order.index(other)
    why = f"{counts}, which is named first," if named_first else f"{counts}, which has more of their rounds,"
    text = f"{n} both in {counts} and in {other}, with other records; those of {why} "
    text += f"count: {_apart(pair)}."
    beside = _beside(counts, other, kept)
    if beside:
        text += (
            f" Rows of {counts} hold {counted(beside, 'trial')} of {other} too, for seeds that it lacks: their means "
            "are those of neither; name one of the two alone to see its own."
        )
    return text


def _beside(counts: str, other: str, kept: Sequence[Read]) -> int:
    """Trials of the other source that count, in rows that the first one has trials of."""

    def row(files: TrialFiles) -> Identity:
        *parts, _, protocol = trial_of(files.facts)
        return (*parts, protocol)

    own = {row(files) for suite, _, files in kept if suite.where == counts}
    return sum(row(files) in own for suite, _, files in kept if suite.where == other)


def _apart(pair: _TwoPlaces) -> str:
    """How far the copies lie apart, and whether that is to be expected."""
    sentences = [apart(pair.gaps, pair.first)]
    if pair.other:
        sentences.append(f"they were made with {other_words(pair.other)}: {EXPECTED}")
    if pair.same:
        which = _of_them(pair.same, pair)
        sentences.append(f"{which} made with the same versions and processor, and so only one of the two can be right")
    if pair.unknown:
        which = _of_them(pair.unknown, pair)
        sentences.append(f"what {which} made with was not kept")
    return ". ".join(part[:1].upper() + part[1:] if at else part for at, part in enumerate(sentences))


def _of_them(n: int, pair: _TwoPlaces) -> str:
    if n == len(pair.trials):
        return "they were"
    return f"{n:,} of them {'was' if n == 1 else 'were'}"

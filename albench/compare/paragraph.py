"""A paragraph for a paper: what was compared and how, what the tests say, and nothing that they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from albench.compare.answer import answer
from albench.compare.choose import only_of
from albench.compare.comparison import Comparison
from albench.compare.estimates import Difference
from albench.compare.levels import levels
from albench.compare.looks import level_text
from albench.compare.over_items import DRAWS
from albench.compare.rare import MINORITY, minority_words
from albench.compare.tables import Group
from albench.compare.titles import baseline_words, metric_words, row_names
from albench.wording import counted, listed

_NAMED = 6
"""Rows that a sentence names; it counts the others."""
_TESTS = {"t": "paired t-tests", "permutation": "permutations of signs", "wilcoxon": "Wilcoxon's signed ranks"}
_ENDED = {"failed": ("failed", "failed"), "skipped": ("was skipped", "were skipped")}
_ENDED["incomplete"] = ("is incomplete", "are incomplete")
_CITED = {"albench": "albench", "torch": "PyTorch", "numpy": "NumPy", "scipy": "SciPy", "scikit-learn": "scikit-learn"}


def paragraphs(comparison: Comparison) -> list[str]:
    """One paragraph a data set, then one on all of them and on what holds for each; each with what limits its claims.

    A row is called better or worse where the corrected test says so and nowhere else; of rows that are not told from
    their baseline nothing is claimed. A stand-in is called one in the first sentence.
    """
    found = [
        " ".join((*_of_group(group, comparison), *_caveats(comparison, group.place))) for group in comparison.groups
    ]
    return [*found, " ".join(_of_all(comparison))]


def _of_group(group: Group, comparison: Comparison) -> Iterator[str]:
    names = row_names(group.rows)
    yield _setting(group)
    if group.stand_in:
        yield f"{group.dataset} is a simulated stand-in for {group.stand_in}: its numbers say nothing about patients."
    if not any(row.rank for row in group.rows):
        why = "no curve is whole" if comparison.at == "aubc" else f"there is no {comparison.at}"
        yield f"Nothing is ranked, as {why}."
        return
    sides = [(name, row.difference) for name, row in zip(names, group.rows, strict=True) if row.difference is not None]
    tested = [(name, gap) for name, gap in sides if gap.verdict != "too few seeds"]
    if tested:
        yield from _tested(tested, group, comparison)
    few = [name for name, gap in sides if gap.verdict == "too few seeds"]
    if few:
        yield f"No test is possible for {listed(few, _NAMED)}, with fewer than three seeds beside the baseline's."
    if not sides and len(group.rows) > 1:
        yield "No baseline is among them, so no difference was tested and none is claimed."
    if MINORITY in (*group.recalls, comparison.metric):
        yield f"The minority recall is the {minority_words(group.small_classes)}."
    said = levels(group, names, metric_words(comparison.metric, comparison.split))
    if said:
        intervals = any(row.value.n > 1 for row in group.rows)
        yield said.removesuffix(".") + " (mean ± half width of the 95 % t-interval over seeds)." * intervals or said


def _setting(group: Group) -> str:
    """What was run."""
    rows = group.rows
    names_of = {part: sorted({str(getattr(row, part)) for row in rows}) for part in ("method", "strategy", "backbone")}
    what = counted(len(names_of["strategy"]), "query strategy")
    if len(names_of["strategy"]) == 1:
        what = f"the query strategy {names_of['strategy'][0]}"
    with_ = [f"{'method' if len(names) == 1 else 'methods'} {listed(names, _NAMED)}" for names in (names_of["method"],)]
    with_ += [f"{'backbone' if len(names) == 1 else 'backbones'} {listed(names)}" for names in (names_of["backbone"],)]
    low, high = (bound(len(row.seeds) for row in rows) for bound in (min, max))
    seeds = counted(high, "seed") if low == high else f"{low:,} to {counted(high, 'seed')}"
    counts = group.n_labeled
    labels = f"at {counts[0]:,} labels"
    if len(counts) > 1:
        labels = f"at {counted(len(counts), 'label count')} from {counts[0]:,} to {counts[-1]:,}"
    return f"On {group.place}, {what} with {' and '.join(with_)} were measured {labels}, over {seeds}."


def _tested(tested: Sequence[tuple[str, Difference]], group: Group, comparison: Comparison) -> Iterator[str]:
    metric = metric_words(comparison.metric, comparison.split)
    what = f"{metric} at {group.ranked:,} labels" if group.ranked is not None else f"the mean {metric} over all labels"
    lower = "" if comparison.higher_is_better else ", of which lower is better,"
    baseline = baseline_words(comparison, group.rows)
    level = f"{level_text(comparison.share)} level"
    level += ", the share of this look at the seeds" if comparison.share < 1 else ""
    tests = listed([words for test, words in _TESTS.items() if any(gap.test == test for _, gap in tested)])
    tests += ", each beside Hall's transformed t for skewed differences," if comparison.skewed else ""
    yield (
        f"We compared {what}{lower} with that of {baseline} by {tests} over the seeds that both have, with Holm's "
        f"correction over {counted(comparison.n_tests, 'difference')} at the {level}."
    )
    for verdict in ("better", "worse"):
        of = [(name, gap) for name, gap in tested if gap.verdict == verdict]
        if of:
            said = [f"{name} ({_size(gap)})" for name, gap in of]
            yield f"{listed(said, _NAMED)} {'was' if len(of) == 1 else 'were'} {verdict} than {baseline}."
    open_ = [name for name, gap in tested if gap.verdict == "~"]
    if open_:
        every = "none of them" if len(open_) == len(tested) > 1 else listed(open_, _NAMED)
        yield f"No difference from {baseline} was shown for {_any(every)}, which does not show that there is none."


def _any(names: str) -> str:
    return "any of them" if names == "none of them" else names


def _size(gap: Difference) -> str:
    """``difference +0.041, 95 % interval [+0.012, +0.070], d = 1.20, corrected p = 0.003, 10 seeds``."""
    facts = [f"difference {gap.mean:+.3f}", f"95 % interval [{gap.low:+.3f}, {gap.high:+.3f}]"]
    if gap.over_items:
        facts += [f"over test items [{gap.over_items.low:+.3f}, {gap.over_items.high:+.3f}]"]
    facts += [f"d = {gap.effect:.2f}"] if gap.effect == gap.effect else []
    facts += ["corrected p < 0.001" if gap.p_holm < 0.001 else f"corrected p = {gap.p_holm:.3f}"]
    return ", ".join([*facts, counted(gap.n, "seed")])


def _caveats(comparison: Comparison, place: str) -> Iterator[str]:
    """What limits the claims on one place, a sentence each."""
    for note in comparison.caveats:
        if note.place == place:
            text = note.text
            named = any(text.startswith(group.dataset) for group in comparison.groups)
            yield text if named or not text.split(" ")[0].isalpha() else _capital(text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _incomplete(comparison: Comparison) -> Iterator[str]:
    """Trials that are not complete, by how they ended."""
    counts = Counter(trial.status for trial in comparison.failed)
    if counts:
        ended = [f"{n:,} {_ENDED[status][n > 1]}" for status, n in counts.items() if status in _ENDED]
        rows = dict.fromkeys(f"{trial.method}/{trial.strategy} on {trial.dataset}" for trial in comparison.failed)
        yield f"Not every trial is complete: {listed(ended)} ({listed(list(rows), _NAMED)})."


def _of_all(comparison: Comparison) -> Iterator[str]:
    if comparison.overall:
        yield answer(comparison).overall
    if comparison.budgets:
        yield from answer(comparison).budgets
        yield (
            "A row is told from the one that leads at a budget by the tests above, or by one of the two, paired by "
            "seed, with Holm's correction over all pairs of rows at all budgets."
        )
    if any(row.difference and row.difference.test for row in comparison.rows):
        yield "Intervals of differences are what the corrected tests do not reject, over seeds on the same test items."
    kept = list(dict.fromkeys(group.test_items for group in comparison.groups if group.test_items))
    if kept:
        yield f"Those over test items are of {DRAWS:,} resamples of the {listed(kept)}, with the models as they are."
    if comparison.n_left_out:
        chosen = only_of(len(comparison.rows), comparison.n_left_out)
        yield f"These are {chosen} by name out of all that was run, and the correction does not count the others."
    yield from _incomplete(comparison)
    places = [group.place for group in comparison.groups]
    for place in dict.fromkeys(note.place for note in comparison.caveats if note.place not in places):
        yield from _caveats(comparison, place)
    versions = [
        f"{words} {listed(list(comparison.made_with[name]))}"
        for name, words in _CITED.items()
        if comparison.made_with.get(name)
    ]
    yield f"Run with {listed(versions)}." if versions else "The versions of what was run are not recorded."

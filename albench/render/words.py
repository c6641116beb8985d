"""What is said around the tables: headings, facts, the legend, what is not complete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from albench.compare.beside import ORACLE_SIGN
from albench.compare.choose import only_of
from albench.compare.highlight import explained
from albench.compare.looks import level_text
from albench.compare.rare import MINORITY, minority_words
from albench.compare.resample import LEAST_SEEDS
from albench.components.defaults import ORACLE_MARK
from albench.render.budgets import budget_legend
from albench.render.cells import n_seeds, shows_saved, usual
from albench.render.labels import seeds_text
from albench.render.texts import spread
from albench.wording import counted, listed

if TYPE_CHECKING:
    from albench.compare.comparison import Comparison
    from albench.compare.tables import Full, Group, Row


def heading(group: Group) -> tuple[str, str]:
    """The data set, with its settings where it has several protocols, and what it stands in for (empty where real)."""
    return group.place, f"stand-in for {group.stand_in}: simulated, not patient data" if group.stand_in else ""


def facts(group: Group, comparison: Comparison) -> list[str]:
    """What holds for the whole table of a group, in short pieces."""
    direction = "higher" if comparison.higher_is_better else "lower"
    pieces = [f"{comparison.split} {comparison.metric} ({direction} is better)"]
    pieces.append(f"ranked by {_ranked_by(group, comparison)}")
    if len(comparison.baseline) > 12:
        pieces.append(f"baseline {comparison.baseline}")
    methods, backbones = ({getattr(row, name) for row in group.rows} for name in ("method", "backbone"))
    pieces += [f"method {name}" for name in methods if len(methods) == 1]
    pieces += [f"backbone {name}" for name in backbones if len(backbones) == 1]
    n = n_seeds(group)
    pieces.append(counted(n, "seed") if n == len(group.seeds) else f"compared over {counted(usual(group), 'seed')}")
    pieces.append(f"protocol {group.protocol} on {', '.join(group.devices)}")
    if group.test_items:
        pieces.append(group.test_items)
    return [*pieces, *full_words(group.full)]


def full_words(full: Sequence[Full]) -> list[str]:
    """``full supervision 0.953 ± 0.004 (supervised, all 1,079 labels, 3 seeds)``, of each backbone."""
    named = [f"{one.method} on {one.backbone}" if len(full) > 1 else one.method for one in full]
    return [
        f"full supervision {spread(one.estimate, one.estimate.n)} ({name}, all {one.n_labeled:,} labels, "
        f"{counted(one.estimate.n, 'seed')})"
        for name, one in zip(named, full, strict=True)
    ]


def _ranked_by(group: Group, comparison: Comparison) -> str:
    if comparison.at == "aubc":
        return "AUBC"
    return f"{group.ranked:,} labels" if group.ranked is not None else f"nothing: there is no {comparison.at}"


def legend(comparison: Comparison) -> list[str]:
    """How to read the marks."""
    estimates = [e for row in comparison.rows for e in (*row.cells.values(), row.aubc)]
    lines = ["Mean ± half width of the 95 % t-interval over seeds, same test items"]
    if any(_other(row, group) for group in comparison.groups for row in (*group.rows, *group.aside)):
        lines[0] += "; in brackets their number, where it is not that of the table"
    if any(len(group.n_labeled) > 1 for group in comparison.groups):
        lines.append("AUBC: area under the budget curve, divided by its span of labels")
    recalls = dict.fromkeys(metric for group in comparison.groups for metric in group.recalls)
    lines += minority_lines(comparison, recalls)
    if recalls:
        lines.append(
            f"{listed(list(recalls))} {'stands' if len(recalls) == 1 else 'stand'} beside, as a class is rare: at the "
            "label count that ranks, else at the last; not tested"
        )
    if any(estimate.best for estimate in estimates):
        lines.append("Bold: best of its column; * better than the second, ~ not distinguishable from it")
    n = comparison.n_tests
    if comparison.baseline:
        lines.append(_against(comparison))
    if (comparison.baseline and n) or any(estimate.best for estimate in estimates):
        tests = f"over {counted(n, 'difference')}" if n else "over all bests of a kind"
        if n and any(estimate.best for estimate in estimates):
            tests += "; a best value can have a * only where a difference has one"
        if comparison.n_left_out:
            tests += f"; {only_of(len(comparison.rows), comparison.n_left_out)}, and the others not counted"
        tests += _of_looks(comparison)
        lines.append(f"A * means p < 0.05, paired by seed ({_tests(comparison)}), Holm-corrected {tests}")
    if any(group.test_items for group in comparison.groups):
        lines.append(
            "Over items: the 95 % interval of resamples of the test items, whole groups where they are known, seeds as "
            "they are; not tested"
        )
    if comparison.target:
        lines.append(
            "Labels to the target: where the mean curve reaches it, with its 95 % bootstrap interval over seeds"
        )
    if any(row.saved and shows_saved(group, comparison) for group in comparison.groups for row in group.rows):
        what = "the target" if comparison.target else "the lower of the two qualities that both end with"
        lines.append(
            f"Labels saved: fewer labels than the baseline needs for {what}, each with its 95 % bootstrap interval; "
            "never: it is not reached"
        )
    if comparison.cost:
        lines.append(
            f"At equal cost ({comparison.cost}): AUBC over what labels, training and queries cost, and its rank"
        )
    if (comparison.target or comparison.details) and any(len(row.seeds) < LEAST_SEEDS for row in comparison.rows):
        lines.append(f"Fewer than {LEAST_SEEDS} seeds have no bootstrap interval: it would not cover 95 %")
    lines += budget_legend(comparison)
    if any(group.aside for group in comparison.groups):
        lines.append(
            f"{ORACLE_SIGN} {ORACLE_MARK}; a reference, over its own seeds, neither ranked nor tested nor counted"
        )
    if comparison.highlight:
        lines.append(explained(comparison.highlight))
    if comparison.details:
        lines.append(
            "IQM: interquartile mean with its 95 % bootstrap interval; d: mean difference in standard deviations"
        )
    return lines


def _of_looks(comparison: Comparison) -> str:
    level = f"{level_text(comparison.share)} in the place of 5 %"
    skewed = ", by that test and by Hall's for skewed differences" if comparison.skewed else ""
    return f"; and for looks as seeds were added, at {level}{skewed}" if comparison.share < 1 else ""


def minority_lines(comparison: Comparison, recalls: Collection[str]) -> list[str]:
    """What minority recall is, where it is shown."""
    if MINORITY not in (*recalls, comparison.metric):
        return []
    of = dict.fromkeys(minority_words(group.small_classes) for group in comparison.groups)
    if len(of) > 1:
        named = [(group.place, group.small_classes) for group in comparison.groups if group.small_classes]
        return [f"{MINORITY}: {minority_words([])}: {'; '.join(f'on {at} {listed(found, 6)}' for at, found in named)}"]
    return [f"{MINORITY}: {next(iter(of))}"]


def _against(comparison: Comparison) -> str:
    """How differences are read."""
    text = f"Against {comparison.baseline}: difference paired by seed"
    if comparison.n_tests:
        text += (
            ", with the interval that the corrected test leaves; * significant, ~ not distinguishable: zero lies inside"
        )
    few = any(row.difference and row.difference.verdict == "too few seeds" for row in comparison.rows)
    return f"{text}; without a mark: fewer than three seeds, no verdict" if few else text


def _tests(comparison: Comparison) -> str:
    """The tests that the differences were put to."""
    names = {"t": "t-test", "permutation": "permutation of signs", "wilcoxon": "Wilcoxon's signed ranks"}
    differences = [row.difference for row in comparison.rows if row.difference]
    used = [text for name, text in names.items() if any(d.test == name for d in differences)]
    return ", ".join(used) or names["t"]


def failures(comparison: Comparison) -> list[str]:
    """One line for all seeds of a cell that ended for one reason."""
    several = [len({getattr(trial, name) for trial in comparison.failed}) > 1 for name in ("backbone", "protocol")]
    setups = {(group.dataset, group.protocol): group.setup for group in comparison.groups}
    seeds: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for trial in comparison.failed:
        where = f"{trial.dataset} {trial.method} + {trial.strategy}"
        setup = setups.get((trial.dataset, trial.protocol)) or trial.protocol
        where += f" on {trial.backbone}" * several[0] + f" ({setup})" * several[1]
        seeds[trial.status, where, " ".join(trial.reason.split())].append(trial.seed)
    return [f"{status}: {where}, {seeds_text(found)}: {reason}" for (status, where, reason), found in seeds.items()]


def _other(row: Row, group: Group) -> bool:
    """Whether a value of the row rests on another number of seeds than the table's."""
    values = (*row.cells.values(), *row.recalls.values(), row.aubc, row.difference)
    return any(e.n not in (0, usual(group)) for e in values if e is not None)

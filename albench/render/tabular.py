"""The comparison as CSV at full precision: one line a number, so that a spreadsheet or pandas reads it as it is."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from albench.compare.answer import answer

if TYPE_CHECKING:
    from albench.compare.budget_tables import OverBudgets
    from albench.compare.comparison import Comparison
    from albench.compare.estimates import Difference, Estimate
    from albench.compare.tables import Overall, Row, Wins

_FIELDS = (
    "kind",
    "dataset",
    "stand_in",
    "protocol",
    "backbone",
    "method",
    "strategy",
    "rank",
    "sees_labels",
    "metric",
    "n_labeled",
    "mean",
    "half_width",
    "low",
    "high",
    "n_seeds",
    "best",
    "clear",
    "baseline",
    "p",
    "p_holm",
    "verdict",
    "test",
    "effect",
    "seeds_needed",
    "seed",
    "text",
)


def to_text(comparison: Comparison) -> str:
    """One line a number, named by its ``kind``.

    ``answer`` is what the table says, in ``text``: over data sets, for each. Of a row: ``labels`` (a mean at a label
    count), ``aubc``, ``rare_class`` (a recall that stands beside), ``difference`` (of the ranked value, against
    ``baseline``), ``value_over_items`` and ``difference_over_items`` (with ``--test-items``: limits over the test items
    that ``text`` counts), ``std``, ``iqm``, ``labels_to_target``, ``labels_saved`` (``inf`` where it is not reached,
    ``-inf`` where the row never gets there), ``train_seconds``, ``query_seconds``, ``cost_adjusted``, ``highlighted``
    (a row that is marked by request). Of a table: ``full_supervision``. ``sees_labels`` says which rows are of oracles,
    which have no rank. Over budgets: ``budget`` (what ranks under the budget in ``text``, which ends
    with ``n_labeled``; ``best`` leads, ``verdict`` is ``first``, ``tied`` or ``behind``), ``budget_difference`` (over
    data sets), ``budget_mean_rank``. Over data sets: ``mean_rank``, ``overall_iqm``, ``overall_difference``,
    ``improvement``, ``friedman``, ``critical_difference``, ``wins`` (over ``baseline``). Then ``failed``, ``skipped``
    or ``incomplete`` (a trial and, in ``text``, why) and ``note``. A field that does not apply, or has no value, is
    empty.
    """
    file = io.StringIO()
    writer = csv.DictWriter(file, _FIELDS, lineterminator="\n")
    writer.writeheader()
    for line in _lines(comparison):
        writer.writerow({name: _field(value) for name, value in line.items()})
    return file.getvalue()


def _lines(comparison: Comparison) -> Iterator[dict[str, Any]]:
    metric = f"{comparison.split}.{comparison.metric}"
    found = answer(comparison)
    if found.overall:
        yield {"kind": "answer", "metric": metric, "text": found.overall}
    for over, text in zip(comparison.budgets, found.budgets, strict=True):
        yield {"kind": "answer", "dataset": over.place, "stand_in": over.stand_in, "metric": metric, "text": text}
    for group, text in zip(comparison.groups, found.groups, strict=True):
        about = {name: getattr(group, name) for name in ("dataset", "stand_in", "protocol")}
        yield {"kind": "answer", **about, "metric": metric, "text": text}
    for group in comparison.groups:
        for full in group.full:
            about = {name: getattr(group, name) for name in ("dataset", "stand_in", "protocol")}
            yield {
                **{"kind": "full_supervision", **about, "backbone": full.backbone, "method": full.method},
                **{"metric": metric, "n_labeled": full.n_labeled, **_estimate(full.estimate)},
            }
        for row in (*group.rows, *group.aside):
            base = {**_names(row), "stand_in": group.stand_in, "rank": row.rank, "metric": metric}
            base["sees_labels"] = row.sees_labels
            for labels, cell in row.cells.items():
                yield {"kind": "labels", **base, "n_labeled": labels, **_estimate(cell)}
            yield {"kind": "aubc", **base, **_estimate(row.aubc)}
            for name, recall in row.recalls.items():
                at = group.ranked or group.n_labeled[-1]
                about = {"metric": f"{comparison.split}.{name}", "n_labeled": at}
                yield {"kind": "rare_class", **base, **about, **_estimate(recall)}
            if row.difference:
                yield {"kind": "difference", **base, "n_labeled": group.ranked, **_difference(row.difference)}
            yield from _over_items(row, {**base, "n_labeled": group.ranked, "text": group.test_items})
            yield from _details(row, base)
            if row.highlighted:
                yield {"kind": "highlighted", **base}
    for over in comparison.budgets:
        yield from _over_budgets(over, metric)
    if comparison.overall:
        yield from _overall(comparison.overall, metric)
    if comparison.wins:
        yield from _wins(comparison.wins, metric)
    for trial in comparison.failed:
        yield {"kind": trial.status, **_names(trial), "seed": trial.seed, "text": trial.reason}
    for note in comparison.notes:
        yield {"kind": "note", "text": note}


def _over_items(row: Row, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if row.over_items:
        yield {"kind": "value_over_items", **base, "mean": row.value.mean, **vars(row.over_items)}
    if row.difference and row.difference.over_items:
        against = f"{row.difference.method}/{row.difference.strategy}"
        limits = vars(row.difference.over_items)
        yield {"kind": "difference_over_items", **base, "baseline": against, "mean": row.difference.mean, **limits}


def _details(row: Row, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if row.spread:
        yield {"kind": "std", **base, "mean": row.spread.std}
        yield {
            **{"kind": "iqm", **base, "mean": row.spread.iqm},
            **{"low": row.spread.iqm_low, "high": row.spread.iqm_high},
        }
    for kind, reach in (("labels_to_target", row.reach), ("labels_saved", row.saved)):
        if reach:
            yield {"kind": kind, **base, "mean": reach.labels, "low": reach.low, "high": reach.high}
    if row.seconds:
        yield {"kind": "train_seconds", **base, "mean": row.seconds.train}
        yield {"kind": "query_seconds", **base, "mean": row.seconds.query}
    if row.cost_adjusted:
        yield {"kind": "cost_adjusted", **base, **_estimate(row.cost_adjusted), "rank": row.cost_rank}


def _over_budgets(over: OverBudgets, metric: str) -> Iterator[dict[str, Any]]:
    for row in over.rows:
        names = {"backbone": row.backbone, "method": row.method, "strategy": row.strategy, "metric": metric}
        base = {"dataset": over.place, "stand_in": over.stand_in, **names}
        for at, budget in enumerate(over.budgets):
            line = {"kind": "budget", **base, "rank": row.ranks[at], "text": budget}
            if over.n_labeled:
                line["n_labeled"] = over.n_labeled[at]
            if row.values:
                alone = sum(other.firsts[at] for other in over.rows) == 1
                line |= {
                    **_estimate(row.values[at]),
                    "best": row.ranks[at] == min(each.ranks[at] for each in over.rows),
                }
                line |= {"clear": row.firsts[at] and alone}
                line |= {"verdict": "behind" if not row.firsts[at] else "first" if alone else "tied"}
            yield line
            if gap := (row.differences or (None,) * len(over.budgets))[at]:
                yield {"kind": "budget_difference", **base, "text": budget, **_difference(gap)}
        yield {"kind": "budget_mean_rank", **base, "mean": row.mean_rank}


def _overall(overall: Overall, metric: str) -> Iterator[dict[str, Any]]:
    for row in overall.rows:
        names = {"backbone": row.backbone, "method": row.method, "strategy": row.strategy, "metric": metric}
        yield {"kind": "mean_rank", **names, "mean": row.mean_rank}
        yield {"kind": "overall_iqm", **names, "mean": row.iqm, "low": row.iqm_low, "high": row.iqm_high}
        if row.difference:
            yield {"kind": "overall_difference", **names, **_difference(row.difference)}
        if row.improvement:
            chance = row.improvement
            yield {"kind": "improvement", **names, "mean": chance.value, "low": chance.low, "high": chance.high}
    yield {"kind": "friedman", "metric": metric, "p": overall.friedman_p}
    yield {"kind": "critical_difference", "metric": metric, "mean": overall.critical_difference}


def _wins(wins: Wins, metric: str) -> Iterator[dict[str, Any]]:
    for name, row in zip(wins.names, wins.matrix, strict=True):
        names = dict(zip(("backbone", "method", "strategy"), name, strict=True))
        for other, won in zip(wins.names, row, strict=True):
            if other != name:
                yield {"kind": "wins", **names, "metric": metric, "baseline": "/".join(other[1:]), "mean": won}


def _names(entry: Any) -> dict[str, str]:
    return {name: getattr(entry, name) for name in ("dataset", "protocol", "backbone", "method", "strategy")}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "mean": estimate.mean,
        "half_width": estimate.half_width,
        "low": estimate.low,
        "high": estimate.high,
        "n_seeds": estimate.n,
        "best": estimate.best,
        "clear": estimate.clear,
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "baseline": f"{difference.method}/{difference.strategy}",
        "mean": difference.mean,
        "half_width": difference.half_width,
        "low": difference.low,
        "high": difference.high,
        "n_seeds": difference.n,
        "p": difference.p,
        "p_holm": difference.p_holm,
        "verdict": difference.verdict,
        "test": difference.test,
        "effect": difference.effect,
        "seeds_needed": difference.seeds_needed,
    }


def _field(value: Any) -> Any:
    """Empty for nothing; floats in as many digits as they need."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return "" if value is None else value

"""What the first row of a table and its baseline reach at one label count, as a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from albench.compare.estimates import Estimate
from albench.compare.tables import Group, Row
from albench.compare.titles import metric_words
from albench.compare.verdict_words import NAMED
from albench.wording import listed


def levels(group: Group, names: Sequence[str], metric: str) -> str:
    """What the first row and its baseline have at the label count that ranks, else the last; rare classes with it."""
    labels = group.ranked or group.n_labeled[-1]
    first = group.rows[0]
    shown = [(names[0], first)]
    if first.difference is not None:
        wanted = (first.difference.method, first.difference.strategy, first.backbone)
        shown += [
            (name, row)
            for name, row in zip(names, group.rows, strict=True)
            if (row.method, row.strategy, row.backbone) == wanted
        ]
    elif len(group.rows) > 1:
        shown.append((names[1], group.rows[1]))
    of_metric = _with([(name, row.cells[labels]) for name, row in shown])
    recalls = [(each, _with([(name, row.recalls[each]) for name, row in shown])) for each in group.recalls]
    beside = [f"the {metric_words(each)} is {texts}" for each, texts in recalls if texts]
    ahead = _ahead_there(group, names, shown, labels)
    return f"At {labels:,} labels the {metric} is {'; '.join([of_metric + ahead, *beside])}." if of_metric else ""


def _ahead_there(group: Group, names: Sequence[str], shown: Sequence[tuple[str, Row]], labels: int) -> str:
    """Who leads at a label count where the row that leads over all of them does not."""
    best = [(name, row) for name, row in zip(names, group.rows, strict=True) if row.cells[labels].best]
    if not best or group.rows[0] in [row for _, row in best]:
        return ""
    who = listed([name for name, _ in best], NAMED)
    value = "" if best[0] in shown else f", {level(best[0][1].cells[labels])}"
    return f"; the best mean there {'is that' if len(best) == 1 else 'are those'} of {who}{value}"


def _with(shown: Sequence[tuple[str, Estimate]]) -> str:
    """``0.912 ± 0.010 with galaxy and 0.860 ± 0.012 with random``."""
    texts = [f"{level(estimate)} with {name}" for name, estimate in shown if estimate.n]
    return listed(texts) if texts else ""


def level(estimate: Estimate) -> str:
    half = "" if math.isnan(estimate.half_width) else f" ± {estimate.half_width:.3f}"
    if estimate.is_cut:
        half = f" [{estimate.low:.3f}, {estimate.high:.3f}]"
    return f"{estimate.mean:.3f}{half}"

"""What comparisons of the same results share, whatever the metric: which rows are compared, and their arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from albench.compare import carried, first_draw, rare
from albench.compare.beside import Parted, check_ranked, parted
from albench.compare.blocks import CurveBlock
from albench.compare.choose import check_baseline, pairs_of
from albench.compare.details import QUERY, TRAIN
from albench.compare.gather import check_scores, gather
from albench.compare.looks import looked
from albench.compare.own_rows import OwnRows
from albench.compare.paid import counting_validation
from albench.compare.protocols import place_of
from albench.compare.question import Question
from albench.compare.ranking import check_ranking
from albench.compare.tables import Remark
from albench.compare.versions import versions_in
from albench.environment import refuse_mixes
from albench.errors import UserError

_TEXTS = (carried.COLUMN, first_draw.COLUMN, rare.COLUMN, rare.SMALL)


@dataclass(frozen=True)
class Basis:
    """What the comparisons by several metrics stand on.

    Attributes
    ----------
    parts
        What is compared, and what stands beside it.
    baseline
        What the others are compared with.
    chosen
        The rows that were chosen by name.
    curves, own
        The arrays of each group, and its rows.
    said, copies
        Notes on what was chosen, and on copies that were left out.
    share
        What of the 5 % the tests may use.
    left_out
        How many rows of all tables were not chosen, and what they are in words.
    made_with
        Name -> versions or processors.
    """

    parts: Parted
    baseline: str
    chosen: pd.DataFrame
    curves: list[CurveBlock]
    own: list[OwnRows]
    said: list[Remark]
    copies: list[Remark]
    share: float
    left_out: tuple[int, str]
    made_with: dict[str, tuple[str, ...]]


def basis_of(frame: pd.DataFrame, question: Question, metrics: Sequence[str] = ()) -> Basis:
    """What a question stands on, and with it the same question by other metrics.

    Raises
    ------
    UserError
        As of ``albench.compare.build.compared``.
    """
    for metric in (question.metric, *metrics):
        check_scores(frame, question.split, metric)
    question.choice.check(frame)
    parts = parted(frame)
    baseline = question.choice.baseline_in(parts.ranked)
    chosen = question.choice.of(parts.ranked)
    check_ranked(parts, chosen)
    chosen, paid = counting_validation(chosen, question)
    looks = looked(chosen)
    columns = [f"{question.split}.{metric}" for metric in (question.metric, *metrics)]
    curves, copies = _curves_of(chosen, question, columns)
    check_baseline(question.baseline and baseline, pairs_of(chosen))
    return Basis(
        parts=parts,
        baseline=baseline,
        chosen=chosen,
        curves=curves,
        own=[OwnRows.of(block, chosen, question.split, _TEXTS) for block in curves],
        said=[*looks.notes, *paid],
        copies=copies,
        share=looks.share,
        left_out=question.choice.left_out(parts.ranked),
        made_with=versions_in(chosen),
    )


def _curves_of(
    frame: pd.DataFrame, question: Question, columns: Sequence[str]
) -> tuple[list[CurveBlock], list[Remark]]:
    """The arrays of all that the question needs, and notes on copies that were left out.

    Raises
    ------
    UserError
        Where something of it is not there.
    """
    recorded = [name for name in (TRAIN, QUERY) if name in frame]
    if question.prices and len(recorded) < 2:
        raise UserError("cost: these results hold no seconds of training and queries.")
    beside = [f"{question.split}.{name}" for name in rare.recalls_of(frame, question.split)]
    curves, copies = gather(frame, list(dict.fromkeys([*columns, *recorded, *beside])))
    if question.strict:
        refuse_mixes({place_of(group): group.mix for group in curves})
    check_ranking(question.ranking, curves)
    return curves, copies

"""What ranks a comparison: ``final``, ``aubc``, ``round:K`` or ``labels:N``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from albench.compare.blocks import CurveBlock
from albench.errors import UserError, unknown

_FORMS = ("final", "aubc", "round:K", "labels:N")


@dataclass(frozen=True)
class Ranking:
    """A parsed ``at``. ``number`` is the K or N where the kind has one."""

    kind: str
    number: int = 0

    def column(self, curves: CurveBlock) -> int | None:
        """Position among a group's label counts, one past the last for AUBC, None where the group lacks it."""
        if self.kind == "aubc":
            return len(curves.n_labeled)
        if self.kind == "final":
            return len(curves.n_labeled) - 1
        wanted = curves.rounds.get(self.number) if self.kind == "round" else self.number
        found = [at for at, labels in enumerate(curves.n_labeled) if labels == wanted]
        return found[0] if found else None

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}" if self.kind in ("round", "labels") else self.kind


def parse_ranking(at: str) -> Ranking:
    """Read ``at``.

    Raises
    ------
    UserError
        Where it has none of the four forms.
    """
    kind, colon, number = at.partition(":")
    if at in ("final", "aubc"):
        return Ranking(at)
    if at.isascii() and at.isdigit():
        raise UserError(f"ranking '{at}': did you mean 'labels:{at}'?")
    if kind not in ("round", "labels"):
        raise unknown("ranking", at, _FORMS, hint=f"choose from {', '.join(_FORMS)}.")
    if not (colon and number.isascii() and number.isdigit()):
        example = "round:3" if kind == "round" else "labels:300"
        raise UserError(f"ranking '{at}': give a whole number after '{kind}:', as in {example}.")
    return Ranking(kind, int(number))


def check_ranking(ranking: Ranking, groups: Sequence[CurveBlock]) -> None:
    """Raise ``UserError``, naming what there is, where no group has the round or label count."""
    if any(ranking.column(curves) is not None for curves in groups):
        return
    if ranking.kind == "round":
        there = sorted({number for curves in groups for number in curves.rounds})
        what = "round"
    else:
        there = sorted({int(labels) for curves in groups for labels in curves.n_labeled})
        what = "label count"
    near = min(there, key=lambda number: abs(number - ranking.number))
    shown = ", ".join(map(str, there[:12])) + (f", ... {there[-1]}" if len(there) > 12 else "")
    raise UserError(f"ranking '{ranking}': no such {what}; there is {shown}: try {ranking.kind}:{near}.")

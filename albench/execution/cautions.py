"""What a run says of combinations that work, and that a reader of their results should know of."""

from __future__ import annotations

from albench.components.defaults import ORACLE
from albench.components.spec import parse
from albench.execution.plan import Plan
from albench.wording import listed

_SHOWN = 4


def seeing_labels(plan: Plan) -> list[str]:
    """One line where strategies are oracles."""
    names = dict.fromkeys(trial.strategy for trial in plan.todo)
    seeing = [name for name in names if plan.registry.find("strategy", parse(name).name).role == ORACLE]
    if not seeing:
        return []
    see, they = ("sees", "it is") if len(seeing) == 1 else ("see", "they are")
    return [f"{listed(seeing, _SHOWN)} {see} hidden labels: {they} drawn apart as a reference, and never ranked."]


def without_dropout(plan: Plan) -> list[str]:
    """One line for each backbone that could train with dropout and does not, while strategies ask it for samples."""
    asking: dict[str, dict[str, None]] = {}
    for trial in plan.todo:
        _, strategy, backbone = plan.registry.parts(trial)
        if "mc_probs" in strategy.needs and getattr(backbone, "dropout", None) == 0:
            asking.setdefault(trial.backbone, {})[trial.strategy] = None
    return [
        f"dropout: {listed(list(strategies), _SHOWN)} will ask for dropout samples of {backbone}, which trains without "
        f"dropout; {parse(backbone).name}[dropout=0.5] trains with it."
        for backbone, strategies in asking.items()
    ]

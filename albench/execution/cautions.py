"""What a run says of combinations that work, and that a reader of their results should know of."""

from __future__ import annotations

from albench.components.spec import parse
from albench.execution.plan import Plan
from albench.wording import listed

_SHOWN = 4


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

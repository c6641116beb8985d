"""A trial's components, built."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from albench.api.estimator import Estimator
from albench.wording import listed

if TYPE_CHECKING:
    from albench.api.backbone import Backbone
    from albench.api.method import Method
    from albench.api.strategy import Strategy
    from albench.api.task import Task


class Named(Protocol):
    """What names its components by specs, as a trial does."""

    @property
    def method(self) -> str: ...

    @property
    def strategy(self) -> str: ...

    @property
    def backbone(self) -> str: ...


class Built(NamedTuple):
    """The components of a trial that its data go through."""

    method: Method
    strategy: Strategy
    backbone: Backbone

    @property
    def whole(self) -> bool:
        """Whether the method fits the backbone whole, in place of training it by steps."""
        return fitted_whole(self.method, self.backbone)

    def skip(self, trial: Named, task: Task) -> str:
        """Why one of them cannot run on a task, with the name that the trial has it by; "" where all can."""
        parts: tuple[Method | Strategy | Backbone, ...] = self
        for kind, part in zip(self._fields, parts, strict=True):
            if reason := part.skip(task):
                return f"{kind} {getattr(trial, kind)}: {reason}"
        return self._apart(trial)

    def _apart(self, trial: Named) -> str:
        """Why they do not go together: the method cannot train the backbone, or the strategy reads what it lacks."""
        method, strategy, backbone = self
        if not method.training & backbone.training:
            ways = " or ".join(_TRAINED[way] for way in sorted(backbone.training))
            if "whole" in method.training:
                return f"method {trial.method}: it fits estimators whole, and {trial.backbone} is {ways}"
            return f"method {trial.method}: it trains by gradient steps, and {trial.backbone} is {ways}"
        if self.whole and method.weighs and isinstance(backbone, Estimator) and not backbone.weighs:
            return f"method {trial.method}: it weighs items, and {trial.backbone} takes no weights"
        if missing := strategy.needs - backbone.gives:
            what = listed([_READ.get(name, name) for name in sorted(missing)])
            return f"strategy {trial.strategy}: it needs {what}, which {trial.backbone} does not have"
        return ""


_TRAINED = {"whole": "fitted whole", "steps": "trained by gradient steps"}
_READ = {
    "gradients": "a last layer with gradients",
    "mc_probs": "dropout samples of a last layer",
    "probs": "probabilities",
}
"""Names of what strategies need, in words where they say little."""


def fitted_whole(method: Method, backbone: Backbone) -> bool:
    """Whether a method fits a backbone whole: wherever both can."""
    return "whole" in method.training & backbone.training

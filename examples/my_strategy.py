"""The smallest useful plugin: albench run --plugin examples/my_strategy.py -s my-confidence -d digits"""

from dataclasses import dataclass

from albench.api import Strategy, hookimpl


@dataclass(frozen=True)
class MyConfidence(Strategy):
    """The items whose top class is least probable."""

    needs = frozenset({"probs"})

    def scores(self, view):
        return -view.probs.amax(dim=1)


@hookimpl
def albench_register(add):
    add.strategy("my-confidence", MyConfidence)

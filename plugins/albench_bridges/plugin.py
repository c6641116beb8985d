"""Registers the bridges; light, so that listing them imports nothing heavy."""

from albench.api import Add, hookimpl


@hookimpl
def albench_register(add: Add) -> None:
    """Register the strategies of this package."""
    for name, target, summary in (
        ("callable", "own_function:Callable", "a function of your own, in a Python file"),
        ("skactiveml", "skactiveml_:Skactiveml", "a strategy of the library scikit-activeml"),
    ):
        add.strategy(name, f"albench_bridges.{target}", summary, family="bridge")

"""How often Python looks for garbage in a process that is the ``albench`` command.

Loading libraries makes a million objects and no garbage, and Python looks through them again and again, and once more
when the process ends: a quarter of what a small run costs. A process that only imports albench is left as it is.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

SELDOM = 10_000, 10, 10
"""Objects more than before at which the youngest are looked through, and how many times until those that stayed are."""
_own = False


def seldom() -> None:
    """Look less often: in the command's own process, before it loads anything."""
    global _own
    _own = True
    gc.set_threshold(*SELDOM)


def all_loaded() -> None:
    """What there is now stays to the end and is not looked through any more; what is made from here on is."""
    if _own:
        gc.freeze()


@contextlib.contextmanager
def unlooked() -> Iterator[None]:
    """No look for garbage while a block, or what this decorates, makes many objects that stay: as results are read."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

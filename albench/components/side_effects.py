"""What a plugin's code does to the process beside its work: what it prints, and global settings that it changes.

Standard output is the command's own, and settings are the whole process's: a default dtype that one plugin sets makes
another's trials fail. Only libraries that are loaded already are looked at, so that nothing is imported for it.
"""

from __future__ import annotations

import builtins
import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from albench.components.global_settings import ABSENT, SETTINGS, of_libraries, put_back, snapshot
from albench.wording import listed

_told: set[tuple[str, tuple[str, ...]]] = set()
"""Who was named for what; once a process is enough."""


@contextlib.contextmanager
def printed_aside() -> Iterator[None]:
    """What is printed inside goes to the error stream."""
    if sys.stderr is None:  # nobody would see it
        yield
        return
    with contextlib.redirect_stdout(sys.stderr):
        yield


@contextlib.contextmanager
def kept_apart(who: str, what: str, *, own: str = "", beside: Path | None = None) -> Iterator[None]:
    """Both of what a plugin does in the block: ``printed_aside`` and ``settings_kept``."""
    with printed_aside(), settings_kept(who, what, own=own, beside=beside):
        yield


@contextlib.contextmanager
def settings_kept(who: str, what: str, *, own: str = "", beside: Path | None = None) -> Iterator[None]:
    """Global settings after the block are those before it; what the block changed is put back, and told in one line.

    Parameters
    ----------
    who, what
        The plugin, and what it does in the block, for that line.
    own
        The top-level package of the plugin.
    beside
        The folder whose modules are the plugin's too.
    """
    before = snapshot()
    try:
        with _libraries(before, own, beside):
            yield
    finally:
        now = snapshot()
        before = {**{name: SETTINGS[name].fresh for name in now if SETTINGS[name].fresh is not ABSENT}, **before}
        changed = [name for name, value in before.items() if now.get(name, value) != value]
        for name in changed:
            put_back(name, before[name])
        if changed and (who, tuple(changed)) not in _told:
            _told.add((who, tuple(changed)))
            said = listed([f"{name}{SETTINGS[name].difference(before[name], now[name])}" for name in changed])
            note = f"note: plugin {who} changed {said} while {what}: put back, as the whole process has but one."
            print(note, file=sys.stderr)


@contextlib.contextmanager
def _libraries(before: dict[str, Any], own: str, beside: Path | None) -> Iterator[None]:
    """Take into ``before`` what libraries set for themselves when a plugin's code first imports them.

    Many set environment variables and filters of warnings for their own use, and a setting of a library that was not
    loaded before has no earlier value.
    """
    importing = builtins.__import__
    inside = False

    def watched(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        nonlocal inside
        top = name.partition(".")[0]
        there = sys.modules.get(name)
        is_loaded = there is not None and all(hasattr(there, part) for part in fromlist or ())
        if inside or level or top == own or is_loaded or _is_beside(top, beside):
            return importing(name, globals, locals, fromlist, level)
        inside = True
        earlier = snapshot()
        try:
            return importing(name, globals, locals, fromlist, level)
        finally:
            inside = False
            before.update(of_libraries(earlier, snapshot(), before))

    builtins.__import__ = watched
    try:
        yield
    finally:
        builtins.__import__ = importing


def _is_beside(top: str, folder: Path | None) -> bool:
    return folder is not None and ((folder / f"{top}.py").is_file() or (folder / top).is_dir())

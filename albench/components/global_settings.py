"""Settings that a process has but one of: read, compared and put back, without importing what is not loaded."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = object()
"""Value of what cannot be read here."""


@dataclass(frozen=True)
class Setting:
    """One setting of the whole process.

    Attributes
    ----------
    module
        Where it is kept; "" where that is always loaded.
    read
        Module -> value that can be compared.
    put
        Sets it to a value that was read.
    fresh
        What it is in a library that was just loaded; ``ABSENT`` where that depends on the machine.
    shown
        Value before, value now -> what differs, for a message; without it the setting's name is enough.
    merge
        (Value to compare with, before and after a library's import) -> value to compare with from then on, for what
        libraries set for their own use when they are loaded.
    """

    module: str
    read: Callable[[Any], Any]
    put: Callable[[Any, Any], Any]
    fresh: Any = ABSENT
    shown: Callable[[Any, Any], str] | None = None
    merge: Callable[[Any, Any, Any], Any] | None = None

    def difference(self, before: Any, now: Any) -> str:
        """What differs, in brackets."""
        return f" ({self.shown(before, now)})" if self.shown else ""


def _in_place_of(before: Any, now: Any) -> str:
    return f"{now} in place of {before}"


def _on_or_off(_: bool, now: bool) -> str:
    return "on" if now else "off"


def _names(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    return ", ".join(sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)))


def _environment(_: Any, value: dict[str, str]) -> None:
    for name in os.environ.keys() - value.keys():
        del os.environ[name]
    os.environ.update({name: text for name, text in value.items() if os.environ.get(name) != text})


def _more_variables(before: dict[str, str], earlier: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    kept = {name: text for name, text in before.items() if name in now or name not in earlier}
    return kept | {name: text for name, text in now.items() if earlier.get(name) != text}


def _more_filters(before: tuple[Any, ...], earlier: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*(entry for entry in now if entry not in earlier), *before)


def _filters(_: Any, value: tuple[Any, ...]) -> None:
    warnings.filters[:] = value  # type: ignore[index]  # a list, whatever its stub says
    with warnings.catch_warnings():  # its end has Python look at them anew
        pass


SIGNALS = tuple((number.name, int(number)) for number in signal.Signals)
"""Name and number of each; an enumeration takes long to go through."""


def _handlers(_: Any) -> dict[str, Any]:
    """Signal -> handler, of those that Python knows of."""
    return {name: signal.getsignal(number) for name, number in SIGNALS}


def _set_handlers(_: Any, value: dict[str, Any]) -> None:
    if threading.current_thread() is not threading.main_thread():  # as no other thread can have set one
        return
    for name, handler in value.items():
        if handler is not None and signal.getsignal(signal.Signals[name]) is not handler:
            signal.signal(signal.Signals[name], handler)


def _folder(_: Any) -> Any:
    try:
        return os.getcwd()  # noqa: PTH109 - asked often, and text is enough
    except OSError:
        return ABSENT


def _locale(module: Any) -> Any:
    try:
        return module.setlocale(module.LC_ALL)
    except module.Error:
        return ABSENT


def _numpy_state(module: Any) -> tuple[Any, ...]:
    kind, keys, *rest = module.get_state()
    return kind, keys.tobytes(), *rest


def _set_numpy_state(module: Any, value: tuple[Any, ...]) -> None:
    import numpy as np

    module.set_state((value[0], np.frombuffer(value[1], np.uint32), *value[2:]))


def _set_torch_state(torch: Any, value: bytes) -> None:
    torch.set_rng_state(torch.tensor(list(value), dtype=torch.uint8))


def _printing(module: Any) -> dict[str, Any]:
    options: dict[str, Any] = module.get_printoptions()
    return options


ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
"""NumPy's error handling as it comes."""
SETTINGS: dict[str, Setting] = {
    "torch's default dtype": Setting(
        "torch",
        lambda torch: str(torch.get_default_dtype()),
        lambda torch, value: torch.set_default_dtype(getattr(torch, value.removeprefix("torch."))),
        "torch.float32",
        _in_place_of,
    ),
    "torch's gradient mode": Setting(
        "torch",
        lambda torch: torch.is_grad_enabled(),
        lambda torch, value: torch.set_grad_enabled(value),
        True,
        _on_or_off,
    ),
    "torch's default device": Setting(
        "torch",
        lambda torch: str(torch.get_default_device()),
        lambda torch, value: torch.set_default_device(None if value == "cpu" else value),
        "cpu",
        _in_place_of,
    ),
    "torch's number of threads": Setting(
        "torch",
        lambda torch: torch.get_num_threads(),
        lambda torch, value: torch.set_num_threads(value),
        shown=_in_place_of,
    ),
    "torch's deterministic mode": Setting(
        "torch",
        lambda torch: torch.are_deterministic_algorithms_enabled(),
        lambda torch, value: torch.use_deterministic_algorithms(value),
        False,
        _on_or_off,
    ),
    "torch's precision of products": Setting(
        "torch",
        lambda torch: torch.get_float32_matmul_precision(),
        lambda torch, value: torch.set_float32_matmul_precision(value),
        "highest",
        _in_place_of,
    ),
    "torch's random state": Setting("torch", lambda torch: torch.get_rng_state().numpy().tobytes(), _set_torch_state),
    "NumPy's error handling": Setting(
        "numpy",
        lambda numpy: numpy.geterr(),
        lambda numpy, value: numpy.seterr(**value),
        ERRORS,
        lambda before, now: ", ".join(f"{name}={now[name]}" for name in now if now[name] != before[name]),
    ),
    "NumPy's print options": Setting(
        "numpy", _printing, lambda numpy, value: numpy.set_printoptions(**value), shown=_names
    ),
    "NumPy's global random state": Setting("numpy.random", _numpy_state, _set_numpy_state),
    "random's state": Setting(
        "random",
        lambda random: random.getstate(),
        lambda random, value: random.setstate(value),
        merge=lambda *values: values[-1],
    ),
    "os.environ": Setting("", lambda _: dict(os.environ), _environment, shown=_names, merge=_more_variables),
    "filters of warnings": Setting("", lambda _: tuple(warnings.filters), _filters, merge=_more_filters),
    "signal handlers": Setting("", _handlers, _set_handlers, shown=_names),
    "the working folder": Setting("", _folder, lambda _, value: os.chdir(value), shown=_in_place_of),
    "the locale": Setting(
        "locale", _locale, lambda module, value: module.setlocale(module.LC_ALL, value), shown=_in_place_of
    ),
    "Python's limit of recursion": Setting(
        "", lambda _: sys.getrecursionlimit(), lambda _, value: sys.setrecursionlimit(value), shown=_in_place_of
    ),
}


def snapshot() -> dict[str, Any]:
    """Setting -> value, of those whose library is loaded."""
    values = {}
    for name, setting in SETTINGS.items():
        module = _loaded(setting)
        if module is not None and (value := setting.read(module)) is not ABSENT:
            values[name] = value
    return values


def put_back(name: str, value: Any) -> None:
    """Set a setting to a value that was read before, as far as it can be."""
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # a folder that is gone, a limit below the stack
        SETTINGS[name].put(_loaded(SETTINGS[name]), value)


def of_libraries(earlier: Mapping[str, Any], now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What an import of a library changes of the values to compare with.

    Parameters
    ----------
    earlier, now
        All values before and after it.
    before
        The values to compare with so far.
    """
    changed = {}
    for name, value in now.items():
        if name not in earlier and name not in before:
            changed[name] = value if SETTINGS[name].fresh is ABSENT else SETTINGS[name].fresh
        elif earlier.get(name) != value and (merge := SETTINGS[name].merge):
            changed[name] = merge(before[name], earlier[name], value) if name in before and name in earlier else value
    return changed


def _loaded(setting: Setting) -> Any:
    """The module of a setting, True where it needs none, None where it is not loaded, or not wholly yet."""
    if not setting.module:
        return True
    module = sys.modules.get(setting.module)
    spec = getattr(module, "__spec__", None)
    return None if module is None or getattr(spec, "_initializing", False) else module

"""Arguments from Python: what is no value of an argument is told in one line, with the form that is."""

from __future__ import annotations

import dataclasses
import numbers
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from albench.api.kinds import KINDS
from albench.components.meant import data_sets_for, meant
from albench.components.registry import registry
from albench.components.spec import Spec
from albench.errors import SuiteError, UserError, nearest
from albench.suite.protocol import Protocol
from albench.suite.synonyms import BUDGET, is_budget
from albench.suite.synonyms import meant as meant_by
from albench.wording import plural


def _path(value: Any) -> bool:
    return isinstance(value, str | os.PathLike)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _listens(value: Any) -> bool:
    return all(callable(getattr(value, name, None)) for name in ("plan", "event", "outcome"))


_FORMS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (lambda value: isinstance(value, str), "a text, as name='mine'"),
    "out": (_path, "a folder, as out='results'"),
    "device": (lambda value: isinstance(value, str) or type(value).__name__ == "device", "a text, as device='cuda:0'"),
    "executor": (lambda value: isinstance(value, str | Spec), "a spec, as executor='processes[workers=4]'"),
    "query_time_limit": (_number, "seconds, as query_time_limit=60"),
    "time_limit": (lambda value: isinstance(value, str) or _number(value), "seconds or a time, as time_limit='8h'"),
    "full": (_flag, "full=True or full=False"),
    "share": (_flag, "share=True or share=False"),
    "fresh": (_flag, "fresh=True or fresh=False"),
    "strict": (_flag, "strict=True or strict=False"),
    "offline": (_flag, "offline=True or offline=False"),
    "graphs": (_flag, "graphs=True or graphs=False"),
    "data_dir": (_path, "a folder, as data_dir='data'"),
    "on_failure": (lambda value: value in ("raise", "keep"), "on_failure='raise' or on_failure='keep'"),
    "listener": (_listens, "an object with the methods plan, event and outcome"),
    "plugins": (_path, "files, as plugins=['mine.py']"),
    "budget": (lambda value: isinstance(value, str), "budgets, as budget=['20+5x10', '100+5x50']"),
    "trackers": (lambda value: isinstance(value, str | Spec), "specs, as trackers=['jsonl']"),
    "folders": (_path, "folders, as load('results/a', 'results/b')"),
}
_OPTIONAL = {"name", "executor", "query_time_limit", "time_limit", "data_dir", "listener"}
_PATH_FORM = "a suite file, as file='suite.yaml'"


def check(name: str, value: Any) -> Any:
    """An argument's value, if it can be one.

    Raises
    ------
    SuiteError
        Saying what can.
    """
    fits, form = _FORMS[name]
    if not (value is None and name in _OPTIONAL) and not fits(value):
        raise SuiteError(f"{name}={_short(value)}: write {form}.")
    return value


def check_several(name: str, value: Any) -> list[str]:
    """An argument that takes one or several texts, as texts."""
    fits, form = _FORMS[name]
    items = [value] if fits(value) else list(value) if isinstance(value, Iterable) else [None]
    if isinstance(value, Mapping | bytes) or not all(fits(item) for item in items):
        raise SuiteError(f"{name}={_short(value)}: write {form}.")
    return [str(item) for item in items]


def check_file(file: Any) -> Path:
    """The suite file; a component's name in its place is told as one."""
    if not _path(file):
        what = f"an object of type {type(file).__name__} is no suite file"
        raise SuiteError(f"{what}: write {_PATH_FORM}, or what to run by keyword, as dataset='digits'.")
    path = Path(file)
    if path.suffix not in (".yaml", ".yml") and path.exists():
        if path.suffix == ".py":
            raise SuiteError(f"{file} is no suite file; {meant('strategy', str(file), registry())}")
        if specs := data_sets_for(path, registry()):
            raise SuiteError(
                f"{file} is no suite file but data: write --dataset '{specs[0]}', or from Python dataset='{specs[0]}'."
            )
    if not path.exists() and not path.suffix:
        for component in registry().components():
            if component.name == str(file).partition("[")[0]:
                kind = component.kind
                raise SuiteError(
                    f"there is no suite file {file}, but a {kind} of that name: write --{kind} {file}, or from Python "
                    f"{kind}='{file}'."
                )
    return path


def check_seeds(value: Any) -> Any:
    """Seeds from Python: a number, or numbers; a text is none.

    Raises
    ------
    SuiteError
        With the form that is.
    """
    items = [value] if isinstance(value, str | bytes) or not isinstance(value, Iterable) else list(value)
    if any(isinstance(item, str | bytes) for item in items) and not isinstance(value, Mapping):
        raise SuiteError(f"seeds={_short(value)}: write a number of seeds, as seeds=3, or which, as seeds=[0, 1, 2].")
    return value if isinstance(value, Mapping) or not isinstance(value, Iterable) else items


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse what is neither an argument of ``albench.run`` nor a setting of the protocol.

    Raises
    ------
    SuiteError
        With the nearest that is.
    """
    known = [field.name for field in dataclasses.fields(Protocol)]
    kinds = {plural(kind): kind for kind in KINDS}
    for name in settings:
        if name in known:
            continue
        if is_budget(name):
            raise SuiteError(
                f"run has no argument '{name}': {BUDGET}; write initial=, query_size= and rounds=, or budget='20+5x10'."
            )
        close = kinds.get(name) or meant_by(name, [*known, *kinds.values(), *_FORMS, "seeds", "file", "budget"])
        hint = f"did you mean '{close}'?" if close else f"settings are {', '.join(known)}."
        raise SuiteError(f"run has no argument '{name}': {hint}")


_COMPARISON = {"metric": "accuracy", "split": "val", "at": "final", "test": "t", "baseline": "random", "target": "0.8"}

_CHOSEN = {"strategies": "entropy", "methods": "boostmis", "datasets": "digits", "highlight": "entropy"}


_SINGULAR = {"strategy": "strategies", "method": "methods", "dataset": "datasets"}
"""What ``albench.run`` calls them -> what a comparison does."""
_OPTIONS = (*_COMPARISON, *_CHOSEN, "cost", "details", "strict", "test_items", "count_validation")


def check_comparison(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a comparison is given, with numbers and mappings as the texts that they stand for.

    ``strategy``, ``method`` and ``dataset`` stand for ``strategies``, ``methods`` and ``datasets``.

    Raises
    ------
    UserError
        Saying what is possible.
    """
    options = {_SINGULAR.get(name, name): value for name, value in given.items()}
    if len(options) < len(given):
        both = next(name for name, several in _SINGULAR.items() if {name, several} <= {*given})
        raise UserError(f"{both} and {_SINGULAR[both]} are one option: write it once.")
    checked = dict(options)
    for name, value in options.items():
        if name not in _OPTIONS:
            close = "metric" if name == "metrics" else nearest(name, [*_OPTIONS, *_SINGULAR])
            hint = f"did you mean '{close}'?" if close else f"options are {', '.join(sorted(_OPTIONS))}."
            raise UserError(f"a comparison has no option '{name}': {hint}")
        if name in _COMPARISON:
            if name == "target" and _number(value):
                checked[name] = str(value)
            elif name == "at" and isinstance(value, numbers.Integral) and not isinstance(value, bool):
                raise UserError(f"at={value}: did you mean at='labels:{value}'?")
            elif not isinstance(value, str) and not (value is None and name in ("baseline", "target")):
                raise UserError(f"{name}={_short(value)}: write a text, as {name}='{_COMPARISON[name]}'.")
        elif name == "cost" and value is not None:
            checked[name] = _prices(value)
        elif name in _CHOSEN:
            items = [value] if isinstance(value, str) else value
            if isinstance(items, Mapping) or not isinstance(items, Iterable):
                items = [None]
            checked[name] = list(items)
            if not all(isinstance(item, str) for item in checked[name]):
                raise UserError(f"{name}={_short(value)}: write names, as {name}=['{_CHOSEN[name]}'].")
        elif name in ("details", "strict", "test_items", "count_validation") and not _flag(value):
            raise UserError(f"{name}={_short(value)}: write {name}=True or {name}=False.")
    return checked


def _prices(value: Any) -> list[str]:
    items = [f"{key}={number}" for key, number in value.items()] if isinstance(value, Mapping) else value
    items = [items] if isinstance(items, str) else items
    if not isinstance(items, Iterable) or not all(isinstance(item, str) for item in items):
        raise UserError(f"cost={_short(value)}: write prices, as cost=['seconds-per-label=30'].")
    return list(items)


def check_folders(folders: Iterable[Any]) -> list[Path]:
    """Results folders, or lists of them, as paths.

    Raises
    ------
    UserError
        Where one is none.
    """
    found: list[Any] = []
    for folder in folders:
        found += folder if isinstance(folder, list | tuple) else [folder]
    if not found:
        raise UserError(f"there is no results folder in an empty list: write {_FORMS['folders'][1]}.")
    for folder in found:
        if not _path(folder):
            raise UserError(f"{_short(folder)} is not a results folder: write {_FORMS['folders'][1]}.")
    return [Path(folder) for folder in found]


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."

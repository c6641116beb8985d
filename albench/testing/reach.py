"""Whatever can be reached from an object without imports: attributes, containers, closures, frames of generators."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

ATOMS = (str, bytes, int, float, complex, bool, type(None), type, types.ModuleType, torch.dtype, torch.device)
"""Not entered: values, and what anybody can import."""


def reachable(start: Any) -> Iterator[tuple[str, Any]]:
    """Path and object of everything that can be reached, each object once."""
    seen: dict[int, Any] = {}
    todo: list[tuple[str, Any]] = [("", start)]
    while todo:
        path, value = todo.pop()
        if id(value) in seen or isinstance(value, ATOMS):
            continue
        seen[id(value)] = value  # kept, so that its id is not given to another
        yield path, value
        todo += [(path + step, child) for step, child in _children(value)]


def _children(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", child) for key, child in value.items())
        yield from ((f".key({key!r})", key) for key in value)
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{place}]", child) for place, child in enumerate(value))
    elif isinstance(value, functools.partial):
        yield from ((".func", value.func), (".args", value.args), (".keywords", value.keywords))
    elif isinstance(value, types.MethodType):
        yield from ((".__self__", value.__self__), (".__func__", value.__func__))
    elif isinstance(value, types.FunctionType):
        yield from ((".__defaults__", value.__defaults__), (".__kwdefaults__", value.__kwdefaults__))
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            yield f".closure({name})", cell.cell_contents
    elif isinstance(value, types.GeneratorType):
        yield ".gi_frame.f_locals", inspect.getgeneratorlocals(value)
    if isinstance(value, np.ndarray) and value.base is not None:
        yield ".base", value.base
    if isinstance(value, torch.Tensor):
        yield from ((".grad_fn", value.grad_fn), ("._base", value._base))
    for name, child in getattr(value, "__dict__", {}).items():
        yield f".{name}", child
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                yield f".{name}", getattr(value, name)


def stored_bytes(value: Any) -> bytes:
    """All that the memory behind an array or a tensor holds, beyond what it shows; empty for other objects."""
    if isinstance(value, torch.Tensor):
        storage = value.detach().untyped_storage()
        return torch.empty(0, dtype=torch.uint8, device=value.device).set_(storage).cpu().numpy().tobytes()
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, list | tuple) and value and all(isinstance(one, int) for one in value):
        return np.array(value, np.int64).tobytes()
    return value if isinstance(value, bytes) else b""


def holders(start: Any, secrets: Mapping[str, np.ndarray]) -> list[str]:
    """Where runs of labels lie in memory that can be reached.

    Parameters
    ----------
    secrets
        Name -> labels in a row (n,), few enough to be in one place, enough not to be there by chance. They are looked
        for as integers and floats of every usual width.
    """
    kinds = (np.int64, np.int32, np.int16, np.uint8, np.float32, np.float64)
    patterns = {name: [labels.astype(kind).tobytes() for kind in kinds] for name, labels in secrets.items()}
    found = []
    for path, value in reachable(start):
        memory = stored_bytes(value)
        found += [f"{name} at {path}" for name, some in patterns.items() if any(one in memory for one in some)]
    return found

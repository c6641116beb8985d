"""What a component does beside its answer: global state, tensors written to, memory, generators of its own, waits."""

from __future__ import annotations

import contextlib
import pickle
import random
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.random import mtrand
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from albench import devices


def global_state() -> dict[str, Any]:
    """The process's random states and settings that a component has to leave alone."""
    state: dict[str, Any] = {
        "random's state": random.getstate(),
        "numpy.random's state": pickle.dumps(mtrand.get_state(legacy=False)),
        "torch's random state": torch.get_rng_state().numpy().tobytes(),
        "torch's grad mode": torch.is_grad_enabled(),
        "torch's default dtype": torch.get_default_dtype(),
        "torch's number of threads": torch.get_num_threads(),
        "torch's deterministic mode": torch.are_deterministic_algorithms_enabled(),
        "numpy's error handling": np.geterr(),
    }
    return state | {f"torch's {title} random state": of for title, of in devices.random_states().items()}


def changed_globals(before: Mapping[str, Any]) -> list[str]:
    """Names of what is other than ``before``, an earlier ``global_state()``."""
    now = global_state()
    return [name for name, value in before.items() if now[name] != value]


@contextlib.contextmanager
def other_globals(seed: int) -> Iterator[None]:
    """Other global random states of torch, numpy and random while it lasts; they are put back after."""
    before = random.getstate(), mtrand.get_state(legacy=False), torch.get_rng_state()
    random.seed(seed)
    mtrand.seed(seed)
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        mtrand.set_state(before[1])
        torch.set_rng_state(before[2])


def copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies to compare with later."""
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def changed_tensors(tensors: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> list[str]:
    """Names of the tensors that are other than their copies."""
    return [
        name
        for name, tensor in tensors.items()
        if tensor.shape != before[name].shape or not torch.equal(tensor.detach(), before[name])
    ]


class Watch(TorchDispatchMode):
    """Base of the modes that see every operation that torch carries out."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # where torch asks, this spares the import of its compiler, which takes seconds


class LargestTensor(Watch):
    """Records the largest memory behind any tensor that torch makes while the mode is on.

    Attributes
    ----------
    elements
        Its size in elements of the tensor's type; views that repeat memory count what they hold.
    operation
        What made it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0
        self.operation = ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else (made,):
            if isinstance(tensor, Tensor) and tensor.layout == torch.strided:
                elements = tensor.untyped_storage().nbytes() // max(1, tensor.element_size())
                if elements > self.elements:
                    self.elements, self.operation = elements, str(func)
        return made


@contextlib.contextmanager
def python_peak() -> Iterator[Callable[[], int]]:
    """The largest number of bytes, above those at the start, that Python and NumPy held; torch is not counted."""
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    tracemalloc.reset_peak()
    start = tracemalloc.get_traced_memory()[0]
    try:
        yield lambda: tracemalloc.get_traced_memory()[1] - start
    finally:
        if not was_tracing:
            tracemalloc.stop()


@contextlib.contextmanager
def own_generators() -> Iterator[Callable[[], list[tuple[str, Any]]]]:
    """What random generators are made while it lasts: name and seed, None for one that nobody seeded."""
    made: list[list[Any]] = []
    torch_generator, random_state, default_rng = torch.Generator, np.random.RandomState, np.random.default_rng

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        self = torch_generator.__new__(cls, *args, **kwargs)
        self.entry = ["torch.Generator", None]
        made.append(self.entry)
        return self

    def manual_seed(self: Any, seed: int) -> Any:
        self.entry[1] = seed
        return torch_generator.manual_seed(self, seed)

    def start(self: Any, seed: Any = None) -> None:
        made.append(["numpy.random.RandomState", seed])
        random_state.__init__(self, seed)

    def watched_default_rng(seed: Any = None) -> np.random.Generator:
        made.append(["numpy.random.default_rng", seed])
        return default_rng(seed)

    with (
        patch.object(torch, "Generator", _stand_in(torch_generator, __new__=new, manual_seed=manual_seed)),
        patch.object(np.random, "RandomState", _stand_in(random_state, __init__=start)),
        patch.object(np.random, "default_rng", watched_default_rng),
    ):
        yield lambda: [(name, seed) for name, seed in made]


def _stand_in(original: type, **members: Any) -> Any:
    """A subclass that takes the original's place: what is an instance of the original passes for one of it."""
    kind: Any = type(original)
    like = type("Like", (kind,), {"__instancecheck__": lambda _, value: isinstance(value, original)})
    return like(original.__name__, (original,), members)


HOST_METHODS = frozenset({"item", "tolist", "numpy", "cpu", "__bool__", "__int__", "__float__", "__index__"})


class HostReads(TorchFunctionMode):
    """Records Python calls that fetch a tensor's values to the host, such as ``item`` or ``tolist``."""

    def __init__(self, found: list[str]) -> None:
        super().__init__()
        self._found = found

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in HOST_METHODS:
            self._found.append(f"Tensor.{name}")
        return func(*args, **(kwargs or {}))


class SizeByValue(Watch):
    """Records operations that wait for values: reads of one, and shapes that depend on them, as of boolean masks."""

    WAITING = (
        "_local_scalar_dense",
        "nonzero",
        "masked_select",
        "unique",
        "_unique",
        "repeat_interleave.Tensor",
        "bincount",
    )

    def __init__(self, found: list[str]) -> None:
        super().__init__()
        self._found = found

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func).removeprefix("aten.")
        if name.startswith(self.WAITING):
            self._found.append(name)
        if name.startswith(("index.", "index_put")) and any(_is_mask(index) for index in args[1]):
            self._found.append("indexing by a boolean mask")
        return func(*args, **(kwargs or {}))


def _is_mask(index: Tensor | None) -> bool:
    return index is not None and index.dtype in (torch.bool, torch.uint8)


@contextlib.contextmanager
def host_reads() -> Iterator[list[str]]:
    """The operations, while it lasts, that wait for a tensor's values on the host."""
    found: list[str] = []
    with HostReads(found), SizeByValue(found):
        yield found

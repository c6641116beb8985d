"""Tensors that say ``cuda:0``, or ``mps:0``, and hold their numbers on the CPU, and generators of that device."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor

CUDA = torch.device("cuda", 0)
MPS = torch.device("mps", 0)
CPU = torch.device("cpu")
KINDS = CUDA.type, MPS.type
OTHER = 0x5DEECE66D
"""What a generator of the device adds to its seed: it draws others than the CPU's does, as a real one."""


class CudaTensor(Tensor):
    """A tensor of the pretended device; ``held`` has its numbers.

    To the C++ of torch it is on ``cuda:0`` whatever is pretended; programs are told ``shown``.
    """

    held: Tensor
    shown: ClassVar[torch.device] = CUDA
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def __new__(cls, held: Tensor) -> CudaTensor:
        made: CudaTensor = Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            layout=held.layout,
            device=CUDA,
        )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        raise RuntimeError(f"a tensor of the pretended device is used outside of pretended_cuda(), by {func}")

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """As a tensor's, to whom ``cuda`` without a number is ``cuda:0``."""
        args = tuple(_numbered(each) for each in args)
        return super().to(*args, **{name: _numbered(each) for name, each in kwargs.items()})

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return self.shown

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        return self.shown.type == "cuda"

    @property
    def is_mps(self) -> bool:  # type: ignore[override]
        return self.shown.type == "mps"

    def cuda(self, *_: Any, **kwargs: Any) -> Tensor:
        """As a tensor's."""
        return self.to(CUDA, **kwargs)

    def numpy(self, **_: Any) -> Any:
        """Refused, as CUDA does."""
        raise TypeError(
            f"can't convert {self.shown} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
            "memory first."
        )

    def tolist(self) -> Any:
        """As a tensor's."""
        return self.cpu().tolist()

    @property
    def data(self) -> Tensor:
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if isinstance(value, CudaTensor):
            self.held = value.held
        Tensor.data.__set__(self, value)  # type: ignore[attr-defined]

    def __tensor_flatten__(self) -> tuple[list[str], None]:
        return ["held"], None  # tells Module.to that a parameter is exchanged as a whole, not written over

    @staticmethod
    def __tensor_unflatten__(inner: dict[str, Tensor], *_: Any) -> CudaTensor:
        return CudaTensor(inner["held"])

    def __deepcopy__(self, memo: dict[int, Any]) -> CudaTensor:
        if id(self) not in memo:
            copied: Any = self.detach().clone().requires_grad_(self.requires_grad)
            if getattr(self, "_is_param", False):
                copied._is_param = True
            memo[id(self)] = copied
        found: CudaTensor = memo[id(self)]
        return found

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.detach().cpu().requires_grad_(self.requires_grad).__reduce_ex__(protocol)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.ndim == 0 else super().__format__(spec)

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"{self.held!r} as if on {self.shown}"


def _numbered(value: Any) -> Any:
    """The device as C++ knows it where the pretended one is meant, with or without a number."""
    is_device = isinstance(value, torch.device) or (isinstance(value, str) and value.partition(":")[0] in KINDS)
    return CUDA if is_device and is_pretended(value) else value


def is_pretended(device: torch.device | str) -> bool:
    """Whether a device is the pretended one, by the name that is shown or by C++'s."""
    return torch.device(device).type in (CUDA.type, CudaTensor.shown.type)


def _address(generator: Any) -> int:
    """Of what lies behind it."""
    found: int = generator._cdata
    return found


class CudaGenerator(torch._C.Generator):
    """A generator of the pretended device."""

    made: ClassVar[weakref.WeakValueDictionary[int, CudaGenerator]] = weakref.WeakValueDictionary()

    def __init__(self, device: object) -> None:
        self.made[_address(self)] = self
        self.manual_seed(0)

    def __new__(cls, device: object) -> CudaGenerator:  # noqa: ARG004  # what __init__ is given
        return super().__new__(cls, CPU)  # type: ignore[call-arg]

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return CudaTensor.shown

    def manual_seed(self, seed: int) -> CudaGenerator:
        super().manual_seed((seed + OTHER) % (1 << 63))
        return self


def is_of_device(generator: torch._C.Generator) -> bool:
    """Whether it is a ``CudaGenerator``, of which an operation is handed another object."""
    return _address(generator) in CudaGenerator.made


class _Generators(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, torch._C.Generator)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, torch._C.Generator)

    def __call__(cls, device: torch.device | str = CPU) -> torch._C.Generator:
        return CudaGenerator(device) if is_pretended(device) else torch._C.Generator(device)


class Generator(metaclass=_Generators):
    """Stands in for ``torch.Generator``."""


def tensors(values: Any) -> Iterator[Tensor]:
    """Those in nested lists."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors(value)


def numbers(value: Any) -> Any:
    """The CPU's tensors in place of the device's, in nested lists too."""
    if isinstance(value, CudaTensor):
        return value.held
    if isinstance(value, list | tuple):
        return type(value)(numbers(one) for one in value)
    return value


def on_device(value: Any, known: dict[int, CudaTensor]) -> Any:
    """Results as tensors of the device; what an operation wrote to stays the object that it was."""
    if isinstance(value, CudaTensor):
        return value
    if isinstance(value, Tensor):
        return known[id(value)] if id(value) in known else CudaTensor(value)
    if isinstance(value, list | tuple):
        return type(value)(on_device(one, known) for one in value)
    return value

"""Every operation of torch while a device is pretended: refused as that would, counted, and made on the CPU."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import torch
from torch import Tensor
from torch.utils._mode_utils import no_dispatch

from albench.testing.pretended.account import Account
from albench.testing.pretended.graphs import Recorder, baked
from albench.testing.pretended.orders import open_sum, open_write, plain, refused
from albench.testing.pretended.tensors import (
    CPU,
    CudaTensor,
    is_of_device,
    is_pretended,
    numbers,
    on_device,
    tensors,
)
from albench.testing.watch import Watch

aten = torch.ops.aten
FREE = {
    *("detach", "alias", "lift_fresh", "lift", "set_", "resize_", "_unsafe_view", "_reshape_alias", "is_pinned"),
    *("empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "_local_scalar_dense", "sym_size"),
}
"""Operations that launch no kernel, views aside, which say that they are."""
WAITING = {
    *("_local_scalar_dense", "equal", "nonzero", "masked_select", "_unique", "_unique2", "unique_dim", "bincount"),
    *("unique_consecutive", "_linalg_check_errors", "repeat_interleave", "is_nonzero", "_linalg_eigh", "_linalg_svd"),
}
"""The host needs something of the device to go on: a value, or the size of a result."""
DRAWING = {
    *("rand", "randn", "rand_like", "randn_like", "randint", "randint_like", "randperm", "bernoulli", "multinomial"),
    *("uniform_", "normal_", "normal", "exponential_", "random_", "bernoulli_", "native_dropout", "geometric_"),
}
INDEXING = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
TAKES_NUMBERS = {"where", "masked_fill", "masked_fill_", "fill", "fill_", "index_fill", "index_fill_", "_fused_sgd_"}
"""Beside the operations by element, those to which a CPU tensor without dimensions may be given."""
CHOOSING = {"topk", "sort"}
"""Which of equal values comes first CUDA leaves open."""


class Pretending(Watch):
    """Carries out what concerns the device; what does not is left alone."""

    def __init__(self, account: Account, recorder: Recorder) -> None:
        super().__init__()
        self._account = account
        self._recorder = recorder

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = [*tensors(args), *tensors(kwargs.values())]
        ours = [one for one in given if isinstance(one, CudaTensor)]
        device = kwargs.get("device")
        sends = device is not None and is_pretended(device)
        generator = kwargs.get("generator") or next((a for a in args if isinstance(a, torch._C.Generator)), None)
        if not ours and not sends:
            if generator is not None and is_of_device(generator):
                raise RuntimeError(f"Expected a 'cpu' device type for generator but found '{CudaTensor.shown.type}'")
            return func(*args, **kwargs)
        name = func.overloadpacket.__name__
        if generator is not None and not is_of_device(generator):
            raise RuntimeError(f"Expected a '{CudaTensor.shown.type}' device type for generator but found 'cpu'")
        if name in DRAWING:
            self._recorder.drawing(generator)
        if ours:
            _refuse_two_devices(func, name, args, given)
        passed = {key: numbers(value) for key, value in kwargs.items()}
        if device is not None:
            passed["device"] = CPU
        passed.pop("pin_memory", None)
        held = numbers(baked(args) if self._recorder.capturing else args)
        self._foresee(name, held, passed)
        work = functools.partial(_reversed_ties, func) if name in CHOOSING else func
        self._recorder.expect(held, passed)
        found = work(*held, **passed)
        if torch.Tag.inplace_view in func.tags:  # squeeze_ and the like: the outer tensor takes the new shape as well
            with no_dispatch():
                func(*args, **kwargs)
        leaves = device is not None and not sends
        if not leaves and CudaTensor.shown.type == "mps":
            _refuse_float64(found)
        copied = self._copied(name, args, kwargs, sends=sends, leaves=leaves)
        if copied or self._launched(func, name, args, found):
            self._recorder.record(name, work, held, passed, found)
        if leaves or (name == "copy_" and not isinstance(args[0], CudaTensor)):
            return args[0] if name == "copy_" else found
        return on_device(found, {id(one.held): one for one in ours})

    def _foresee(self, name: str, args: Any, kwargs: dict[str, Any]) -> None:
        """What only the values before the operation tell."""
        if torch.are_deterministic_algorithms_enabled() and refused(name, args):
            told = f"{plain(name)} on a CUDA device does not have a deterministic implementation, which was asked for"
            if not torch.is_deterministic_algorithms_warn_only_enabled():
                raise RuntimeError(told)
            warnings.warn(told, stacklevel=2)
        if open_sum(name, args, kwargs):
            self._account.note("sums", name)
        if open_write(name, args, kwargs):
            self._account.note("writes", name)

    def _copied(self, name: str, args: Any, kwargs: dict[str, Any], *, sends: bool, leaves: bool) -> bool:
        """Count a copy between host and device; False where the operation is none."""
        if name == "_to_copy" and (leaves or (sends and not isinstance(args[0], CudaTensor))):
            source, up, blocks = args[0], sends, not kwargs.get("non_blocking", False)
        elif name == "copy_" and isinstance(args[0], CudaTensor) != isinstance(args[1], CudaTensor):
            source, up = args[1], isinstance(args[0], CudaTensor)
            if up and not source.ndim:
                return False
            blocks = not (len(args) > 2 and args[2])
        else:
            return False
        way = "up" if up else "down"
        self._account.note(way, name)
        self._account.bytes[way] += source.numel() * source.element_size()
        if blocks or (up and not is_pinned(source)):
            self._waits("upload" if up else "to the host")
        return True

    def _launched(self, func: Any, name: str, args: Any, found: Any) -> bool:
        """Count an operation on the device; False where it launches nothing."""
        account = self._account
        if name == "_local_scalar_dense":
            account.bytes["down"] += args[0].element_size()
        for index in args[1] if name in INDEXING else ():
            if index is not None and not isinstance(index, CudaTensor):
                self._waits("index from the host")
            elif index is not None and index.dtype in (torch.bool, torch.uint8):
                self._waits("boolean index")
        if name in WAITING and not (name == "repeat_interleave" and "output_size" in str(func._schema) and args[1:]):
            self._waits("item" if name == "_local_scalar_dense" else name)
        if name in FREE or func.is_view or torch.Tag.inplace_view in func.tags:
            return False
        if not self._recorder.capturing:
            account.launch(name)
        if name in DRAWING:
            account.note("draws", name)
        results = found if isinstance(found, list | tuple) else [found]
        if any(isinstance(one, Tensor) and one.dtype == torch.float64 for one in (*results, *args)):
            account.note("float64", name)
        return True

    def _waits(self, what: str) -> None:
        self._recorder.refuse()
        self._account.note("waits", what)


def _refuse_two_devices(func: Any, name: str, args: Any, given: list[Tensor]) -> None:
    """Raise what CUDA raises of tensors in two places."""
    others = [one for one in given if not isinstance(one, CudaTensor)]
    if not others or name in ("copy_", "_to_copy", "lift_fresh", "set_"):
        return
    if name in INDEXING:
        if not isinstance(args[0], CudaTensor):
            raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
        if len(args) < 3 or isinstance(args[2], CudaTensor) or not args[2].ndim:
            return
    elif all(not one.ndim for one in others) and (torch.Tag.pointwise in func.tags or name in TAKES_NUMBERS):
        writes = any(one.alias_info is not None and one.alias_info.is_write for one in func._schema.arguments)
        if not writes or isinstance(args[0], CudaTensor) or not isinstance(args[0], Tensor):
            return
    raise RuntimeError(
        f"Expected all tensors to be on the same device, but found at least two devices, {CudaTensor.shown} and cpu! "
        f"(of {func}, shapes {[tuple(one.shape) for one in given]})"
    )


def _refuse_float64(found: Any) -> None:
    """Raise what MPS raises of numbers that it has no type for."""
    for one in tensors(found if isinstance(found, list | tuple) else [found]):
        if one.dtype in (torch.float64, torch.complex128):
            raise TypeError(
                f"Cannot convert a MPS Tensor to {one.dtype} dtype as the MPS framework doesn't support it. "
                "Please use float32 instead."
            )


def _reversed_ties(func: Any, *args: Any, **kwargs: Any) -> Any:
    """A choice that takes equal values in the other order than the CPU does, unless it has to keep theirs."""
    x, name = args[0], func.overloadpacket.__name__
    stable = kwargs.get("stable") or (func._overloadname == "stable" and len(args) > 1 and args[1])
    if stable or not x.ndim or kwargs.get("out") is not None:
        return func(*args, **kwargs)
    at = {"topk": 2, "sort": 2 if func._overloadname == "stable" else 1}[name]
    dim = kwargs.get("dim", args[at] if len(args) > at else -1)
    values, places = func(x.flip(dim), *args[1:], **kwargs)
    return values, x.shape[dim] - 1 - places


def may_write_over(*args: Any, **kwargs: Any) -> bool:
    """Stands in for ``torch._has_compatible_shallow_copy_type``: whether ``Module.to`` may write a parameter over."""
    one, other = (isinstance(each, CudaTensor) for each in (*args, *kwargs.values()))
    return one == other


def pinned(tensor: Tensor, *_: Any) -> Tensor:
    """Stands in for ``Tensor.pin_memory``."""
    if CudaTensor.shown.type == "mps":
        raise RuntimeError("there is no pinned memory for MPS")
    if isinstance(tensor, CudaTensor):
        raise RuntimeError("cannot pin a CUDA tensor: only dense CPU tensors can be pinned")
    copied = tensor.clone()
    copied.is_in_pinned_memory = True  # type: ignore[attr-defined]
    return copied


def is_pinned(tensor: Tensor, *_: Any) -> bool:
    """Stands in for ``Tensor.is_pinned``."""
    base = tensor._base if tensor._base is not None else tensor
    return any(getattr(one, "is_in_pinned_memory", False) for one in (tensor, base))

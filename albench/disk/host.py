"""Tensors of a device on the host, with few copies: the host waits for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def on_host(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The same numbers on the CPU, in the same order: those of a device in one copy for each type."""
    import torch

    found = list(tensors)
    kinds: dict[tuple[torch.device, torch.dtype], list[int]] = {}
    for place, tensor in enumerate(found):
        if tensor.device.type != "cpu":
            kinds.setdefault((tensor.device, tensor.dtype), []).append(place)
    for places in kinds.values():
        given = [found[place].detach() for place in places]
        parts = torch.cat([each.reshape(-1) for each in given]).cpu().split([each.numel() for each in given])
        for place, part, each in zip(places, parts, given, strict=True):
            found[place] = part.view(each.shape).clone()  # of its own memory: it is changed, or written, by itself
    return found


def content_on_host(content: Any) -> Any:
    """Nested dictionaries, lists and tuples with their tensors on the CPU; itself where all are there."""
    tensors = list(_tensors(content))
    if all(tensor.device.type == "cpu" for tensor in tensors):
        return content
    return _with(content, iter(on_host(tensors)))


def _tensors(content: Any) -> Iterator[Tensor]:
    """Those of nested content, in its order."""
    import torch

    if isinstance(content, torch.Tensor):
        yield content
    elif isinstance(content, dict | list | tuple):
        for each in content.values() if isinstance(content, dict) else content:
            yield from _tensors(each)


def _with(content: Any, tensors: Iterator[Tensor]) -> Any:
    """The content with the tensors that come next in the place of its own."""
    import torch

    if isinstance(content, torch.Tensor):
        return next(tensors)
    if isinstance(content, dict):
        return {name: _with(each, tensors) for name, each in content.items()}
    if isinstance(content, list | tuple):
        return type(content)([_with(each, tensors) for each in content])
    return content

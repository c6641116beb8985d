"""Anybody's classifier as strategies see a backbone: logits and embeddings, and the layer between them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from albench.data.items import Items, as_input
from albench.errors import UserError


class WithEmbeddings(nn.Module):
    """A model that gives its last layer's input beside its output.

    Parameters
    ----------
    model
        Gives logits (n, C); or logits and embeddings, and has a ``head``, as albench's backbones.
    layer
        The last layer, or its name in the model. By default the linear layer whose output is the model's.
    items
        What it reads; the first two are tried.

    Raises
    ------
    UserError
        Where no layer gives the model's output.
    """

    def __init__(self, model: nn.Module, layer: nn.Module | str | None, items: Items) -> None:
        super().__init__()
        self.model = model
        self._modes = {module: module.training for module in model.modules()}
        self.eval()
        x = as_input(items.gather(torch.arange(min(2, len(items)))))
        try:
            with torch.no_grad():
                if layer is None and isinstance(made := model(x), tuple):
                    self.head = _own_head(model, made)
                else:
                    self.head = _named(model, layer) if layer is not None else _found(model, x)
        except Exception:
            self.give_back()
            raise

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n, C) and embeddings (n, E)."""
        seen: list[Tensor] = []
        hook = self.head.register_forward_hook(lambda _, given, __: seen.append(given[0]))
        try:
            out = self.model(x)
        finally:
            hook.remove()
        return (out[0], out[1]) if isinstance(out, tuple) else (out, seen[-1])

    def give_back(self) -> None:
        """Each part of the model trains or evaluates as it did before."""
        for module, training in self._modes.items():
            module.training = training


def _own_head(model: nn.Module, made: tuple[Any, ...]) -> nn.Module:
    head = getattr(model, "head", None)
    if not isinstance(head, nn.Module) or len(made) != 2:
        raise UserError(f"model gives {len(made)} things: it must give logits, or logits and embeddings with a head.")
    return head


def _named(model: nn.Module, layer: nn.Module | str) -> nn.Module:
    if isinstance(layer, nn.Module):
        return layer
    try:
        return model.get_submodule(layer)
    except AttributeError:
        names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
        raise UserError(
            f"head '{layer}': the model has no such layer; its linear ones are {', '.join(names)}."
        ) from None


def _found(model: nn.Module, x: Tensor) -> nn.Module:
    """The linear layer whose output is the model's."""
    seen: list[tuple[nn.Module, Tensor]] = []
    hooks = [
        module.register_forward_hook(lambda module, _, out: seen.append((module, out)))
        for module in model.modules()
        if isinstance(module, nn.Linear)
    ]
    out = model(x)
    for hook in hooks:
        hook.remove()
    for module, given in reversed(seen):
        if given.shape == out.shape and torch.equal(given, out):
            return module
    raise UserError("model: no linear layer gives its output: name the last layer, as head='fc', or give probs=.")

"""A method's own heads: linear layers on the embedding that are parts of the model, and train with it.

They are submodules of the backbone's model, so that the optimizer, the moving average, checkpoints, lanes and the hash
of the weights have them as they have any other weight. The model's output is as before: its own head predicts.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import nn

from albench import seeds
from albench.api.backbone import Backbone
from albench.api.method import Method
from albench.api.task import Task
from albench.errors import ContractError, UserError

ATTRIBUTE = "method_heads"
"""Where the model has them, by name."""


def sized(task: Task, model: nn.Module) -> Task:
    """The task with the length of the model's embedding, as its head says it; 0 where that does not."""
    size = getattr(getattr(model, "head", None), "in_features", 0)
    return dataclasses.replace(task, embedding_size=size)


def build_model(backbone: Backbone, method: Method, task: Task, *stream: str | int) -> nn.Module:
    """The backbone's model with the method's own heads, on the CPU, its weights drawn from streams of these names."""
    model = backbone.build(task, seeds.torch_stream("weights", *stream))
    return with_heads(model, method, task, seeds.torch_stream("method heads", *stream))


def with_heads(model: nn.Module, method: Method, task: Task, generator: torch.Generator) -> nn.Module:
    """The model itself, with the method's own heads added where it names some.

    Weights are normal with variance ``2 / (fan_in + fan_out)`` (Glorot and Bengio 2010, equation 12), biases 0.

    Raises
    ------
    ContractError
        Where a head is named or sized as none can be, or the model already has them.
    UserError
        Where the model does not say how long its embedding is.
    """
    task = sized(task, model)
    named = method.heads(task)
    if not named:
        return model
    if not task.embedding_size:
        raise UserError("the method has heads of its own: give the backbone's module a 'head' with 'in_features'.")
    if hasattr(model, ATTRIBUTE):
        raise ContractError(f"the backbone's module has an attribute '{ATTRIBUTE}', where the method's heads are to be")
    heads = nn.ModuleDict()
    for name, size in named.items():
        if not (isinstance(name, str) and name.isidentifier() and isinstance(size, int) and size > 0):
            raise ContractError(f"the method's head {name!r} with {size!r} outputs: give a name and a number from 1 on")
        if hasattr(heads, name):
            raise ContractError(f"the method's head '{name}' has a name that every module of torch has: give another")
        with torch.random.fork_rng(devices=[]):  # what torch's constructor draws is drawn over below
            layer = nn.Linear(task.embedding_size, size)
        nn.init.xavier_normal_(layer.weight, generator=generator)
        nn.init.zeros_(layer.bias)
        heads[name] = layer
    setattr(model, ATTRIBUTE, heads)
    return model

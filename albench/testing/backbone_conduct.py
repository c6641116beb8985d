"""How a backbone has to behave: what its models give, in train and in eval mode, alone and in lanes."""

from __future__ import annotations

import textwrap

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from albench.devices import Name, can
from albench.testing.backbone_subject import (
    BATCH,
    FEATURES,
    IMAGES,
    OTHERS,
    BackboneSubject,
    finite,
    items,
    other,
    outputs,
    predicted,
)
from albench.testing.on_device import a_device
from albench.testing.report import Fault, NotApplicable, first_line, quoted
from albench.testing.watch import changed_globals, changed_tensors, copies, global_state, other_globals
from albench.training.lanes import with_weights

ROUNDING = 1e-4
"""Share of the largest value by which sums in another order may differ in float32."""


def output_shapes(subject: BackboneSubject) -> None:
    """The model gives float32 logits (B, C) and embeddings (B, E), for other shapes and numbers of classes as well."""
    accepted = [task for task in OTHERS if task.modality in subject.backbone.modalities and not subject.skips(task)]
    for task in (*subject.tasks, *accepted):
        model = subject.model(task)
        sizes = set()
        for count in (BATCH, 1):
            logits, embedding = outputs(model, items(task, count))
            if logits.shape != (count, task.n_classes):
                raise Fault(f"logits have the shape {tuple(logits.shape)}, not {(count, task.n_classes)}")
            if embedding.ndim != 2 or len(embedding) != count or not embedding.numel():
                raise Fault(f"embeddings have the shape {tuple(embedding.shape)}, not ({count}, E)")
            if logits.dtype != torch.float32 or embedding.dtype != torch.float32:
                raise Fault(f"logits are {logits.dtype} and embeddings {embedding.dtype}, not torch.float32")
            sizes.add(embedding.shape[1])
        if len(sizes) > 1:
            raise Fault(f"the embedding's length depends on the batch: {' and '.join(map(str, sorted(sizes)))}")


def head_gives_the_logits(subject: BackboneSubject) -> str:
    """The module 'head' turns embeddings into the logits, and its in_features are their length."""
    notes = []
    for task in subject.tasks:
        model = subject.model(task)
        head = getattr(model, "head", None)
        if not isinstance(head, nn.Module):
            raise Fault("the model has no module 'head': name its last layer self.head")
        made = predicted(model, items(task))
        with torch.no_grad():
            again = head(made["embedding"])
        if other({"logits": made["logits"]}, {"logits": again}, ROUNDING):
            raise Fault("head(embedding) is not logits: return the input of head as the embedding")
        size = getattr(head, "in_features", None)
        if size is None:
            notes.append("head has no in_features: methods that keep embeddings, such as simmatch, cannot run")
        elif size != made["embedding"].shape[1]:
            raise Fault(f"head.in_features is {size}, embeddings have the length {made['embedding'].shape[1]}")
    return "; ".join(dict.fromkeys(notes))


def global_state_untouched(subject: BackboneSubject) -> None:
    """build and the forward pass, in train and in eval mode, leave global random states and settings as they are."""
    for task in subject.tasks:
        with other_globals(2):  # a seed set before is no change: start from another state
            before = global_state()
            model = subject.model(task)
            _unchanged(before, "build", "draw weights from the generator, with nn.init's generator=")
            for mode in ("eval", "train"):
                outputs(model.train(mode == "train"), items(task))
                _unchanged(before, f"the forward pass in {mode} mode", "leave out what draws, such as dropout")


def _unchanged(before: dict[str, object], what: str, remedy: str) -> None:
    changed = changed_globals(before)
    if changed:
        raise Fault(f"{what} changed {' and '.join(changed)}: {remedy}")


def eval_mode_deterministic(subject: BackboneSubject) -> None:
    """In eval mode the same batch gives the same outputs, whatever was trained on or seen before."""
    for task in subject.tasks:
        model = subject.model(task)
        first = predicted(model, items(task))
        predicted(model, items(task, seed=1))
        with other_globals(1):
            changed = other(first, predicted(model, items(task)))
        if changed:
            raise Fault(f"the same batch gave another {quoted(changed)} in eval mode")


def items_independent(subject: BackboneSubject) -> None:
    """In eval mode an item's outputs do not depend on the others in the batch."""
    for task in subject.tasks:
        model, x = subject.model(task), items(task)
        together = predicted(model, x)
        for row in range(len(x)):
            alone = predicted(model, x[row : row + 1])
            changed = other(alone, {name: value[row : row + 1] for name, value in together.items()}, ROUNDING)
            if changed:
                raise Fault(f"an item's {quoted(changed)} in a batch of {len(x)} are not those that it has alone")


def inputs_unchanged(subject: BackboneSubject) -> None:
    """The forward pass, in train and in eval mode, does not write to the items."""
    for task in subject.tasks:
        model, given = subject.model(task), {"items": items(task)}
        before = copies(given)
        for training in (False, True):
            predicted(model.train(training), given["items"])
            if changed_tensors(given, before):
                raise Fault("the model wrote to its items, which others read after it: work on a copy")


def train_batch_of_two(subject: BackboneSubject) -> None:
    """In train mode a batch of two has finite outputs, the same for the same weights."""
    for task in subject.tasks:
        one, two = (predicted(subject.model(task).train(), items(task, 2)) for _ in range(2))
        finite(one, "of two items in train mode")
        changed = other(one, two)
        if changed:
            raise Fault(f"two models with the same weights gave another {quoted(changed)} in train mode")


def train_batch_of_one(subject: BackboneSubject) -> None:
    """In train mode a batch of one has finite outputs."""
    for task in subject.tasks:
        model = subject.model(task).train()
        try:
            made = predicted(model, items(task, 1))
        except ValueError as error:
            if any(isinstance(layer, _BatchNorm) for layer in model.modules()):
                raise NotApplicable(f"batch statistics of one item are not defined: {first_line(error)}") from error
            raise
        finite(made, "of one item in train mode")


def finite_on_flat_items(subject: BackboneSubject) -> None:
    """Items that are all zeros or all ones have finite outputs and gradients."""
    for task in subject.tasks:
        for value in (0.0, 1.0):
            model, x = subject.model(task), torch.full((BATCH, *task.shape), value)
            for mode in ("eval", "train"):
                logits, embedding = outputs(model.train(mode == "train"), x)
                finite({"logits": logits, "embedding": embedding}, f"of items that are all {value:g}, in {mode} mode,")
            if logits.requires_grad:
                logits.square().mean().backward()
            for name, parameter in model.named_parameters():
                if parameter.grad is not None and not bool(torch.isfinite(parameter.grad).all()):
                    raise Fault(f"items that are all {value:g} give {name} a gradient that is not finite")


def skips_the_other_modality(subject: BackboneSubject) -> None:
    """skip gives a reason for tasks of a modality that it does not read."""
    others = [task for task in (FEATURES, IMAGES[0]) if task.modality not in subject.backbone.modalities]
    if not others:
        raise NotApplicable("it reads features and images")
    for task in others:
        reason = subject.skips(task)
        if not isinstance(reason, str) or not reason.strip():
            raise Fault(f"skip gives {reason!r}: begin it with super().skip(task)")


def channels_last(subject: BackboneSubject) -> None:
    """Images and weights with the channels last in memory, as on accelerators, have the same outputs."""
    tasks = [task for task in OTHERS if task.modality == "image" and task.shape[0] > 1]
    tasks = [task for task in tasks if "image" in subject.backbone.modalities and not subject.skips(task)]
    if not tasks:
        raise NotApplicable("it reads no images with several channels")
    model, x = subject.model(tasks[0]), items(tasks[0])
    first = predicted(model, x)
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    moved = predicted(model, x.contiguous(memory_format=torch.channels_last))
    changed = other(first, moved, ROUNDING)
    if changed:
        raise Fault(f"with the channels last in memory {quoted(changed)} differ")


def vmap_lanes(subject: BackboneSubject) -> None:
    """Where vmap_safe says so, two weight sets under torch.func.vmap give what each gives alone, gradients as well."""
    if not subject.backbone.vmap_safe:
        raise NotApplicable("it says that its seeds cannot share a step (vmap_safe)")
    for task in subject.tasks:
        models = [subject.model(task, seed).train() for seed in (0, 1)]
        buffers = dict(models[0].named_buffers())
        before = copies(buffers)
        xs = [items(task, seed=seed) for seed in (0, 1)]
        predicted(models[0], xs[0])
        written = changed_tensors(buffers, before)
        if written:
            raise Fault(f"vmap_safe is True, yet the forward pass changes {written[0]}: set it to False")
        lanes = [{name: value.detach() for name, value in model.named_parameters()} for model in models]

        def step(weights: dict[str, Tensor], x: Tensor, model: nn.Module = models[0]) -> dict[str, Tensor]:
            def loss(values: dict[str, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
                made = torch.func.functional_call(model, values, (x,))
                return made[0].square().mean(), made

            gradients, (logits, embedding) = torch.func.grad(loss, has_aux=True)(weights)
            named = {f"gradient of {name}": value for name, value in gradients.items()}
            return {"logits": logits, "embedding": embedding} | named

        stacked = {name: torch.stack([lane[name] for lane in lanes]) for name in lanes[0]}
        try:
            together = torch.func.vmap(step)(stacked, torch.stack(xs))
        except RuntimeError as error:
            told = textwrap.shorten(first_line(error), 100, placeholder=" ...")
            raise Fault(f"vmap_safe is True, yet vmap cannot run the model ({told}): set it to False") from error
        if getattr(models[0], "takes_lanes", False):
            made = {name: value for name, value in together.items() if name in ("logits", "embedding")}
            changed = other(made, _with_lanes(models[0], stacked, torch.stack(xs)), 10 * ROUNDING)
            if changed:
                raise Fault(f"takes_lanes is True, yet with weights of two lanes {quoted(changed)} differ")
        for place, (weights, x) in enumerate(zip(lanes, xs, strict=True)):
            changed = other(step(weights, x), {name: value[place] for name, value in together.items()}, 10 * ROUNDING)
            if changed:
                raise Fault(f"with two weight sets in one pass {quoted(changed)} differ from those of each alone")


def _with_lanes(model: nn.Module, weights: dict[str, Tensor], x: Tensor) -> dict[str, Tensor]:
    """What a model gives of items (L, B, ...) with weights (L, ...)."""
    try:
        return predicted(with_weights(model, weights), x)
    except RuntimeError as error:
        told = textwrap.shorten(first_line(error), 100, placeholder=" ...")
        raise Fault(f"takes_lanes is True, yet the model cannot run with weights of two lanes ({told})") from error


def cuda_agrees(subject: BackboneSubject) -> None:
    """The model moved to a CUDA device, pretended where there is none, gives the same outputs within rounding."""
    _agrees_on("cuda", subject)


def mps_agrees(subject: BackboneSubject) -> None:
    """The model moved to an Apple GPU, or by its rules, without float64, gives the same outputs within rounding."""
    _agrees_on("mps", subject)


def _agrees_on(kind: Name, subject: BackboneSubject) -> None:
    for task in subject.tasks:
        model, x = subject.model(task), items(task)
        usual = predicted(model, x)
        with a_device(kind):
            moved = predicted(model.to(kind), x.to(kind))
            there = {name: value.cpu() for name, value in moved.items()}
        changed = other(usual, there, 100 * ROUNDING)
        if changed:
            raise Fault(f"{quoted(changed)} differ on {can(kind).title}")

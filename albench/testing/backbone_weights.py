"""What a backbone's weights have to be: drawn from one generator, all of them trained, kept whole."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albench.testing.backbone_subject import BackboneSubject, items, other, outputs, predicted
from albench.testing.report import Fault, quoted
from albench.testing.watch import other_globals


def gradient_reaches_all_weights(subject: BackboneSubject) -> str:
    """In train mode the loss on the logits has a finite gradient in every parameter."""
    notes = []
    for task in subject.tasks:
        model = subject.model(task).train()
        x = items(task).requires_grad_()
        logits, _ = outputs(model, x)
        if not logits.requires_grad:
            raise Fault("no gradient reaches any parameter: are the logits made under no_grad?")
        F.cross_entropy(logits, torch.arange(len(x)) % task.n_classes).backward()
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and parameter.grad is None:
                raise Fault(f"no gradient reaches {name}: use it in the logits, or leave it out")
            if parameter.grad is not None and not bool(torch.isfinite(parameter.grad).all()):
                raise Fault(f"the gradient of {name} is not finite")
        frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
        if frozen:
            notes.append(f"{len(frozen)} parameters are frozen, e.g. {frozen[0]}")
        if x.grad is None:
            notes.append("no gradient reaches the items: methods such as vat cannot run")
    return "; ".join(dict.fromkeys(notes))


def weights_from_the_generator(subject: BackboneSubject) -> str:
    """The same generator gives the same weights whatever the global random state, another one gives others."""
    notes = []
    for task in subject.tasks:
        made = []
        for seed, globally in ((0, 1), (0, 2), (1, 1)):
            with other_globals(globally):
                made.append(dict(tensors(subject.model(task, seed))))
        first, again, others = made
        for name, value in first.items():
            if name not in again or not torch.equal(value, again[name]):
                raise Fault(f"the same generator gave another {name}: draw it from the generator that build is given")
        drawn = [name for name, value in first.items() if value.ndim > 1 and value.is_floating_point()]
        fixed = [name for name in drawn if torch.equal(first[name], others[name])]
        if drawn and len(fixed) == len(drawn):
            raise Fault("another generator gave the same weights: draw them from the generator that build is given")
        if fixed:
            notes.append(f"{len(fixed)} of {len(drawn)} weights are the same for every generator, e.g. {fixed[0]}")
    return "; ".join(dict.fromkeys(notes))


def tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Every parameter and buffer by name."""
    yield from model.named_parameters()
    yield from model.named_buffers()


def builds_share_nothing(subject: BackboneSubject) -> None:
    """Two models of one backbone share no memory."""
    for task in subject.tasks:
        backbone = subject.build()
        one, two = subject.model(task, 0, backbone), subject.model(task, 1, backbone)
        taken = {tensor.data_ptr() for _, tensor in tensors(one) if tensor.numel()}
        shared = [name for name, tensor in tensors(two) if tensor.numel() and tensor.data_ptr() in taken]
        if shared:
            raise Fault(f"two models have one {shared[0]}: construct new modules in build")


def on_the_cpu(subject: BackboneSubject) -> None:
    """Parameters and buffers are on the CPU, parameters float32."""
    for task in subject.tasks:
        model = subject.model(task)
        for name, tensor in tensors(model):
            if tensor.device.type != "cpu":
                raise Fault(f"{name} is on {tensor.device}: build on the CPU, the core moves the model")
        for name, parameter in model.named_parameters():
            if parameter.dtype != torch.float32:
                raise Fault(f"{name} is {parameter.dtype}, not torch.float32")


def state_dict_round_trip(subject: BackboneSubject) -> None:
    """A trained model's state_dict, written and read, gives another model of the backbone the same outputs."""
    for task in subject.tasks:
        model, x = trained(subject.model(task), items(task)), items(task, seed=1)
        file = io.BytesIO()
        torch.save(model.state_dict(), file)
        file.seek(0)
        fresh = subject.model(task, seed=1)
        fresh.load_state_dict(torch.load(file, weights_only=True))
        changed = other(predicted(model, x), predicted(fresh, x))
        if changed:
            raise Fault(f"after loading its state_dict {quoted(changed)} differ: register tensors as buffers")


def trained(model: nn.Module, x: Tensor) -> nn.Module:
    """The model, in eval mode, after one step that changes every parameter and all statistics."""
    predicted(model.train(), x)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.1).add_(0.01)
    return model.eval()


def deep_copy(subject: BackboneSubject) -> None:
    """A deep copy gives the same outputs and keeps them when the original is trained."""
    for task in subject.tasks:
        model, x = subject.model(task), items(task)
        first = predicted(model, x)
        copied = copy.deepcopy(model)
        for when in ("", " once the original is trained"):
            changed = other(first, predicted(copied, x))
            if changed:
                raise Fault(f"a deep copy has another {quoted(changed)}{when}: keep layers as attributes of the module")
            trained(model, x)

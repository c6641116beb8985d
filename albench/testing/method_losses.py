"""What a method gives: losses, gradients, logs and rejections, on ordinary batches and on hard ones."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from albench import seeds
from albench.devices import Name, can, there
from albench.suite.protocol import Protocol
from albench.testing.method_subject import MethodSubject, finite_gradients, finite_scalar, state_like
from albench.testing.on_device import a_device, same_on_each_run
from albench.testing.pretended import Account
from albench.testing.report import Fault, NotApplicable
from albench.testing.steps import IMAGES, Step, StepCase, prepare
from albench.training.precision import precision_of
from albench.trial.numerics import numerics

NO_FIXED_ORDER = ".* does not have a deterministic implementation"
"""What torch warns of; a pretended device counts it too, and the check says more of it."""
LABELED_LOSSES = ("class-weighted", "balanced-softmax", "logit-adjusted")


def finite_loss(subject: MethodSubject) -> None:
    """The loss is a finite scalar with finite gradients, at the first step and at later ones."""
    for step in (0, 1, 1000):
        finite_gradients(subject.step(step=step))


def gradient_reaches_all_weights(subject: MethodSubject) -> None:
    """The gradient of every weight of a small model is there and not zero."""
    zero = [name for name, value in finite_gradients(subject.step()).items() if not bool(value.any())]
    if zero:
        raise Fault(f"the gradient of the model's {zero[0]} is zero throughout")


def nothing_accepted(subject: MethodSubject) -> None:
    """Flat predictions, none of which makes a pseudo label, give a finite loss and finite gradients."""
    for step in (0, 1000):
        finite_gradients(subject.step(what="flat predictions", head=0.0, step=step))


def everything_accepted(subject: MethodSubject) -> None:
    """Predictions that are sure beyond rounding give a finite loss and finite gradients."""
    for step in (0, 1000):
        finite_gradients(subject.step(what="sure predictions", head=100.0, step=step))


def one_labeled_class(subject: MethodSubject) -> None:
    """A labelled batch of a single class gives a finite loss and finite gradients."""
    finite_gradients(subject.step(what="one labelled class", one_class=True))


def batch_of_one(subject: MethodSubject) -> None:
    """One labelled and one unlabelled item give a finite loss and finite gradients."""
    finite_gradients(subject.step(what="one item of each", n_labeled=1, n_unlabeled=1))


def unlabeled_ratio(subject: MethodSubject) -> None:
    """The option unlabeled_ratio can be set, and batches of any ratio work."""
    for ratio in (1, 3, 7):
        method = dataclasses.replace(subject.build(), unlabeled_ratio=ratio)
        if method.unlabeled_ratio != ratio:
            raise Fault(f"unlabeled_ratio={ratio} became {method.unlabeled_ratio}")
        finite_gradients(subject.step(method, what=f"unlabeled_ratio={ratio}", n_labeled=4, n_unlabeled=4 * ratio))


def labeled_loss_option(subject: MethodSubject) -> None:
    """The option loss changes the labelled part where classes are unequal, as labeled_loss does."""
    usual = subject.step().loss
    for name in LABELED_LOSSES:
        method = dataclasses.replace(subject.build(), labeled_loss_name=name)
        step = subject.step(method, what=f"loss={name}")
        finite_gradients(step)
        if torch.equal(step.loss, usual):
            raise Fault(f"loss={name} is the same as cross-entropy: use self.labeled_loss for the labelled items")


def image_items(subject: MethodSubject) -> None:
    """Items of four dimensions work as well as vectors."""
    reason = subject.build().skip(IMAGES)
    if reason:
        raise NotApplicable(f"it does not run on images: {reason}")
    finite_gradients(subject.step(task=IMAGES))


def scalar_logs(subject: MethodSubject) -> None:
    """What is logged are finite scalar tensors by name."""
    for name, value in subject.step().logs.items():
        if not isinstance(name, str) or not isinstance(value, Tensor) or value.shape != ():
            raise Fault(f"the log {name!r} is no tensor of shape ()")
        if not bool(torch.isfinite(value)):
            raise Fault(f"the log '{name}' is {float(value)}")


def float64_inputs(subject: MethodSubject) -> None:
    """The same numbers in float64 give the same loss and gradients within rounding."""
    _agree(subject.step(), subject.step(dtype=torch.float64), "float64")


def mixed_precision(subject: MethodSubject) -> None:
    """With a network in bfloat16, as on CUDA, the loss is finite and the state keeps its types."""
    method = subject.build()
    precision = precision_of(Protocol(precision="bf16"), torch.device("cpu"), full=method.full_precision)
    step = subject.prepare(method, what="bfloat16").make(method, precision)
    finite_scalar(step.loss)
    finite_gradients(step)
    state_like(step.new_state, step.state, "loss in bfloat16")


def cuda_agrees(subject: MethodSubject) -> None:
    """The same step on a CUDA device, or a pretended one, gives the same loss and gradients within rounding."""
    _agrees_on("cuda", subject, same_on_each_run)


def mps_agrees(subject: MethodSubject) -> None:
    """The same step by an Apple GPU's rules, without float64, gives the same loss and gradients within rounding."""
    _agrees_on("mps", subject, lambda _: None)


def _agrees_on(kind: Name, subject: MethodSubject, look: Callable[[Account], None]) -> None:
    """Check a step on a device of a kind, and by ``look`` what that was asked to do."""
    method, device = subject.build(), torch.device(kind, 0)
    usual, real = subject.step(method), bool(there(kind))
    # As in a trial, where sums by place have a fixed order.
    with a_device(kind) as account, numerics(torch.get_num_threads(), device), warnings.catch_warnings():
        if not real:
            warnings.filterwarnings("ignore", NO_FIXED_ORDER)
        prepared = prepare(method, StepCase(task=subject.task), device=device)
        account.clear()
        moved = prepared.make(method)
        look(account)
        state_like(moved.new_state, moved.state, f"loss on {can(kind).title}")
        _agree(usual, moved, can(kind).title)


def _agree(usual: Step, other: Step, where: str) -> None:
    """Check that two ways to make a step give the same within rounding in float32."""
    finite_scalar(other.loss)
    pairs = {"loss": (usual.loss.detach(), other.loss.detach())}
    found = finite_gradients(other)
    pairs |= {f"gradient of {name}": (value, found[name]) for name, value in finite_gradients(usual).items()}
    for name, (one, two) in pairs.items():
        two = two.cpu().double()
        if not torch.allclose(one.double(), two, rtol=1e-3, atol=1e-4 * max(1.0, float(two.abs().max()))):
            raise Fault(f"the {name} is another in {where}")


def rejected_mask(subject: MethodSubject) -> str:
    """rejected gives an (N,) bool mask, the same for float32 and float64, and leaves the probabilities as they are."""
    method = subject.build()
    step = subject.step(method)
    states = {"the first": step.state, "the next": {name: value.detach() for name, value in step.new_state.items()}}
    share = 0.0
    for n in (1, 40):
        logits = 4 * torch.randn(n, 3, generator=seeds.torch_stream("conformance", "probabilities", n))
        for when, state in states.items():
            subject.case = f"probabilities ({n}, 3), {when} state"
            probs = logits.softmax(dim=1)
            before = probs.clone()
            mask, wide = method.rejected(probs, state), method.rejected(probs.double(), state)
            if not isinstance(mask, Tensor) or mask.shape != (n,) or mask.dtype != torch.bool:
                raise Fault(f"rejected gives {_kind(mask)}, not a bool tensor of shape ({n},)")
            if not torch.equal(probs, before):
                raise Fault("rejected wrote to the probabilities")
            if not torch.equal(mask, wide):
                raise Fault(f"{int((mask != wide).sum())} items are judged otherwise in float64")
            share = float(mask.float().mean())
    return f"rejects {share:.0%} of random predictions"


def _kind(value: Any) -> str:
    return f"a tensor {tuple(value.shape)} {value.dtype}" if isinstance(value, Tensor) else f"a {type(value).__name__}"

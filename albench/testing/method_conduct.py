"""How a method has to behave: pure steps on tensors, a state of fixed shape, all randomness through ``draw``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from albench import seeds
from albench.api.method import VIEWS, Method
from albench.errors import ContractError
from albench.testing.method_subject import MethodSubject, state_like
from albench.testing.report import Fault, NotApplicable, first_line, quoted
from albench.testing.steps import CPU, ReadViews, Step, flat, lane, round_facts, train
from albench.testing.watch import changed_globals, changed_tensors, copies, global_state, host_reads, other_globals
from albench.training.adoption import adopted_labels, adoption_steps
from albench.training.lanes import direct, functional, stack, takes_lanes


def views_declared(subject: MethodSubject) -> str:
    """views names known views, and the loss reads no others."""
    method = subject.build()
    unknown = sorted(method.views - VIEWS)
    if unknown:
        raise Fault(f"views has {quoted(unknown)}; there are {quoted(VIEWS)}")
    step = subject.prepare(method)
    views = step.batch.views
    assert isinstance(views, ReadViews)
    try:
        step.make(method)
    except KeyError:
        undeclared = sorted(views.read - method.views)
        if not undeclared:
            raise
        raise Fault(f"it reads the view {quoted(undeclared)}, which its views do not have") from None
    unread = sorted(method.views - views.read)
    return f"declared and not read here: {quoted(unread)}" if unread else ""


def heads_declared(subject: MethodSubject) -> str:
    """heads names linear layers with at least one output, the same ones each time, and the loss asks for no others."""
    method = subject.build()
    named = method.heads(subject.task)
    if dict(named) != dict(subject.build().heads(subject.task)):
        raise Fault("heads names others when it is asked again")
    try:
        subject.step(method)
    except ContractError as error:
        raise Fault(str(error)) from None
    return "" if named else "it has none of its own"


def state_fixed(subject: MethodSubject) -> None:
    """The state keeps its keys, shapes and types through round_start and loss."""
    method = subject.build()
    first = method.init(subject.task, CPU)
    state_like(first, first, "init")
    state_like(method.round_start(first, round_facts()), first, "round_start")
    step = subject.step(method)
    state = step.new_state
    state_like(state, first, "loss")
    state = method.round_start({k: v.detach() for k, v in state.items()}, round_facts(1, first_step=10))
    state_like(state, first, "the second round's round_start")


def inputs_unchanged(subject: MethodSubject) -> None:
    """Batch, state and weights are as before, and the new state shares no memory with batch or weights."""
    method = subject.build()
    step = subject.prepare(method)
    before, keys = copies(step.inputs), sorted(step.state)
    step.make(method)
    step.gradients()
    changed = changed_tensors(step.inputs, before) if sorted(step.state) == keys else ["the state's keys"]
    if changed:
        raise Fault(f"loss wrote to {' and '.join(changed)}: make new tensors, with where or scatter")
    taken = {_memory(value): name for name, value in step.inputs.items() if not name.startswith("state[")}
    for name, value in step.new_state.items():
        if value.numel() and _memory(value) in taken:
            raise Fault(f"the new state '{name}' is the memory of {taken[_memory(value)]}: clone it")
    state = step.new_state
    kept = copies(state)
    method.round_start(state, round_facts(1, first_step=10))
    changed = changed_tensors(state, kept) if state.keys() == kept.keys() else ["keys"]
    if changed:
        raise Fault(f"round_start wrote to the state's {' and '.join(changed)}: make new tensors")


def _memory(value: Tensor) -> int:
    return value.untyped_storage().data_ptr()


def deterministic(subject: MethodSubject) -> None:
    """The same batch gives the same loss, gradients, state and logs, from this instance and from another."""
    method = subject.build()
    first = _outcome(subject.step(method))
    for other in (method, subject.build()):
        again = _outcome(subject.step(other))
        for name, value in first.items():
            if not torch.equal(value, again[name]):
                raise Fault(f"the same batch gave another {name}: all randomness comes through draw and batch.noise")


def _outcome(step: Step) -> dict[str, Tensor]:
    """Everything that a step gives, by name."""
    gradients = {f"gradient of {name}": value for name, value in step.gradients().items() if value is not None}
    logs, state = flat(step.logs, "logs"), flat(step.new_state, "state")
    return {"loss": step.loss.detach()} | gradients | logs | state


def no_host_reads(subject: MethodSubject) -> None:
    """The loss waits for no value: no item(), no branch on a tensor, no boolean-mask indexing."""
    method = subject.build()
    step = subject.prepare(method)
    with host_reads() as found:
        step.make(method)
        waits = list(found)
    if waits:
        raise Fault(f"the loss waits for values ({quoted(waits)}): use where, gather or scatter")


def lanes_match_each_alone(subject: MethodSubject) -> None:
    """Two seeds in one step, by torch.func.vmap and, with takes_lanes, without, give what each alone does, twice."""
    method = subject.build()
    if not method.vmap_safe:
        raise NotApplicable("it says that its seeds cannot share a step (vmap_safe)")
    steps = [subject.prepare(method, what="two lanes", seed=seed, dtype=torch.float64) for seed in (0, 1)]
    alone_step = functional(method, steps[0].model)
    together_step = torch.func.vmap(alone_step, in_dims=(0, 0, 0, 0, 0, None))
    lanes = [lane(step) for step in steps]
    for counter in (torch.tensor(0), torch.tensor(1)):
        alone = [alone_step(*one, counter) for one in lanes]
        expected, inputs = flat(stack(alone)), stack(lanes)
        _same_as_alone(flat(together_step(*inputs, counter)), expected, "")
        if takes_lanes(method, steps[0].model):
            _same_as_alone(flat(_without_vmap(method, steps[0].model, inputs, counter)), expected, " without vmap")
        lanes = [(*one[:4], made[1][1][0]) for one, made in zip(lanes, alone, strict=True)]


def _without_vmap(method: Method, model: nn.Module, inputs: Any, counter: Tensor) -> Any:
    """What a step of lanes gives on tensors that have them as their first dimension."""
    weights, averages, _, batch, state = inputs
    try:
        return direct(method, model, weights, averages)(batch, state, counter)
    except (ContractError, IndexError, RuntimeError) as error:
        told = f"{type(error).__name__}: {first_line(error)}"
        raise Fault(f"takes_lanes is True, yet the loss cannot do with tensors of two lanes ({told})") from error


def _same_as_alone(together: Mapping[str, Tensor], alone: Mapping[str, Tensor], how: str) -> None:
    for name, value in alone.items():
        if not torch.allclose(together[name].double(), value.double(), rtol=1e-5, atol=1e-7):
            raise Fault(f"with two lanes in one step{how} {_result(name)} differs from that of each lane alone")


def _result(name: str) -> str:
    """The name of a value that ``functional`` returns, as an author knows it."""
    for start, known in (("0", "gradient"), ("1[0]", "loss"), ("1[1][0]", "state"), ("1[1][1]", "logs")):
        if name.startswith(start):
            return f"{known}{name.removeprefix(start)}"
    return name


def global_state_untouched(subject: MethodSubject) -> None:
    """The global random states of torch, numpy and random, and torch's settings, stay as they are."""
    with other_globals(2):  # a seed set before is no change: start from another state
        before = global_state()
        method = subject.build()
        step = subject.step(method)
        state = method.round_start(step.new_state, round_facts(1))
        method.rejected(torch.full((4, 3), 1 / 3), state)
        changed = changed_globals(before)
    if changed:
        raise Fault(f"it changed {' and '.join(changed)}: draw from the generator that draw is given")


def draws(subject: MethodSubject) -> str:
    """draw gives CPU tensors whose shapes and types depend on the counts alone, the same for the same generator."""
    method = subject.build()
    for n_labeled, n_unlabeled in ((1, 1), (4, 8), (5, 35)):
        subject.case = f"draw for {n_labeled} labelled and {n_unlabeled} unlabelled items"
        made = [_drawn(method, seed, n_labeled, n_unlabeled) for seed in (0, 0, 1, 2)]
        for name, value in made[0].items():
            if not isinstance(value, Tensor) or value.device.type != "cpu":
                raise Fault(f"draw's '{name}' is no tensor on the CPU")
        if any(_shapes(one) != _shapes(made[0]) for one in made):
            raise Fault("the names, shapes or types of what is drawn depend on the draw")
        unequal = [name for name, value in made[0].items() if not torch.equal(value, made[1][name])]
        if unequal:
            raise Fault(f"the same generator drew another {quoted(unequal)}")
    return "" if made[0] else "it draws nothing"


def _drawn(method: Method, seed: int, n_labeled: int, n_unlabeled: int) -> Mapping[str, Tensor]:
    return method.draw(seeds.torch_stream("conformance", "draws", seed), n_labeled, n_unlabeled)


def _shapes(drawn: Mapping[str, Tensor]) -> dict[str, tuple[Any, ...]]:
    return {name: (tuple(value.shape), value.dtype) for name, value in drawn.items()}


def adoption(subject: MethodSubject) -> str:
    """adoption_steps are within the round; adopt gives each item a label or -1, the same each time, and only reads."""
    method = subject.build()
    state = {name: value.detach() for name, value in subject.step(method).new_state.items()}
    try:
        asked = {steps: adoption_steps(method, steps) for steps in (1, 2, 10, 200)}
        for n in (1, 40):
            subject.case = f"predictions ({n}, 3)"
            logits = 4 * torch.randn(n, 3, generator=seeds.torch_stream("conformance", "adoption", n))
            inputs = {"the probabilities": logits.softmax(dim=1), "class_counts": torch.tensor([6.0, 1.0, 1.0])}
            inputs |= {f"state[{name}]": value for name, value in state.items()}
            before = copies(inputs)
            probs, counts = inputs["the probabilities"], inputs["class_counts"]
            labels = [adopted_labels(each.adopt(probs, state, counts), probs) for each in (method, subject.build())]
            if changed := changed_tensors(inputs, before):
                raise Fault(f"adopt wrote to {' and '.join(changed)}")
            if not torch.equal(*labels):
                raise Fault("adopt gave other labels for the same predictions")
    except ContractError as error:
        raise Fault(str(error)) from None
    share = float((labels[0] >= 0).float().mean())
    return f"adopts {share:.0%} of random predictions" if any(asked.values()) else "it adopts no items"


def warm_second_round(subject: MethodSubject) -> None:
    """A second round that goes on with the weights works, and is the same after a checkpoint."""
    _second_round(subject, "warm")
    through = train(subject.build(), "warm", task=subject.task)
    resumed = train(subject.build(), "warm", task=subject.task, interrupted=True)
    subject.case = "two warm rounds, one of them from a checkpoint"
    for name, value in (through.state | dict(through.model.state_dict())).items():
        if not torch.equal(value, (resumed.state | dict(resumed.model.state_dict()))[name]):
            raise Fault(f"after a checkpoint '{name}' is another: keep all memory in the state")


def cold_second_round(subject: MethodSubject) -> None:
    """A second round that starts with fresh weights works."""
    _second_round(subject, "cold")


def _second_round(subject: MethodSubject, start: Literal["warm", "cold"]) -> None:
    subject.case = f"two {start} rounds of 3 steps, {subject.task.modality}"
    learner = train(subject.build(), start, task=subject.task)
    for name, value in learner.state.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise Fault(f"the state '{name}' holds what is not finite")

"""How a strategy has to behave: its answers, its seeds, what it reads, and what it leaves as it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from albench import seeds
from albench.api.strategy import ORACLE_NEEDS
from albench.data.items import Items
from albench.errors import ContractError
from albench.kernels import nearest_neighbors
from albench.testing.pools import Case, ProbeView, altered, blobs, ladder
from albench.testing.report import Fault, NotApplicable, quoted, undeclared
from albench.testing.strategy_subject import StrategySubject, apart, faults, proper
from albench.testing.watch import changed_globals, changed_tensors, copies, global_state, other_globals, own_generators
from albench.training.evaluate import predict
from albench.trial.bought import Bought
from albench.trial.labels import Oracle
from albench.trial.view import PoolView, RoundOutputs

AGAIN = 5
"""Times that a difference has to repeat itself before a strategy is accused of reading labels."""
RANDOM_STATES = ("random's state", "numpy.random's state", "torch's random state", "torch's CUDA random state")
"""Of ``global_state``: what moves when a number is drawn."""


def position_type(subject: StrategySubject) -> None:
    """select returns a 1-d tensor of int64."""
    _answers(subject, "type")


def exact_budget(subject: StrategySubject) -> None:
    """select returns exactly as many positions as it is asked for."""
    _answers(subject, "count")


def unique_positions(subject: StrategySubject) -> None:
    """No position is chosen twice."""
    _answers(subject, "twice")


def positions_in_range(subject: StrategySubject) -> None:
    """The answer holds positions in the view, not pool ids."""
    _answers(subject, "range")


def _answers(subject: StrategySubject, kind: str) -> None:
    """Check answers for one kind of fault."""
    for case in ladder():
        found = faults(subject.ask(case), len(case.embeddings), case.budget)
        if kind in found:
            raise Fault(found[kind])


def same_seed_same_picks(subject: StrategySubject) -> None:
    """The same view and seed give the same picks in the same order, time after time."""
    for case in ladder(((2, 1), (10, 3), (40, 7), (120, 20))):
        first = subject.pick(case)
        for _ in range(2):
            again = subject.pick(case)
            if not torch.equal(first, again):
                raise Fault(f"the same seed gave two answers: {apart(first, again)}")


def other_seed(subject: StrategySubject) -> str:
    """Another seed gives a valid answer, the same or another."""
    return "its picks depend on the seed" if subject.by_chance() else "its picks do not depend on the seed"


def seeds_from_the_view(subject: StrategySubject) -> None:
    """Random numbers come from view.rng or view.generator, not from what is global, unseeded or always seeded alike."""
    case = blobs(40, 7)
    fixed: list[set[tuple[str, int]]] = []
    for seed in (0, 1):
        seeded = altered(case, case.what, seed=seed)
        strategy = subject.build()
        view = seeded.view(strategy)
        with own_generators() as made:
            subject.ask(seeded, strategy, view)
        unseeded = [name for name, given in made() if given is None]
        if unseeded:
            raise Fault(f"{unseeded[0]} is made without a seed: draw one from view.rng")
        fixed.append({(name, int(given)) for name, given in made() if isinstance(given, int | np.integer)})
    for name, given in sorted(fixed[0] & fixed[1]):
        raise Fault(f"{name} is seeded with {given} whatever the view's seed: draw the seed from view.rng")
    for other in ladder(((10, 3), (40, 7), (120, 20))):
        _draws_from_the_view(subject, other)


def _draws_from_the_view(subject: StrategySubject, case: Case) -> None:
    """Check that picks depend neither on global random states nor on chance, whatever generators they come from."""
    first: Tensor | None = None
    for state in (1, 1, 2, 3):
        strategy = subject.build()
        view = case.view(strategy)
        with other_globals(state):
            before = global_state()
            picks = subject.pick(case, strategy, view)
            drawn = [name for name in changed_globals(before) if name in RANDOM_STATES]
        if drawn:
            raise Fault(changed(drawn))
        first = picks if first is None else first
        if not torch.equal(first, picks):
            raise Fault(
                f"it draws from a generator that nobody seeded, as {apart(first, picks)}: seed it from view.rng"
            )


def global_state_untouched(subject: StrategySubject) -> None:
    """The global random states of torch, numpy and random, and torch's settings, stay as they are."""
    for case in ladder(((2, 1), (40, 7))):
        strategy = subject.build()
        view = case.view(strategy)
        with other_globals(2):  # a seed set before is no change: start from another state
            before = global_state()
            subject.ask(case, strategy, view)
            others = changed_globals(before)
        if others:
            raise Fault(changed(others))


def changed(names: Sequence[str]) -> str:
    """What is said of global settings and states that a strategy changes."""
    return f"it changed {' and '.join(names)}: draw from view.rng or view.generator"


def hidden_labels_unread(subject: StrategySubject) -> None:
    """Permuting the oracle's hidden labels leaves the picks as they are."""
    if seen := ORACLE_NEEDS & subject.build().needs:
        raise NotApplicable(
            f"it declares {quoted(seen)}: it has to be registered with role='oracle', and is not ranked"
        )
    y = np.arange(50) % 4
    hidden = np.setdiff1d(np.arange(50), np.arange(0, 50, 4))
    shifted, shuffled = y.copy(), y.copy()
    shifted[hidden] = (y[hidden] + 1) % 4
    shuffled[hidden] = seeds.numpy_stream("hidden labels").permutation(y[hidden])
    told = _picks_of_a_pool(subject, y)
    for other in (shifted, shuffled):
        picks = _picks_of_a_pool(subject, other)
        if torch.equal(told, picks):
            continue
        for _ in range(AGAIN):  # what differs by chance alone is no sign of the labels
            for labels, usual in ((y, told), (other, picks)):
                again = _picks_of_a_pool(subject, labels)
                if not torch.equal(usual, again):
                    raise NotApplicable(
                        f"the same labels gave two answers (see same-seed-same-picks): {apart(usual, again)}"
                    )
        raise Fault(f"with other hidden labels it chose others, each time: {apart(told, picks)}")


def _picks_of_a_pool(subject: StrategySubject, y: np.ndarray) -> Tensor:
    """Picks from a real pool of 50 items whose labels an oracle holds; every fourth item's label has been bought."""
    case = blobs(38, 7)
    x = torch.cat([case.embeddings, case.labeled])
    bought, items = Bought(Oracle(y, 4, 20), len(x), 4), Items(x.numpy(), torch.device("cpu"))
    bought.start_with(torch.arange(0, 50, 4))
    pool = bought.annotated
    strategy = subject.build()
    model = case.view(strategy)._model
    subject.case = f"a pool of {len(x)} items, {len(pool.labeled)} labelled, budget=7, seed=0"
    view = PoolView(
        needs=strategy.needs,
        items=items,
        pool=pool,
        outputs=RoundOutputs(
            round_number=1,
            model=model,
            predicted=predict(model, items, pool.unlabeled),
            rejected=lambda probs: probs.amax(dim=1) < case.threshold,
        ),
        budget_left=bought.oracle.budget_left,
        stream=(0, 1),
    )
    return proper(strategy.select(view, 7), len(view), 7)


def declared_quantities(subject: StrategySubject) -> str:
    """What is read of the view is declared in needs."""
    strategy, case = subject.build(), blobs(40, 7)
    view = case.view(strategy)
    try:
        subject.ask(case, strategy, view)
    except ContractError:
        if not view.undeclared:
            raise
    if view.undeclared:
        raise Fault(undeclared(view.undeclared))
    reads = {"gradients": {"head", "forward"}, "embeddings": {"embeddings", "labeled_embeddings"}}
    reads["probs"] = {"probs", "labeled_probs", "rejected"}
    unread = {need for need in strategy.needs if not reads.get(need, {need}) & view.reads}
    return f"declared and not read here: {quoted(unread)}" if unread else ""


def public_view(subject: StrategySubject) -> None:
    """Nothing private of the view is read."""
    strategy, case = subject.build(), blobs(40, 7)
    view = case.view(strategy)
    subject.ask(case, strategy, view)
    if view.private:
        raise Fault(f"it reads {quoted(view.private)} of the view, which is private")


def inputs_unchanged(subject: StrategySubject) -> None:
    """Every tensor of the view and the model's weights, gradients and mode are as before."""
    for case in ladder(((2, 1), (40, 7))):
        strategy = subject.build()
        view = case.view(strategy)
        tensors = _tensors(view)
        before = copies(tensors)
        flags = [parameter.requires_grad for parameter in view._model.parameters()]
        training = view._model.training
        subject.ask(case, strategy, view)
        written = changed_tensors(tensors, before)
        for k, cached in view._neighbors.items():
            fresh = nearest_neighbors(view._predicted[1], k)
            if not all(torch.equal(one, other) for one, other in zip(cached, fresh, strict=True)):
                written.append("neighbors")
        if written:
            raise Fault(f"it wrote to {quoted(written)}, which others read after it: work on a copy")
        if any(parameter.grad is not None for parameter in view._model.parameters()):
            raise Fault("it left gradients in the model's parameters: use torch.autograd.grad on its own tensors")
        if view._model.training != training or flags != [p.requires_grad for p in view._model.parameters()]:
            raise Fault("it changed the model's mode, or which of its parameters require gradients")


def _tensors(view: ProbeView) -> dict[str, Tensor]:
    """Everything in the view that could be written to, by name."""
    logits, embeddings = view._predicted
    items = view._items._tensor
    assert items is not None
    found = {"logits": logits, "embeddings": embeddings, "probs": view._probs, "rejected": view._rejected_mask}
    found |= {"the pool ids": view._index, "the labelled ids": view._labeled, "labeled_y": view._labeled_y}
    found |= {"the labelled items' logits": view._labeled_predicted[0], "the items": items}
    found |= {"labeled_embeddings": view._labeled_predicted[1]}
    return found | {f"the model's {name}": value for name, value in view._model.state_dict().items()}


def no_state_between_calls(subject: StrategySubject) -> None:
    """What was chosen before does not change the next choice, of this instance or of another."""
    used, case, other = subject.build(), blobs(40, 7), blobs(38, 5, what="another pool")
    first = subject.pick(case, used)
    second = subject.pick(other, used)
    for name, strategy in (("a fresh one", subject.build()), ("the one that had chosen", used)):
        if not torch.equal(subject.pick(other, strategy), second):
            raise Fault(f"after a call on another pool {name} chose otherwise")
    if not torch.equal(subject.pick(case), first):
        raise Fault("the first pool's picks changed once others had been made: something is kept outside the instance")

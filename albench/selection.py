"""``albench.select``: the query strategies as a function, for training loops of one's own."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albench.api.strategy import Strategy
from albench.components.defaults import ORACLE
from albench.components.registry import registry
from albench.data.arrays import Array, Reader
from albench.data.items import Items
from albench.devices import choosing
from albench.errors import UserError
from albench.execution.device import resolve_device
from albench.execution.failures import Work, in_one_line
from albench.suite.protocol import Amounts
from albench.training.evaluate import predict
from albench.trial.answers import choose
from albench.trial.classifier import said_by
from albench.trial.given import Given, GivenView, classes_of
from albench.trial.last_layer import WithEmbeddings
from albench.trial.view import cold_view


def select(
    strategy: str | Strategy,
    n: int,
    *,
    probs: Array | None = None,
    logits: Array | None = None,
    embeddings: Array | None = None,
    mc_probs: Array | None = None,
    labeled_probs: Array | None = None,
    labeled_embeddings: Array | None = None,
    labeled_y: Array | None = None,
    head: nn.Module | tuple[Array, Array] | str | None = None,
    model: Any = None,
    pool: Array | None = None,
    labeled: Array | None = None,
    n_classes: int | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    round: int = 0,  # the word of records and views
    device: str | torch.device | None = None,
    plugins: Sequence[str | Path] = (),
) -> Any:
    """Which unlabelled items to annotate next, by any query strategy.

    With what a trial knows, its seed and its round it chooses what the strategy chooses in that trial.

    Parameters
    ----------
    strategy
        A spec such as ``"badge"`` or ``"boostmis[n_neighbors=10]"``, of albench or of a plugin, or a strategy itself.
    n
        How many items to choose.
    probs, logits
        (N, C) class probabilities of the unlabelled items, or what a softmax makes them of; one is enough.
    embeddings
        (N, E) of the unlabelled items: the input of the last layer. Alone they are enough for strategies that can
        start without a model.
    mc_probs
        (S, N, C) probabilities under S dropout masks, or of S members of an ensemble. Without it, masks are drawn on
        ``embeddings`` before ``head``.
    labeled_probs, labeled_embeddings, labeled_y
        The same of the L labelled items, and their labels (L,).
    head
        The last layer, for strategies that differentiate it or draw dropout masks: a module, or its weight (C, E) and
        bias (C,). With ``model``, the name of that layer; by default the linear layer that gives its output.
    model, pool, labeled
        In place of the arrays above: a module, and the unlabelled and labelled items (N, ...) and (L, ...) that it
        reads, float32 or uint8 (then divided by 255). It is run in evaluation mode, in blocks. ``pool`` alone is
        enough for strategies that can start without a model. A fitted classifier of scikit-learn's kind is a model too:
        its ``predict_proba`` gives the probabilities, and the items are the embeddings where none are given.
    n_classes
        C, where neither probabilities nor a head say it; by default one more than the largest label.
    confidence
        Items below it count as rejected, for strategies that ask (``boostmis``).
    seed, round
        Name the random streams; let ``round`` count the queries of a loop.
    device
        Where it computes: ``cpu``, ``cuda``, ``cuda:N``, ``mps``, ``xpu`` or ``auto``; by default where the model is,
        else the first tensor. On the CPU in place of a device without float64, as MPS and XPU.
    plugins
        Plugin files.

    Returns
    -------
    (n,) distinct positions among the unlabelled items, in the order chosen: int64, a torch tensor where ``probs``,
    ``logits``, ``embeddings``, ``mc_probs`` or ``pool`` is one, else a NumPy array.

    Raises
    ------
    UserError
        In one line: which argument is missing, or what is wrong with one.
    DeviceLacks, DeviceLost
        In one line: the device has no memory left, or answers no more.

    Examples
    --------
    >>> import albench
    >>> albench.select("margin", 2, probs=[[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.5, 0.5]])
    array([3, 1])
    """
    found, name = _strategy(strategy, plugins, mc_probs)
    if model is not None and not isinstance(model, nn.Module):
        known = {"pool": pool, "labeled": labeled, "probs": probs, "labeled_probs": labeled_probs}
        said = said_by(model, {**known, "embeddings": embeddings, "labeled_embeddings": labeled_embeddings}, n_classes)
        probs, embeddings = said["probs"], said.get("embeddings", embeddings)
        labeled_probs = said.get("labeled_probs", labeled_probs)
        labeled_embeddings = said.get("labeled_embeddings", labeled_embeddings)
        model = None
    unlabeled = {"probs": probs, "logits": logits, "embeddings": embeddings, "mc_probs": mc_probs, "pool": pool}
    read, model, head = _reader(device, model, head, unlabeled)
    size = read.common({key: value for key, value in unlabeled.items() if value is not None}, "unlabelled")
    if size is None:
        raise UserError(
            "select: nothing is known of the unlabelled items: give probs=, embeddings=, or model= and pool=."
        )
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or not 1 <= n <= size:
        raise UserError(f"select: n is {n!r}, not a number from 1 to the {size:,} unlabelled items.")
    n = int(n)
    with in_one_line(str(read.device), _work(name)):
        if model is None and probs is None and logits is None and embeddings is None and mc_probs is None:
            picks = _from_bare_items(found, name, n, read.items(pool, "pool"), seed)
        else:
            given = _given(
                read, size, labeled_probs=labeled_probs, labeled_embeddings=labeled_embeddings, labeled_y=labeled_y,
                head=head, model=model, labeled=labeled, n_classes=n_classes, confidence=confidence, **unlabeled,
            )  # fmt: skip
            needs = found.needs
            if found.cold_start and not given.has("logits"):
                needs = needs & {"embeddings", "neighbors"}
            try:
                view = GivenView(given, name, needs, cold=found.cold_start, seed=seed, round_number=round)
                picks = view.index[choose(found, view, n, name)]
            finally:
                if isinstance(given.model, WithEmbeddings):
                    given.model.give_back()
    as_tensor = next((value for value in unlabeled.values() if isinstance(value, Tensor)), None)
    return picks.numpy() if as_tensor is None else picks.to(as_tensor.device)


class Query:
    """A strategy for a loop: each call of ``query`` is the next round.

    Parameters
    ----------
    strategy, seed, device, plugins
        As ``select`` takes them.

    Examples
    --------
    >>> import albench
    >>> query = albench.Query("margin")
    >>> query.query(1, probs=[[0.9, 0.1], [0.6, 0.4]])
    array([1])
    >>> query
    Query('margin', seed=0, round=1)
    """

    def __init__(
        self,
        strategy: str | Strategy,
        *,
        seed: int = 0,
        device: str | torch.device | None = None,
        plugins: Sequence[str | Path] = (),
    ) -> None:
        _strategy(strategy, plugins, None)
        self.strategy, self.seed, self.device, self.plugins = strategy, seed, device, plugins
        self.round = 0

    def query(self, n: int, **what: Any) -> Any:
        """(n,) positions among the unlabelled items; ``what`` is known of them as ``select`` takes it."""
        how: dict[str, Any] = {"seed": self.seed, "round": self.round, "device": self.device, "plugins": self.plugins}
        picks = select(self.strategy, n, **{**how, **what})
        self.round += 1
        return picks

    def __repr__(self) -> str:
        return f"Query({str(self.strategy)!r}, seed={self.seed}, round={self.round})"


def _strategy(given: str | Strategy, plugins: Sequence[str | Path], mc_probs: Array | None) -> tuple[Strategy, str]:
    """The strategy and its name; one that reads dropout samples reads as many as are given, where nobody said more."""
    if isinstance(given, Strategy):
        return given, type(given).__name__
    known = registry(tuple(map(str, plugins)))
    spec = known.parsed("strategy", given)
    if known.find("strategy", spec.name).role == ORACLE:
        raise UserError(f"strategy {spec} is shown labels that nobody bought: it runs in a trial alone.")
    made: Strategy = known.build("strategy", spec)
    if mc_probs is not None and hasattr(made, "samples") and "samples" not in dict(spec.options):
        made = dataclasses.replace(made, samples=len(mc_probs))  # type: ignore[type-var]  # strategies are dataclasses
    return made, str(spec)


def _work(name: str) -> Work:
    """What is said where the device fails."""
    return Work(
        lower="choose from a part of the pool, as strategy='subsample[strategy=NAME]' does",
        on_cpu="device='cpu'",
        again="start Python again",
        who=f"strategy {name}, or the model,",
    )


def _device(told: str | torch.device | None, model: object, given: dict[str, Any]) -> torch.device:
    """Where to compute."""
    if told is not None:
        return torch.device(resolve_device(str(told)))
    weights = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    tensors = [each for each in (weights, *given.values()) if isinstance(each, Tensor)]
    return tensors[0].device if tensors else torch.device("cpu")


def _reader(told: str | torch.device | None, model: Any, head: Any, given: dict[str, Any]) -> tuple[Reader, Any, Any]:
    """What reads arrays where strategies compute, and the model and the head there, copied from elsewhere."""
    where = _device(told, model or head, given)
    at = choosing(where)
    if at != where:
        model, head = (_moved(each, at) for each in copy.deepcopy((model, head)))
    return Reader(at), model, head


def _moved(given: Any, device: torch.device) -> Any:
    """A module on a device; whatever else is given as it is."""
    return given.to(device) if isinstance(given, nn.Module) else given


def _from_bare_items(strategy: Strategy, name: str, n: int, items: Items, seed: int) -> Tensor:
    """What a trial's ``initial_strategy`` chooses."""
    if not strategy.cold_start:
        raise UserError(f"strategy {name} does not choose from bare items: give model= beside pool=, or probs=.")
    view = cold_view(items, strategy, 1, Amounts(n, 1, 1), seed)
    return view.index[choose(strategy, view, n, name)]


def _given(
    read: Reader, size: int, *, model: nn.Module | None, pool: Array | None, labeled: Array | None, **what: Any
) -> Given:
    """What the arguments of ``select`` say, checked against each other."""
    head = what["head"]
    known: dict[str, Any] = {
        "logits": read.logits(what["logits"], what["probs"], ""),
        "embeddings": read.matrix(what["embeddings"], "embeddings"),
        "mc_probs": None if what["mc_probs"] is None else read.array(what["mc_probs"], "mc_probs", 3),
        "labeled_logits": read.logits(None, what["labeled_probs"], "labeled_"),
        "labeled_embeddings": read.matrix(what["labeled_embeddings"], "labeled_embeddings"),
        "labeled_y": read.labels(what["labeled_y"]),
        "items": None if pool is None else read.items(pool, "pool"),
        "labeled_items": None if labeled is None else read.items(labeled, "labeled"),
    }
    if model is not None:
        known |= _by_model(model, head, known)
    elif head is not None:
        known["head"] = read.head(head)
        for of in ("", "labeled_"):
            if known[f"{of}logits"] is None and known[f"{of}embeddings"] is not None:
                with torch.no_grad():
                    known[f"{of}logits"] = known["head"](known[f"{of}embeddings"])
    names = ("labeled_embeddings", "labeled_y", "labeled_items", "labeled_logits")
    read.common({name: known[name] for name in names if known[name] is not None}, "labelled")
    return Given(
        size=size, n_classes=classes_of(known, what["n_classes"]), device=read.device,
        confidence=what["confidence"], **known,
    )  # fmt: skip


def _by_model(model: nn.Module, head: Any, known: dict[str, Any]) -> dict[str, Any]:
    """What a model says of the items; it is left as it was where that fails."""
    if known["items"] is None:
        raise UserError("model: what it is to read is missing: give pool=.")
    own = {"": known["items"], "labeled_": known["labeled_items"]}
    twice = [f"{of}{what}" for of in own for what in ("logits", "embeddings") if known[f"{of}{what}"] is not None]
    if twice:
        raise UserError(f"model: {' and '.join(twice)} would come from it and are given too: leave out one of both.")
    whole = WithEmbeddings(model, head, known["items"])
    made: dict[str, Any] = {"model": whole, "head": whole.head}
    try:
        for of, items in own.items():
            if items is not None:
                made[f"{of}logits"], made[f"{of}embeddings"] = predict(whole, items, torch.arange(len(items)))
    except Exception:
        whole.give_back()
        raise
    return made

"""Numbers that strategies are given: not finite, in another type, on another device, and many of them."""

from __future__ import annotations

import re
from typing import Any

import torch

from albench.errors import ContractError
from albench.testing.on_device import a_device, same_on_each_run
from albench.testing.pools import Case, altered, blobs
from albench.testing.report import Fault, NotApplicable, first_line
from albench.testing.strategy_subject import StrategySubject, apart, few
from albench.testing.watch import LargestTensor, python_peak
from albench.trial.view import Undeclared

LARGE = 8000
"""Items of the pool on which memory is measured: half of its pairs are more than a block of the kernels holds."""
PYTHON_BYTES = 200 * 2**20
"""What a strategy may hold in Python and NumPy on that pool: less than its pairs in float32."""
MODEL_READS = frozenset({"embeddings", "neighbors", "head", "forward", "mc_probs"})
PROBABILITY_READS = frozenset({"probs", "logits"})
NOT_FINITE = re.compile(r"\b(nan|infs?|infinity|infinite|non-?finite|not finite)\b", re.IGNORECASE)
"""What an error that refuses such numbers names: albench's own, scikit-learn's, NumPy's."""
ACCIDENT = re.compile("cannot convert", re.IGNORECASE)
"""Of an error that names them because it stumbled over one."""
LABELED_READS = frozenset({"labeled_embeddings", "labeled_probs"})


def non_finite_embeddings(subject: StrategySubject) -> None:
    """NaN or infinite embeddings raise an error that names them."""
    _applies(subject, MODEL_READS, "embeddings")
    case, bad = blobs(40, 7), torch.arange(0, 40, 3)
    for value in (torch.nan, torch.inf):
        x = case.embeddings.index_fill(0, bad, value)
        _refuses(subject, altered(case, f"{len(bad)} embeddings are {value}", embeddings=x))


def non_finite_probabilities(subject: StrategySubject) -> None:
    """NaN probabilities raise an error that names them."""
    _applies(subject, PROBABILITY_READS, "probabilities or logits")
    case, bad = blobs(40, 7), torch.arange(0, 40, 3)
    logits = case.embeddings @ case.weight.T + case.bias
    for value in (torch.nan, torch.inf):
        broken = logits.index_fill(0, bad, value)
        _refuses(subject, altered(case, f"{len(bad)} rows of logits are {value}", logits=broken))


def non_finite_labeled_items(subject: StrategySubject) -> None:
    """NaN embeddings of labelled items raise an error that names them."""
    _applies(subject, LABELED_READS, "predictions of labelled items")
    case, bad = blobs(40, 7), torch.arange(0, 12, 3)
    broken = case.labeled.index_fill(0, bad, torch.nan)
    _refuses(subject, altered(case, f"{len(bad)} labelled embeddings are nan", labeled=broken))


def _applies(subject: StrategySubject, reads: frozenset[str], what: str) -> None:
    if not subject.reads() & reads:
        raise NotApplicable(f"it reads no {what}")


def _refuses(subject: StrategySubject, case: Case) -> None:
    """Check that a case is refused: by an error about a value whose words say that it is not finite."""
    try:
        picks = subject.ask(case)
    except (Fault, Undeclared):
        raise
    except Exception as error:
        if not isinstance(error, ContractError | ValueError):
            raised = f"raised {type(error).__name__} and not albench.kernels.NonFiniteScores"
            raise Fault(f"it {raised}: {first_line(error)}") from error
        if not NOT_FINITE.search(str(error)) or ACCIDENT.search(str(error)):
            raise Fault(f"its error does not say that what it was given is not finite: {first_line(error)}") from error
        return
    raise Fault(f"it chose {few(picks)} where it had to raise albench.kernels.NonFiniteScores")


def float64_inputs(subject: StrategySubject) -> None:
    """The same numbers in float64 give the same picks, where no two items are close."""
    case = blobs(20, 3)
    _agrees(subject, case, dtype=torch.float64)


def cuda_agrees(subject: StrategySubject) -> None:
    """The same pool on a CUDA device, pretended where there is none, gives the same picks on every run."""
    with a_device("cuda") as account:
        _agrees(subject, blobs(20, 3), device="cuda")
        same_on_each_run(account)


def _agrees(subject: StrategySubject, case: Case, **how: Any) -> None:
    """Check that the picks of a case are the same set in another type or on another device."""
    other = next(iter(how.values()))
    strategy, usual = subject.build(), subject.pick(case)
    try:
        picks = subject.pick(case, strategy, case.view(strategy, **how))
    except (RuntimeError, TypeError, ValueError) as error:
        if "dtype" in how and re.search("dtype|scalar type|[Dd]ouble", str(error)):
            raise NotApplicable(f"it takes float32 alone, which is what views hold: {first_line(error)}") from error
        raise
    if set(usual.tolist()) == set(picks.tolist()):
        return
    if "dtype" in how and subject.by_chance():
        raise NotApplicable(f"its picks depend on the seed, and {other} may draw other numbers")
    raise Fault(f"with {other} it chose others: {apart(usual, picks)}")


def memory_below_pairs(subject: StrategySubject) -> str:
    """No tensor or array holds half of the pairs of a pool of 8,000 items."""
    case = blobs(LARGE, 20, n_labeled=100, size=16, what="a large pool")
    strategy = subject.build()
    view = case.view(strategy)
    with LargestTensor() as largest:
        torch.empty(0)  # the first call under such a mode imports much, which is not the strategy's memory
        with python_peak() as peak:
            subject.pick(case, strategy, view)
            peaked = peak()
    if largest.elements >= LARGE**2 // 2:
        raise Fault(f"{largest.operation} made {largest.elements:,} elements: work in blocks, not on pairs of items")
    if peaked > PYTHON_BYTES:
        raise Fault(f"it held {peaked / 2**20:,.0f} MiB in Python and NumPy: work in blocks, not on pairs of items")
    return f"largest tensor {largest.elements:,} elements"

"""The rule for constants that count training steps: authors chose them for their own length, a round has another.

FreeMatch's momentum of 0.999 was chosen for 2^20 steps: over a round of 200 it keeps 82 % of where it began. Every such
constant is of one of two kinds, and each kind has one rule, by which a component's option holds the authors' value:

- **How far an average looks back**: a momentum ``m`` looks back over ``1 / (1 - m)`` steps, a window over as many
  batches as it holds. No average looks back over more than about a ninth of the steps trained so far, so that it
  forgets its start within the first steps and has arrived at every length. From some step on the authors' value is the
  shorter one and holds as it is: 0.999 from step 8,990 on, for the last 99 % of 2^20 steps. The moving average of the
  weights follows the same rule, with the protocol's ``ema`` as its momentum.
- **How long something lasts**, a ramp, a warm-up or the time between two drops: the authors' share of their training,
  of the round in place of it. What has to wait for the network to have learnt something is given a least share of the
  round, which counts for its first ``LEARNING`` steps.

Both leave the authors' values at the authors' length, for which tests hold each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from torch import Tensor

LEARNING = 200
"""Steps in which a small network learns what there is to learn from a first hundred labels: a default round."""


@overload
def kept_at(step: int) -> float: ...
@overload
def kept_at(step: Tensor) -> Tensor: ...
def kept_at(step: int | Tensor) -> float | Tensor:
    """``(1 + step) / (10 + step)``: the most that an average keeps of itself at a step.

    It then looks back over ``(10 + step) / 9`` steps. The form is that of TensorFlow's moving average of weights with
    ``num_updates``. Of the start ``9! / ((step + 2) .. (step + 10))`` is left: a ten-millionth after 20 steps.

    Parameters
    ----------
    step
        0-based, since the weights were last initialised; a tensor gives a float32 tensor.
    """
    return (1 + step) / (10 + step)


def momentum_at(step: Tensor, authors: float) -> Tensor:
    """The share of a moving average that stays at a step: ``min(authors, (1 + step) / (10 + step))``.

    Parameters
    ----------
    step
        () int64 0-based, since the weights were last initialised: what a method's ``loss`` is given.
    authors
        The authors' momentum, in [0, 1).

    Returns
    -------
    () float32.
    """
    return kept_at(step).clamp(max=authors)


def window_at(step: Tensor, authors: int) -> Tensor:
    """How many of the last batches a mean over a window covers at a step: ``min(authors, floor((11 + 2 step) / 9))``.

    So many have the mean age of the moving average whose momentum is ``(1 + step) / (10 + step)``, so that a window and
    a moving average of one method speak of the same time. There are never more of them than steps made.

    Parameters
    ----------
    step
        () int64 0-based, since the weights were last initialised, whose own batch is in the window already.
    authors
        Batches in the authors' window.

    Returns
    -------
    () int64, 1 at step 0.
    """
    return ((11 + 2 * step) // 9).clamp(max=authors)


def lasting_steps(steps: int, share: float, least: float = 0.0, *, given: int | None = None) -> float:
    """How many steps something lasts: ``max(share * steps, least * min(steps, LEARNING))``, or as many as are given.

    Parameters
    ----------
    steps
        Of a round: ``RoundFacts.steps``.
    share
        What the authors give it of their training.
    least
        The least share of a round of up to 200 steps; in longer ones as many steps as in one of 200.
    given
        What the user's option says: steps as they are, whatever the round's length.

    Returns
    -------
    Steps, not rounded.
    """
    return max(share * steps, least * min(steps, LEARNING)) if given is None else float(given)

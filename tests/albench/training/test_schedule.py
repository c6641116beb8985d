"""What changes from step to step of a round."""

from __future__ import annotations

import math

import pytest

from albench.suite.protocol import Protocol
from albench.training.schedule import check_steps, cosine, ema_decay, lr_factor


def test_the_schedule_is_fixmatchs() -> None:
    assert cosine(0, 100) == 1
    assert cosine(100, 100) == pytest.approx(math.cos(7 * math.pi / 16))


def test_the_protocol_names_the_schedule() -> None:
    assert lr_factor(Protocol(), 40, 100) == cosine(40, 100) < 1
    assert lr_factor(Protocol(schedule="constant"), 99, 100) == 1


def test_the_average_forgets_the_initial_weights_soon_and_then_remembers_long() -> None:
    assert ema_decay(0, 0.999) == 0.1
    assert ema_decay(10**6, 0.999) == 0.999
    kept = math.prod(ema_decay(step, 0.999) for step in range(200))
    assert kept < 1e-4


def test_a_round_validates_evenly_and_after_its_last_step() -> None:
    assert check_steps(Protocol(evaluations=4, validation="1x"), 10) == {2, 5, 8, 10}
    assert check_steps(Protocol(evaluations=4), 10) == {10}, "nothing is validated"
    assert check_steps(Protocol(evaluations=1), 3) == {3}

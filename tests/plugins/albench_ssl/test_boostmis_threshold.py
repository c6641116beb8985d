"""BoostMIS's adaptive threshold: the formula on written-out counts, the memory, and what a query does to both."""

from __future__ import annotations

import pytest
import torch
from identity_forward import Identity
from torch import Tensor

from albench.api import Batch, RoundFacts, State, Task, UserError
from albench_ssl.boostmis import BoostMIS, threshold
from albench_ssl.memory import count_confident, remember

TASK = Task("features", (2,), 2, ("low", "high"), pool_size=6)
SURE, UNSURE = 0.99, 0.6


def facts(round: int, labeled: list[int], bought: int = 0, query_size: int = 4, first_step: int = 0) -> RoundFacts:
    mask = torch.zeros(6, dtype=torch.bool)
    mask[labeled] = True
    return RoundFacts(round, 3, 10, len(labeled), 6, bought, query_size, first_step, mask, torch.zeros(2))


def seen(method: BoostMIS, state: State, items: dict[int, float], step: int) -> tuple[State, dict[str, Tensor]]:
    """One step in which the weak view gives each of ``items`` that probability of class 0."""
    confidence = torch.tensor(list(items.values()))
    weak = torch.stack([(confidence / (1 - confidence)).log(), torch.zeros(len(items))], dim=1)
    views = {"weak": weak, "strong": torch.zeros(len(items), 2)}
    batch = Batch(
        x_lab=torch.zeros(1, 2),
        y_lab=torch.tensor([0]),
        views=views,
        index=torch.tensor(list(items)),
        noise={},
        class_counts=torch.ones(2),
    )
    _, state, logs = method.loss(Identity(), batch, state, torch.tensor(step))
    return state, logs


def eps(count: int, previous: int, beta_term: float, step: int = 0, t_max: int | None = None) -> float:
    beta = torch.tensor(beta_term)
    return threshold(torch.tensor(count), torch.tensor(previous), beta, torch.tensor(step), t_max=t_max).item()


def test_a_written_out_sequence_of_counts() -> None:
    # before the first query: N_A = 0
    assert eps(0, 0, 0.0) == pytest.approx(0.9)  # no previous count: ratio 1
    assert eps(100, 0, 0.0) == pytest.approx(0.9)
    assert eps(150, 100, 0.0) == pytest.approx(0.9)  # rising: held at 1
    assert eps(120, 150, 0.0) == pytest.approx(0.9 * 120 / 150)  # falling: 0.72
    assert eps(120, 120, 0.0) == pytest.approx(0.9)
    # after a full query: N_A = 2K, the term is beta
    assert eps(120, 120, 0.05) == pytest.approx(0.95)
    assert eps(90, 120, 0.05) == pytest.approx(0.9 * 0.75 + 0.05)
    assert eps(0, 90, 0.05) == pytest.approx(0.05)
    assert eps(0, 0, 0.05) == pytest.approx(0.95)
    # the last query bought half of what it asked for
    assert eps(10, 10, 0.05 * 2 / 4) == pytest.approx(0.925)


def test_after_t_max_the_threshold_is_fixed() -> None:
    assert eps(1, 2, 0.0, step=9, t_max=10) == pytest.approx(0.45)
    assert eps(1, 2, 0.0, step=10, t_max=10) == pytest.approx(0.95)
    assert eps(1, 2, 0.05, step=10_000, t_max=None) == pytest.approx(0.5)


def test_trial_written_out() -> None:
    """Six items, one labelled; two steps, a query of four that bought two, two more steps."""
    method = BoostMIS()
    state = method.round_start(method.init(TASK, torch.device("cpu")), facts(0, [5]))
    assert state["beta_term"] == 0
    assert state["threshold"].item() == pytest.approx(0.9)

    state, logs = seen(method, state, {0: SURE, 1: SURE, 2: SURE}, step=0)
    assert (logs["count"].item(), state["count"].item(), state["previous"].item()) == (3, 3, 0)
    assert logs["threshold"].item() == pytest.approx(0.9)  # no previous count
    assert logs["accepted"].item() == 1.0

    # item 0 lost its confidence, item 3 is new and unsure, item 1 keeps what was last seen of it
    state, logs = seen(method, state, {0: UNSURE, 3: UNSURE}, step=1)
    torch.testing.assert_close(state["memory"], torch.tensor([UNSURE, SURE, SURE, UNSURE, 0.0, 0.0]))
    assert logs["count"].item() == 2
    assert logs["threshold"].item() == pytest.approx(0.9 * 2 / 3)
    assert logs["accepted"].item() == 1.0  # 0.6 >= 0.6: the bar fell with the count
    probs = torch.tensor([[0.59, 0.41], [0.39, 0.61]])
    assert method.rejected(probs, state).tolist() == [True, False]

    # items 1 and 3 are bought: the count loses item 1, so the ratio does not fall for it
    state = method.round_start(state, facts(1, [5, 1, 3], bought=2, first_step=10))
    assert state["unlabeled"].tolist() == [True, False, True, False, True, False]
    assert state["previous"].item() == 1
    assert state["beta_term"].item() == pytest.approx(0.05 * 2 / 4)
    assert state["threshold"].item() == pytest.approx(0.925)
    torch.testing.assert_close(state["memory"][1].item(), SURE)

    state, logs = seen(method, state, {4: UNSURE}, step=10)
    assert logs["count"].item() == 1
    assert logs["threshold"].item() == pytest.approx(0.925)
    assert logs["accepted"].item() == 0.0
    state, logs = seen(method, state, {2: UNSURE, 4: SURE}, step=11)
    assert logs["count"].item() == 1
    assert state["previous"].dtype == torch.int64


def test_cold_start_forgets_the_memory() -> None:
    method = BoostMIS()
    state = method.round_start(method.init(TASK, torch.device("cpu")), facts(0, [5]))
    state, _ = seen(method, state, {0: SURE, 1: SURE}, step=0)
    state = method.round_start(state, facts(1, [5, 0, 1, 2, 3], bought=4, first_step=0))
    assert not state["memory"].any()
    assert state["previous"].item() == 0
    assert state["threshold"].item() == pytest.approx(0.95)
    _, logs = seen(method, state, {4: UNSURE}, step=0)
    assert logs["threshold"].item() == pytest.approx(0.95)


@pytest.mark.parametrize("method", [BoostMIS(adaptive=False), BoostMIS(t_max=0)])
def test_fixed_threshold_whatever_the_counts(method: BoostMIS) -> None:
    state = method.round_start(method.init(TASK, torch.device("cpu")), facts(0, [5]))
    assert state["threshold"].item() == pytest.approx(0.95)
    state, _ = seen(method, state, {0: SURE, 1: SURE}, step=0)
    state, logs = seen(method, state, {0: UNSURE, 1: 0.94}, step=1)
    assert logs["threshold"].item() == pytest.approx(0.95)
    assert logs["accepted"].item() == 0.0
    assert logs["count"].item() == 0


def test_initial_threshold_before_any_round() -> None:
    for method, wanted in ((BoostMIS(), 0.9), (BoostMIS(adaptive=False), 0.95)):
        assert method.init(TASK, torch.device("cpu"))["threshold"].item() == pytest.approx(wanted)


def test_a_query_of_nothing_leaves_the_bar() -> None:
    state = BoostMIS().init(TASK, torch.device("cpu"))
    assert BoostMIS().round_start(state, facts(1, [5], bought=0, query_size=0))["beta_term"] == 0


def test_count_exceeds_the_bar_strictly_and_reads_unlabelled_items_only() -> None:
    memory = torch.tensor([0.95, 0.951, 0.99, 0.0])
    unlabeled = torch.tensor([True, True, False, True])
    assert count_confident(memory, unlabeled, 0.95).item() == 1


def test_of_an_item_that_is_twice_in_a_batch_the_later_value_stays() -> None:
    memory = torch.full((5,), 0.5)
    index = torch.tensor([3, 1, 3, 0, 3])
    values = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.6])
    found = remember(memory, index, values)
    torch.testing.assert_close(found, torch.tensor([0.4, 0.2, 0.5, 0.6, 0.5]))
    torch.testing.assert_close(memory, torch.full((5,), 0.5))


def test_remember_against_a_loop() -> None:
    generator = torch.Generator().manual_seed(0)
    memory = torch.rand(40, generator=generator)
    index = torch.randint(0, 40, (200,), generator=generator)
    values = torch.rand(200, generator=generator)
    wanted = memory.clone()
    for item, value in zip(index.tolist(), values, strict=True):
        wanted[item] = value
    assert torch.equal(remember(memory, index, values), wanted)


def test_options_that_cannot_work() -> None:
    with pytest.raises(UserError, match="at most 1"):
        BoostMIS(alpha=0.97, beta=0.05)
    BoostMIS(alpha=0.95, beta=0.05)
    assert BoostMIS().skip(TASK) is None
    reason = BoostMIS().skip(Task("features", (2,), 2, ("low", "high")))
    assert reason is not None
    assert "pool" in reason

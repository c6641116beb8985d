"""What BoostMIS counts: the three ways against counts and thresholds written out, or found by plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from identity_forward import Identity
from torch import Tensor

from albench.api import Batch, RoundFacts, State, Task
from albench_ssl.boostmis import BoostMIS, threshold

SURE, UNSURE = 0.99, 0.6
BAR = 0.95


def started(method: BoostMIS, pool: int, labeled: list[int], bought: int = 0, state: State | None = None) -> State:
    """A round's start; a warm one where a state is handed in."""
    mask = torch.zeros(pool, dtype=torch.bool)
    mask[labeled] = True
    task = Task("features", (2,), 2, ("low", "high"), pool_size=pool)
    first = 0 if state is None else 10
    facts = RoundFacts(0, 3, 10, len(labeled), pool, bought, 4, first, mask, torch.zeros(2))
    return method.round_start(method.init(task, torch.device("cpu")) if state is None else state, facts)


def batch(index: Tensor, confidence: Tensor) -> Batch:
    """A step in which the weak view gives class 0 that probability."""
    weak = torch.stack([(confidence / (1 - confidence)).log(), torch.zeros_like(confidence)], dim=-1)
    views = {"weak": weak, "strong": torch.zeros_like(weak)}
    return Batch(torch.zeros(1, 2), torch.tensor([0]), views, index, {}, torch.ones(2))


def thresholds(method: BoostMIS, state: State, steps: list[dict[int, float]]) -> tuple[State, list[float], list[float]]:
    """The state, the thresholds and the counts of steps, each of which sees items with their confidence."""
    needed, counts = [], []
    for number, items in enumerate(steps):
        one = batch(torch.tensor(list(items)), torch.tensor(list(items.values())))
        _, state, logs = method.loss(Identity(), one, state, torch.tensor(number))
        needed.append(logs["threshold"].item())
        counts.append(logs["count"].item())
    return state, needed, counts


STEPS = [
    {0: SURE, 1: SURE, 2: SURE},
    {3: SURE, 4: UNSURE, 5: UNSURE},
    {0: SURE, 1: UNSURE, 2: SURE},
    {3: UNSURE, 4: SURE, 5: UNSURE},
    {0: UNSURE, 1: UNSURE, 2: SURE},
    {3: UNSURE, 4: UNSURE, 5: UNSURE},
]
"""Three passes, of two batches each, over six items of a pool of seven, whose last is labelled."""
WRITTEN_OUT = {
    "pool": ([3, 4, 3, 3, 2, 1], [0.9, 0.9, 0.9 * 3 / 4, 0.9, 0.9 * 2 / 3, 0.9 * 1 / 2]),
    "batch": ([3, 1, 2, 1, 1, 0], [0.9, 0.9 * 1 / 3, 0.9, 0.9 * 1 / 2, 0.9, 0.0]),
    "epoch": ([0, 4, 4, 3, 3, 1], [0.9, 0.9, 0.9, 0.9 * 3 / 4, 0.9 * 3 / 4, 0.9 * 1 / 3]),
}


@pytest.mark.parametrize("count", WRITTEN_OUT)
def test_three_passes_written_out(count: str) -> None:
    method = BoostMIS(count=count)  # type: ignore[arg-type]  # the literals
    state, needed, counts = thresholds(method, started(method, 7, [6]), STEPS)
    assert counts == WRITTEN_OUT[count][0]
    assert needed == pytest.approx(WRITTEN_OUT[count][1])
    # what annotation chooses from goes by the last threshold
    probs = torch.tensor([[0.69, 0.31], [0.29, 0.71], [0.96, 0.04]])
    assert method.rejected(probs, state).tolist() == [p < needed[-1] for p in (0.69, 0.71, 0.96)]


@pytest.mark.parametrize(("count", "first"), [("pool", 0.9 / 2), ("batch", 0.9), ("epoch", 0.9)])
def test_a_query_alone_lowers_no_threshold(count: str, first: float) -> None:
    """After a warm query that bought item 2, one of two confident ones, another item is seen to have lost its own."""
    method = BoostMIS(count=count)  # type: ignore[arg-type]  # the literals
    state, _, _ = thresholds(method, started(method, 7, [6]), [{0: SURE, 1: SURE, 2: SURE}, {3: UNSURE}])
    state = started(method, 7, [6, 2], bought=4, state=state)
    assert state["threshold"].item() == pytest.approx(0.95)
    state, needed, counts = thresholds(method, state, [{0: UNSURE, 3: UNSURE}, {1: SURE, 4: UNSURE}, {5: UNSURE}])
    assert needed[0] == pytest.approx(first + 0.05)
    # five unlabelled items were drawn: the pass ends, with one confident item where two were before the query
    assert counts[-1] == (0 if count == "batch" else 1)
    if count == "epoch":
        assert needed == pytest.approx([0.95, 0.95, 0.9 / 2 + 0.05])


def test_a_pass_may_end_within_a_batch() -> None:
    """Five items in batches of two: passes end in steps 3, 5, 8 and 10, as 6, 10, 16 and 20 items were drawn."""
    method = BoostMIS(count="epoch")
    order = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4] * 2
    state, ended = started(method, 5, []), []
    for step in range(10):
        sure = SURE if step < 5 else UNSURE
        before = state["count"].item()
        state, _, _ = thresholds(method, state, [dict.fromkeys(order[2 * step : 2 * step + 2], sure)])
        ended.append((state["count"].item(), before))
    assert [now for now, _ in ended] == [0, 0, 5, 5, 5, 5, 5, 0, 0, 0]
    assert state["drawn"].item() == 0


def test_all_that_is_left_in_each_batch_ends_a_pass_each_step() -> None:
    method = BoostMIS(count="epoch")
    _, needed, counts = thresholds(
        method, started(method, 4, [2, 3]), [{0: SURE, 1: SURE}, {0: SURE, 1: UNSURE}, {0: UNSURE, 1: UNSURE}]
    )
    assert counts == [2, 1, 0]
    assert needed == pytest.approx([0.9, 0.45, 0.0])


def test_with_nothing_unlabelled_labelled_items_stand_in_and_do_not_count() -> None:
    for count in WRITTEN_OUT:
        method = BoostMIS(count=count)  # type: ignore[arg-type]  # the literals
        _, needed, counts = thresholds(method, started(method, 2, [0, 1]), [{0: SURE, 1: SURE}, {0: UNSURE}])
        assert counts == [0, 0]
        assert needed == pytest.approx([0.9, 0.9])


def _by_loops(count: str, pool: int, steps: list[tuple[Tensor, Tensor]]) -> list[float]:
    """The thresholds, item by item in plain Python."""
    latest: dict[int, float] = {}
    was, now, drawn, found = 0, 0, 0, []
    for index, confidence in steps:
        latest |= dict(zip(index.tolist(), confidence.tolist(), strict=True))
        drawn += len(index)
        if count == "batch":
            was, now = now, sum(value > BAR for value in confidence.tolist())
        elif count == "pool" or drawn >= pool:
            was, now = now, sum(value > BAR for value in latest.values())
            drawn %= pool
        found.append(0.9 * (min(1.0, now / was) if was else 1.0))
    return found


@pytest.mark.parametrize("count", WRITTEN_OUT)
def test_lanes_and_random_draws_against_plain_loops(count: str) -> None:
    """Three seeds under ``vmap``, each as its own loop over items says."""
    lanes, pool, size, n_steps = 3, 23, 6, 40
    generator = torch.Generator().manual_seed(1)
    method = BoostMIS(count=count)  # type: ignore[arg-type]  # the literals
    one = started(method, pool, [])
    state = {name: torch.stack([value] * lanes) for name, value in one.items()}
    draws = torch.stack(
        [torch.cat([torch.randperm(pool, generator=generator) for _ in range(11)]) for _ in range(lanes)]
    )
    confidence = 0.9 + 0.1 * torch.rand(n_steps, lanes, size, generator=generator)

    def step(state: State, index: Tensor, sure: Tensor, number: Tensor) -> tuple[State, Tensor]:
        _, state, logs = method.loss(Identity(), batch(index, sure), state, number)
        return state, logs["threshold"]

    seen: list[list[tuple[Tensor, Tensor]]] = [[] for _ in range(lanes)]
    needed = []
    for number in range(n_steps):
        index = draws[:, number * size : (number + 1) * size]
        state, found = torch.func.vmap(step, in_dims=(0, 0, 0, None))(
            state, index, confidence[number], torch.tensor(number)
        )
        needed.append(found)
        for lane in range(lanes):
            seen[lane].append((index[lane], confidence[number, lane]))
    for lane in range(lanes):
        wanted = _by_loops(count, pool, seen[lane])
        assert torch.stack(needed)[:, lane].tolist() == pytest.approx(wanted, abs=1e-6)
    assert torch.stack(needed).min() < 0.9


def test_the_pools_threshold_cannot_fall_below_its_bound_and_reaches_it() -> None:
    """``eps_t >= alpha (1 - U / Count_{t-1}) + beta N_A / (2K)``, with equality where a batch loses all of its own."""
    method = BoostMIS()
    pool, size = 50, 5
    sure = [dict.fromkeys(range(start, start + size), SURE) for start in range(0, pool, size)]
    lost = [dict.fromkeys(range(start, start + size), UNSURE) for start in range(0, pool, size)]
    _, needed, counts = thresholds(method, started(method, pool, [], bought=4), sure + lost)
    for before, now in zip(counts[9:-1], needed[10:], strict=True):
        assert now == pytest.approx(0.9 * (1 - size / before) + 0.05)


def test_a_lower_bound_for_any_training() -> None:
    generator = torch.Generator().manual_seed(0)
    method = BoostMIS()
    state, size = started(method, 60, [], bought=2), 7
    before = 0.0
    for number in range(200):
        index = torch.randint(0, 60, (size,), generator=generator)
        values = torch.where(torch.rand(size, generator=generator) < 0.7, SURE, UNSURE)
        _, state, logs = method.loss(Identity(), batch(index, values), state, torch.tensor(number))
        if before:
            assert logs["threshold"] >= 0.9 * (1 - size / before) + 0.05 * 2 / 4 - 1e-6
        before = logs["count"].item()


@pytest.mark.parametrize(("share", "below"), [(0.9, 0.016), (0.1, 0.12)])
def test_what_chance_alone_does_to_the_batchs_threshold(share: float, below: float) -> None:
    """Counts of 128 items each, drawn with one share of confident ones: the mean fall that docs/boostmis.md tells."""
    drawn = np.random.default_rng(0).binomial(128, share, (2, 200_000))
    count, previous = torch.from_numpy(drawn).unbind()
    needed = threshold(count, previous, torch.zeros(200_000), torch.tensor(0), alpha=1.0)
    assert 1 - needed.mean().item() == pytest.approx(below, rel=0.05)
    if share == 0.9:
        assert below == pytest.approx(((1 - share) / (np.pi * share * 128)) ** 0.5, rel=0.05)

"""How far albench's comparisons can be trusted: python benchmarks/calibration.py [--part NAME] [--quick]

1. False marks: pages on which nothing differs, or one row alone does, and all that they colour, star, count or word as
   a finding (``calibration_pages.py``).
2. False claims of each test, by itself.
3. Power: a difference of one standard deviation of the paired differences, against the noncentral t; and of 0.02 of
   macro F1, by how the weights are chosen (``calibration_power.py``).
4. Coverage: how often intervals hold the true value, over seeds and over test items.
5. Seeds added until it is sure: false claims at any look, and how many seeds it takes (``calibration_looks.py``).

Curves have the spread of real ones (``simulated.py``).

Ends with exit code 1 where a rate is out of its bound by more than chance (binomial, p < 0.0001).
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_looks import claims_at_looks, looks_table, seeds_taken
from calibration_pages import DESIGN, PAGES, pages
from calibration_power import power_table
from scipy import stats
from simulated import LABELS, MEASURED, NOISE, trials

from albench.compare.item_metrics import Resamples
from albench.compare.labels import savings
from albench.compare.over_items import LEAST_APART, resamples_of
from albench.compare.pairs import choose_test, p_values, power
from albench.compare.resample import LEAST_SEEDS, around, improvement, interquartile_mean, limits, stratified_iqm
from albench.compare.statistics import ALPHA, area, holm, interval
from albench.item_predictions import Labelled, Predictions

SEEDS = (3, 5, 8, 10, 20)
FAMILY = 5
"""Differences that are tested together."""
BY_TEST = {"t": 40, "permutation": 10, "wilcoxon": 5}
"""Test -> families of differences that it is tried on, for each run."""
CHANCE = 1e-4
"""A rate is out of its bound where chance puts it there less often than this."""
PARTS = ("pages", "tests", "power", "coverage", "items", "looks")
LEAST_COVERAGE = 0.85
"""Of the bootstrap, from 5 seeds on."""


def rates(found: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """Share of pages with a false mark, of each kind; and where nothing differs, by each part of the design.

    On a page where one row is better the first family and what comes after it may each be wrong once in twenty; where
    rows differ by round-off, never.
    """
    kinds = found.columns.drop(list(DESIGN))
    found[kinds] = found[kinds].astype("boolean").fillna(False).astype(bool)
    nothing = found[found["page"] == PAGES[0]]
    most_of = {name: 2 * ALPHA for name in PAGES if "one is better" in name} | {"round-off": 0.0}
    parts = [(name, found[found["page"] == name], most_of.get(name, ALPHA)) for name in PAGES]
    parts += [(f"{by}: {value}", part, ALPHA) for by in DESIGN[1:] for value, part in nothing.groupby(by, sort=False)]
    rows = []
    for name, part, most in parts:
        check(f"pages with a false mark, {name}", part["any mark"].sum(), len(part), problems, most=most)
        rows.append({"pages": name, "n": len(part)} | {kind: percent(part[kind].mean()) for kind in sorted(kinds)})
    return pd.DataFrame(rows)


def check(what: str, found: float, n: int, problems: list[str], least: float = 0.0, most: float = 1.0) -> None:
    """Note a rate that chance does not put out of its bounds."""
    low, high = stats.binom.cdf(found, n, least), stats.binom.sf(found - 1, n, most)
    if (least > 0 and low < CHANCE) or (most < 1 and high < CHANCE):
        problems.append(f"{what}: {found / n:.3f} of {n}, to be {least:.3f} to {most:.3f}")


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def claims_by_test(runs: int, seed: int, problems: list[str]) -> pd.DataFrame:
    """Share of families of five differences with a false claim, whichever test is chosen, by seeds and noise."""
    # Above 14 pairs ``auto`` takes no permutation of signs, which is slow there.
    jobs = [(name, n, runs * BY_TEST[name], seed) for n in SEEDS for name in BY_TEST if n < 15 or name != "permutation"]
    rows = []
    with ProcessPoolExecutor() as pool:
        for (name, n, count, _), found in zip(jobs, pool.map(families, jobs), strict=True):
            rows.append({"seeds": n, "test": name, "n": count, **{k: percent(v / count) for k, v in found.items()}})
            for noise in NOISE:
                check(f"false claims, {name}, {n} seeds, {noise}", found[noise], count, problems, most=ALPHA)
    return pd.DataFrame(rows)


def families(job: tuple[str, int, int, int]) -> dict[str, int]:
    """Noise -> how many families of differences have a false claim: test, seeds, number of families.

    ``unequal`` is no comparison of random with random: skewed scores against a baseline that never varies but has the
    same mean, so that differences are as skewed. It shows what tests of a mean cannot see.
    """
    test, n, count, seed = job
    rng = np.random.default_rng([seed, n])
    told = {}
    for noise in (*NOISE, "unequal"):
        scores = NOISE.get(noise, NOISE["skewed"])(rng.standard_normal((count, FAMILY + 1, n)))
        base = scores[:, :1] * (noise != "unequal")
        told[noise] = sum(int(claimed(s[1:], b, test).any()) for s, b in zip(scores, base, strict=True))
    return told


def claimed(scores: np.ndarray, against: np.ndarray, test: str) -> np.ndarray:
    """(K,) which of K strategies' scores (K, S) are told from the baseline's (1, S)."""
    p, _ = p_values(scores, np.broadcast_to(against, scores.shape), test, len(scores))
    return holm(p) < ALPHA


def powers(runs: int, rng: np.random.Generator, problems: list[str]) -> pd.DataFrame:
    """Share of planted differences of one standard deviation that are found, alone or beside four that are none."""
    rows = []
    for n_tests in (1, FAMILY):
        for n in SEEDS[1:]:
            gaps = rng.standard_normal((runs, n_tests, n))
            gaps[:, 0] += 1
            row: dict[str, object] = {"tests": n_tests, "seeds": n}
            for name in (*BY_TEST, "auto"):
                if name == "permutation" and n > 14:
                    row |= {name: "-", f"{name}, theory": "-"}
                    continue
                found = sum(claimed(part, np.zeros((1, n)), name)[0] for part in gaps)
                theory = expected_power(name, n, n_tests)
                row |= {name: percent(found / runs), f"{name}, theory": percent(theory)}
                # Holm's first step is the least that is found beside others; efficiencies of rank tests are asymptotic.
                least = theory if name == "t" else max(theory - 0.03, 0)
                most = theory if name == "t" and n_tests == 1 else 1.0
                check(f"power, {name}, {n} seeds, {n_tests} tests", found, runs, problems, least, most)
            rows.append(row)
    return pd.DataFrame(rows)


def expected_power(test: str, n: int, n_tests: int) -> float:
    """Power for one standard deviation at Holm's first step, by the noncentral t.

    A test of signs or ranks has few p-values: the largest that is low enough is its level. Wilcoxon's test is as good
    as the t-test with 3 / pi of the pairs, the permutation with all. Where all signs have to be alike, power is exact.
    """
    level = ALPHA / n_tests
    chosen = choose_test(n, n_tests) if test == "auto" else test
    if chosen == "t":
        return power(1.0, n, level)
    patterns = np.ones(1)  # of signs: for the permutation all that are told apart, for ranks by their sum
    for rank in range(1, n + 1):
        patterns = np.convolve(patterns, np.r_[1, np.zeros(rank - 1), 1]) if chosen == "wilcoxon" else np.ones(2**rank)
    p = 2 * np.cumsum(patterns) / 2**n
    level = p[p < level].max(initial=0.0)
    if level <= 2 / 2**n:
        return float(stats.norm.cdf(1) ** n + stats.norm.cdf(-1) ** n) if level else 0.0
    return power(1.0, n if chosen == "permutation" else n * 3 / np.pi, level)  # type: ignore[arg-type]


def coverages(runs: int, rng: np.random.Generator, problems: list[str]) -> pd.DataFrame:
    """Share of 95 % intervals that hold the true value, by seeds and noise.

    The truth of an interquartile mean is its own mean over many draws: how much is trimmed depends on the number.
    """
    mean, _, own = np.array(list(MEASURED.values())).swapaxes(0, 1)
    level, spread = area(mean, LABELS)[:, None], own.mean(axis=1)[:, None] / 2
    rows = []
    for noise, shape in NOISE.items():
        for n in SEEDS:
            z = shape(rng.standard_normal((runs, len(level), n)))
            many = shape(rng.standard_normal((20_000, len(level), n)))
            iqm = interquartile_mean(many[:, 0]).mean()
            across = interquartile_mean((level + spread * many).reshape(len(many), -1)).mean()
            m, half, _ = interval(z[:, 0])
            held = {"mean, t": int((np.abs(m) <= half).sum()), "IQM, if shown": _iqm_if_shown(z[:, 0], iqm)}
            if n >= LEAST_SEEDS:
                held["IQM of 3 data sets"] = sum(inside(stratified_iqm(list(level + spread * x)), across) for x in z)
            if noise == "normal":
                held |= coverage_of_comparisons(z, rng) if n >= LEAST_SEEDS else {}
                for name, k in held.items():
                    least = 0.95 if name == "mean, t" else LEAST_COVERAGE * (n >= LEAST_SEEDS)
                    check(f"coverage of {name}, {n} seeds", k, runs, problems, least=least)
            rows.append({"noise": noise, "seeds": n, **{name: percent(k / runs) for name, k in held.items()}})
    return pd.DataFrame(rows).fillna("-")


def _iqm_if_shown(z: np.ndarray, truth: float) -> int:
    """How many bootstrap intervals of an IQM hold the truth, for any number of seeds; z (B, S)."""
    picks = np.random.default_rng(0).integers(z.shape[1], size=(2000, z.shape[1]))
    low, high = np.array([limits(interquartile_mean(x[picks]), z.shape[1]) for x in z]).T
    return int(((low <= truth) & (truth <= high)).sum())


def coverage_of_comparisons(z: np.ndarray, rng: np.random.Generator) -> dict[str, int]:
    """How many intervals of the probability of improvement, and of labels saved, hold the truth; scores z (B, D, S)."""
    held = {}
    for d in (0.0, 1.0, 2.0):
        truth = float(stats.norm.cdf(d / np.sqrt(2)))
        both = zip(z + d, rng.standard_normal(z.shape), strict=True)
        held[f"improvement {truth:.2f}"] = sum(inside(improvement(list(x), list(y)), truth) for x, y in both)
    lift = np.array([0.0, 0.03])[:, None] * (np.arange(len(LABELS)) > 0)
    goal, row = np.zeros(2, dtype=np.int64), 1
    mean = np.array(MEASURED["mescc-sim[grading=six]"][0])
    truth = savings((mean + lift)[:, None], LABELS, goal, None, 1.0).saved[row]
    held["labels saved"] = 0
    for _ in z:
        found = savings(trials(rng, "normal", 2, 2, z.shape[2])[1] + lift[:, None], LABELS, goal, None, 1.0)
        held["labels saved"] += int(found.saved_low[row] <= truth <= found.saved_high[row])
    return held


def item_coverages(runs: int, rng: np.random.Generator, problems: list[str]) -> pd.DataFrame:
    """Share of intervals over test items that hold what a model has on all items of the kind.

    Three classes, 70, 20 and 10 %, of which a model has 90, 75 and 60 % right; a second one differs on a few items.
    With patients, four items each are of one class and right or wrong together.
    """
    shares, right = np.array([0.7, 0.2, 0.1]), np.array([[0.9, 0.75, 0.6], [0.92, 0.8, 0.7]])
    many = drawn_split(rng, 400_000, 1, shares, right)
    rows = []
    for n, size in ((60, 1), (60, 4), (200, 1), (200, 4), (1000, 1), (1000, 4)):
        held: dict[str, int] = dict.fromkeys(("accuracy", "macro F1", "difference of macro F1"), 0)
        shown = dict.fromkeys(held, runs)
        truth = {name: float(values[0]) for name, values in item_values(many, drawn=False).items()}
        for _ in range(runs):
            split = drawn_split(rng, n, size, shares, right)
            points, drawn = item_values(split, drawn=False), item_values(split, drawn=True)
            for name, values in drawn.items():
                if too_alike(split, name):
                    shown[name] -= 1
                    continue
                low, high = around(points[name][0], values, values, n // size)
                held[name] += int(low <= truth[name] <= high)
        for name, k in held.items():
            check(f"coverage of {name}, {n} items of {n // size}", k, shown[name], problems, least=LEAST_COVERAGE)
        share = {f"{name}, shown": percent(shown[name] / runs) for name in held}
        rate = {name: percent(k / max(shown[name], 1)) for name, k in held.items()}
        rows.append({"items": n, "groups": n // size, **rate, **share})
    return pd.DataFrame(rows)


Split = tuple[Labelled, list[Predictions]]


def drawn_split(rng: np.random.Generator, n: int, size: int, shares: np.ndarray, right: np.ndarray) -> Split:
    """A split of n items in groups, and what two models say of it; the same luck decides for both."""
    groups = np.repeat(np.arange(n // size), size)
    y = rng.choice(len(shares), n // size, p=shares)[groups]
    luck, wrong = rng.random(n // size)[groups], (y + rng.integers(1, len(shares), n // size)[groups]) % len(shares)
    models = [Predictions(np.where(luck < share[y], y, wrong), None) for share in right]
    return Labelled(y, groups, True, tuple("abc")), models


def too_alike(split: Split, name: str) -> bool:
    """Whether a measure has no interval, as too few groups tell its models, or model and labels, apart."""
    labelled, models = split
    other = models[1].predicted if name.startswith("difference") else labelled.y
    return len(np.unique(labelled.groups[models[0].predicted != other])) < LEAST_APART


def item_values(split: Split, *, drawn: bool) -> dict[str, np.ndarray]:
    """Measure -> values of resamples as comparisons draw them, or of the split itself."""
    labelled, models = split
    whole = [Resamples(labelled, np.ones((1, len(labelled.y)), dtype=np.float32))]
    blocks = [resamples for _, resamples in resamples_of(labelled)] if drawn else whole

    def of(name: str, model: Predictions) -> np.ndarray:
        return np.concatenate([resamples.metric(name, model) for resamples in blocks])

    first, second = (of("macro_f1", model) for model in models)
    return {"accuracy": of("accuracy", models[0]), "macro F1": first, "difference of macro F1": second - first}


def looks_claims(runs: int, seed: int, problems: list[str]) -> pd.DataFrame:
    """Share of runs with a false claim, whichever look it is at; and what tests without correction would claim."""
    found = claims_at_looks(runs, seed)
    for what in ("told apart", "below", "first"):
        for (kind, noise), part in found.groupby(["rows", "noise"], sort=False):
            check(f"{what} at any look, {noise}, {kind} rows", part[what].sum(), len(part), problems, most=ALPHA)
    return looks_table(found)


def inside(found: tuple[float, float, float], truth: float) -> bool:
    return found[1] <= truth <= found[2]


def table(frame: pd.DataFrame) -> str:
    """The frame in Markdown."""
    lines = [list(frame.columns), ["---"] * len(frame.columns), *frame.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def drawn(seed: int, part: int) -> np.random.Generator:
    """Of each part its own: what is drawn does not depend on which parts are run."""
    return np.random.default_rng([seed, part])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="pages of each design; the rest in proportion")
    parser.add_argument("--workers", type=int, help="processes; all processors where not given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    parser.add_argument("--part", choices=PARTS, action="append", help="this alone, with the same draws; repeatable")
    parser.add_argument("--output", metavar="FILE", help="write the tables there too")
    arguments = parser.parse_args()
    runs = max(arguments.runs // 10, 1) if arguments.quick else arguments.runs
    seed, problems, texts = arguments.seed, list[str](), list[str]()
    tables = {
        ("pages", "Pages with a false mark"): lambda: rates(pages(runs, seed, arguments.workers), problems),
        ("tests", "False claims of each test, five differences together"): lambda: claims_by_test(
            3 * runs, seed, problems
        ),
        ("power", "Power for one standard deviation"): lambda: powers(150 * runs, drawn(seed, 1), problems),
        ("power", "Power for 0.02 of macro F1, by validation"): lambda: power_table(20 * runs, seed),
        ("coverage", "Coverage of 95 % intervals"): lambda: coverages(50 * runs, drawn(seed, 2), problems),
        ("items", "Coverage of 95 % intervals over test items"): lambda: item_coverages(
            50 * runs, drawn(seed, 3), problems
        ),
        ("looks", "Seeds added until it is sure, false claims"): lambda: looks_claims(10 * runs, seed, problems),
        ("looks", "Seeds added until it is sure, seeds taken"): lambda: looks_table(seeds_taken(5 * runs, seed)),
    }
    for (part, title), make in tables.items():
        if part not in (arguments.part or PARTS):
            continue
        started = time.perf_counter()
        texts.append(f"## {title}\n\n{table(make())}\n")
        print(texts[-1], f"{time.perf_counter() - started:.0f} s\n", sep="\n", flush=True)
    print(*(problems or ["every rate is within its bound"]), sep="\n")
    if arguments.output:
        Path(arguments.output).write_text("\n".join(texts), encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

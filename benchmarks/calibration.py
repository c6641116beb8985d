"""How far albench's comparisons can be trusted: python benchmarks/calibration.py [--quick] [--output FILE]

1. False claims: comparisons in which every strategy is ``random`` on a stream of its own, so that every ``*`` is false.
2. Power: a difference of one standard deviation of the paired differences, against the noncentral t.
3. Coverage: how often 95 % intervals hold the true value.

Curves are simulated with the spread of real ones. ``random``, and ``random`` on another stream, 10 seeds each, on three
data sets, test macro-F1:

    for data in digits "mescc-sim[grading=six]" "mescc-sim[grading=two]"; do
        albench run -d "$data" -m supervised -s random -s "subsample[of=random,size=500]" --seeds 10 --name spread
    done

gave ``MEASURED``. Round 0 is one training for all strategies of a seed. How much of the later spread they share depends
on the data set: the AUBC of two trials of a seed correlates by 0.68, 0.12 and 0.50. What they do not share has an
excess kurtosis of -0.7, -0.5 and -0.4; ``NOISE`` gives it other shapes of the same mean and variance, through a
Gaussian copula over rounds.

Ends with exit code 1 where a rate is out of its bound by more than chance (binomial, p < 0.0001).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from albench.compare import Comparison, compare
from albench.compare.labels import savings
from albench.compare.pairs import choose_test, p_values, power
from albench.compare.resample import improvement, interquartile_mean, stratified_iqm
from albench.compare.statistics import ALPHA, area, holm, interval

LABELS = np.arange(100, 700, 100)
MEASURED = {
    "digits": [
        [0.9255, 0.9376, 0.9484, 0.9556, 0.9574, 0.9573],
        [0.0151, 0.0118, 0.0027, 0.0056, 0.0064, 0.0057],
        [0.0, 0.0098, 0.0102, 0.0094, 0.0061, 0.007],
    ],
    "mescc-sim[grading=six]": [
        [0.4309, 0.5226, 0.5763, 0.6267, 0.648, 0.6643],
        [0.0452, 0.0153, 0.0029, 0.0177, 0.0, 0.0064],
        [0.0, 0.0446, 0.0339, 0.0282, 0.0393, 0.0377],
    ],
    "mescc-sim[grading=two]": [
        [0.7979, 0.8772, 0.9035, 0.9168, 0.9238, 0.9253],
        [0.0664, 0.0177, 0.0109, 0.0082, 0.0, 0.0],
        [0.0, 0.0345, 0.0221, 0.0148, 0.019, 0.0153],
    ],
}
"""Data set -> at 100 to 600 labels: mean macro-F1; deviation of what trials of a seed share; deviation of the rest."""
LAG = (0.6, 0.4)
"""Correlation of neighbouring rounds: of what is shared, of the rest."""
NOISE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "normal": lambda z: z,
    "t with 3 df": lambda z: stats.t.ppf(stats.norm.cdf(z), 3) / np.sqrt(3),
    "skewed": lambda z: stats.expon.ppf(stats.norm.cdf(z)) - 1,
    "bounded": lambda z: (stats.norm.cdf(z) - 0.5) * np.sqrt(12),
    "coarse": lambda z: np.round(z) / np.sqrt(1 + 1 / 12),
}
"""Shape -> standard normal numbers to numbers of that shape, mean 0 and variance 1 (coarse: whole steps, many ties)."""
SEEDS = (3, 5, 8, 10, 20)
STRATEGIES = (2, 5, 10)
DATASETS = (1, 3)
DESIGN = ("noise", "data sets", "strategies", "seeds")
CLAIMS = ("better", "worse")
FAMILY = 5
"""Differences that are tested together."""
BY_TEST = {"t": 40, "permutation": 10, "wilcoxon": 5}
"""Test -> families of differences that it is tried on, for each run."""
CHANCE = 1e-4
"""A rate is out of its bound where chance puts it there less often than this."""
LEAST_COVERAGE = 0.85
"""Of the bootstrap, from 5 seeds on."""


def trials(rng: np.random.Generator, noise: str, n_datasets: int, n_rows: int, n_seeds: int) -> np.ndarray:
    """(D, R, S, L) curves of strategies that are all the same."""
    mean, shared, own = np.array(list(MEASURED.values()))[:n_datasets, :, None, None].swapaxes(0, 1)
    of_seed = steps(rng.standard_normal((n_datasets, 1, n_seeds, len(LABELS))), LAG[0])
    of_trial = NOISE[noise](steps(rng.standard_normal((n_datasets, n_rows, n_seeds, len(LABELS))), LAG[1]))
    return mean + shared * of_seed + own * of_trial


def steps(z: np.ndarray, lag: float) -> np.ndarray:
    """Independent standard normal numbers -> an autoregression along the last axis."""
    for at in range(1, z.shape[-1]):
        z[..., at] = lag * z[..., at - 1] + np.sqrt(1 - lag**2) * z[..., at]
    return z


def as_frame(curves: np.ndarray) -> pd.DataFrame:
    """(D, R, S, L) -> what ``albench.compare.compare`` takes; the first row is ``random``."""
    n_datasets, n_rows, n_seeds, n_rounds = curves.shape
    parts = [list(MEASURED)[:n_datasets], ["random", *(f"s{at}" for at in range(1, n_rows))], range(n_seeds)]
    index = pd.MultiIndex.from_product([*parts, range(n_rounds)], names=["dataset", "strategy", "seed", "round"])
    frame = index.to_frame(index=False)
    frame["test.macro_f1"] = curves.ravel()
    frame["n_labeled"] = LABELS[frame["round"]]
    frame["key"] = frame["dataset"] + frame["strategy"] + frame["seed"].astype(str)
    facts = {"suite": "s", "stand_in": "", "method": "m", "backbone": "b", "protocol": "p", "device": "cpu"}
    return frame.assign(**facts, pool_size=1000)


def claims(found: Comparison) -> dict[str, bool]:
    """What a comparison claims, by kind."""
    rows = found.rows
    labels = found.groups[0].n_labeled
    across = found.overall.rows if found.overall else ()
    told = {
        "difference": any(row.difference and row.difference.verdict in CLAIMS for row in rows),
        "best AUBC": any(row.aubc.clear for row in rows),
        "best at a label count": any(row.cells[count].clear for row in rows for count in labels),
    }
    told["any in the tables"] = any(told.values())
    if found.overall:
        told["over data sets"] = any(row.difference and row.difference.verdict in CLAIMS for row in across)
    return told


def simulate(job: tuple[str, int, int, int, int, int]) -> list[dict[str, bool]]:
    """The claims of some comparisons of one design: noise, data sets, strategies beside the baseline, seeds."""
    noise, n_datasets, n_strategies, n_seeds, runs, seed = job
    rng = np.random.default_rng([seed, *map(ord, noise), n_datasets, n_strategies, n_seeds])
    return [claims(compare(as_frame(trials(rng, noise, n_datasets, n_strategies + 1, n_seeds)))) for _ in range(runs)]


def false_claims(runs: dict[int, int], seed: int) -> pd.DataFrame:
    """One row a comparison: its design and its claims. ``runs``: of each design, by number of data sets."""
    jobs = [(noise, d, k, s, runs[d], seed) for noise in NOISE for d in DATASETS for k in STRATEGIES for s in SEEDS]
    rows = []
    with ProcessPoolExecutor() as pool:
        for job, found in zip(jobs, pool.map(simulate, jobs), strict=True):
            rows += [dict(zip(DESIGN, job, strict=False)) | one for one in found]
    return pd.DataFrame(rows)


def rates(found: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """Share of comparisons with a false claim, in all and by each part of the design."""
    parts = [("all", found)]
    for by in DESIGN:
        parts += [(f"{by}: {value}", part) for value, part in found.groupby(by, sort=False)]
    rows = []
    for name, part in parts:
        row: dict[str, object] = {"comparisons": name, "n": len(part)}
        for kind in found.columns.drop(list(DESIGN)):
            told = part[kind].dropna().astype(bool)
            row[kind] = percent(told.mean()) if len(told) else "-"
            if kind != "any in the tables" and len(told):
                check(f"false claims, {kind}, {name}", told.sum(), len(told), problems, most=ALPHA)
        rows.append(row)
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
            held = {
                "mean, t": int((np.abs(m) <= half).sum()),
                "IQM": sum(inside(stratified_iqm([x[0]]), iqm) for x in z),
                "IQM of 3 data sets": sum(inside(stratified_iqm(list(level + spread * x)), across) for x in z),
            }
            if noise == "normal":
                held |= coverage_of_comparisons(z, rng)
                for name, k in held.items():
                    least = 0.95 if name == "mean, t" else LEAST_COVERAGE * (n >= 5)
                    check(f"coverage of {name}, {n} seeds", k, runs, problems, least=least)
            rows.append({"noise": noise, "seeds": n, **{name: percent(k / runs) for name, k in held.items()}})
    return pd.DataFrame(rows).fillna("-")


def coverage_of_comparisons(z: np.ndarray, rng: np.random.Generator) -> dict[str, int]:
    """How many intervals of the probability of improvement, and of labels saved, hold the truth; scores z (B, D, S)."""
    held = {}
    for d in (0.0, 1.0):
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


def inside(found: tuple[float, float, float], truth: float) -> bool:
    return found[1] <= truth <= found[2]


def table(frame: pd.DataFrame) -> str:
    """The frame in Markdown."""
    lines = [list(frame.columns), ["---"] * len(frame.columns), *frame.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=60, help="comparisons of each design; the rest in proportion")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    parser.add_argument("--output", metavar="FILE", help="write the tables there too")
    arguments = parser.parse_args()
    runs = max(arguments.runs // 10, 1) if arguments.quick else arguments.runs
    rng = np.random.default_rng(arguments.seed)
    problems: list[str] = []
    texts = []
    for title, make in {
        "False claims: comparisons of random with random": lambda: rates(
            false_claims({1: runs, 3: -(-runs * 2 // 5)}, arguments.seed), problems
        ),
        "False claims of each test, five differences together": lambda: claims_by_test(runs, arguments.seed, problems),
        "Power for one standard deviation": lambda: powers(50 * runs, rng, problems),
        "Coverage of 95 % intervals": lambda: coverages(20 * runs, rng, problems),
    }.items():
        started = time.perf_counter()
        texts.append(f"## {title}\n\n{table(make())}\n")
        print(texts[-1], f"{time.perf_counter() - started:.0f} s\n", sep="\n", flush=True)
    print(*(problems or ["every rate is within its bound"]), sep="\n")
    if arguments.output:
        Path(arguments.output).write_text("\n".join(texts), encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

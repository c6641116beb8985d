"""How far the stand-in's features look like those of real images: python benchmarks/stand_in.py [--write | FILE.npz]

Prints the tables of docs/stand-in.md and fails where that page has others, or where ``mescc-sim`` leaves the range of
the real sets (``--write`` renews the page). The columns of real sets are constants, measured with the functions below;
with an ``.npz`` of ``features`` (N, D) and ``labels`` (N,) the column of another set is printed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from albench import seeds
from albench.augment import augmenter
from albench.components.defaults import default
from albench.components.registry import Registry, registry
from albench.data.items import as_input
from albench.data.loading import Data, load_data

PAGE = Path(__file__).parents[1] / "docs" / "stand-in.md"
ITEMS, CLUSTERS, NEIGHBORS = 2000, 12, 10
CONFIDENT, LABELS, STEPS, BATCH, LR, SEEDS = 0.95, 300, 200, 64, 0.03, 3
DIGITS, SIX, TWO = "digits", "mescc-sim[grading=six]", "mescc-sim[grading=two]"
SPECTRUM = (
    "variance in the first component",
    "in the first 10",
    "in the first 50",
    "components for 90 % of the variance",
    "slope of log variance over log rank",
    "participation ratio",
    "share of zeros",
)
OVERLAP = ("k-means beyond the largest class", "neighbours' labels beyond chance")
Column = Mapping[str, float]
STRENGTH = (0.2, 0.6)
"""Share of confident predictions that a strong view is to change, mean over classes; of several classes, not of two."""
GRADINGS = {"six": "several classes", "two": "two classes"}
DASH = "-"


def column(*values: float | None) -> Column:
    """Measured values of a real set in the order of the table, less those that were not measured."""
    rows = (*SPECTRUM, *(f"{grading}: {row}" for grading in GRADINGS for row in OVERLAP))
    return {row: value for row, value in zip(rows, values, strict=True) if value is not None}


# EfficientNet-Lite0, 1,280 features, 224 pixels (MNIST 112); docs/stand-in.md says of which files. Two classes of the
# X-rays are normal, thinned to 10 or 10.8 %, and pneumonia; of MNIST the first three digits and the others.
REAL: dict[str, Column] = {
    "1,600 X-rays": column(0.154, 0.504, 0.768, 155, -1.17, 22.4, None, 0.509, 0.488, 0.590, 0.722),
    "530 X-rays": column(0.159, 0.515, 0.790, 116, -1.152, 21.174, 0.401, 0.446, 0.454, 0.468, 0.662),
    "1,346 MNIST digits": column(0.201, 0.677, 0.878, 65, -1.386, 11.669, 0.797, 0.662, 0.858, 0.338, 0.779),
}


def spectrum(x: np.ndarray) -> Column:
    """The rows of ``SPECTRUM`` of features (N, D)."""
    share = np.linalg.svd((x - x.mean(axis=0)).astype(np.float32), compute_uv=False).astype(np.float64) ** 2
    share /= share.sum()
    cumulated = np.cumsum(share)
    slope = np.polyfit(np.log(np.arange(2, 101)), np.log(share[1:100]), 1)[0]
    leading = [cumulated[k - 1] for k in (1, 10, 50)]
    rest = (cumulated < 0.9).sum() + 1, slope, 1 / (share**2).sum(), (x == 0).mean()
    return dict(zip(SPECTRUM, map(float, (*leading, *rest)), strict=True))


def grouped(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Clusters (N,) of features (N, D) by k-means, and the nearest items (N, NEIGHBORS)."""
    from sklearn.cluster import KMeans
    from sklearn.neighbors import NearestNeighbors

    clusters = KMeans(CLUSTERS, n_init=3, random_state=0).fit_predict(x)
    return clusters, NearestNeighbors(n_neighbors=NEIGHBORS).fit(x).kneighbors(return_distance=False)


def overlap(groups: tuple[np.ndarray, np.ndarray], y: np.ndarray) -> Column:
    """The rows of ``OVERLAP``: each as a share of what there is to win, so that 0 is chance and 1 perfect.

    Purity of k-means beyond the share of the largest class, and how often the ten nearest items have an item's label
    beyond what class shares alone give.
    """
    clusters, near = groups
    share = np.bincount(y) / len(y)
    pure = sum(np.bincount(y[clusters == cluster]).max() for cluster in range(CLUSTERS)) / len(y)
    agree, chance = (y[near] == y[:, None]).mean(), (share**2).sum()
    values = (pure - share.max()) / (1 - share.max()), (agree - chance) / (1 - chance)
    return dict(zip(OVERLAP, map(float, values), strict=True))


def sampled(name: str, loaded: Registry) -> tuple[np.ndarray, np.ndarray]:
    """``ITEMS`` items of a set's pool and their labels."""
    train = load_data(name, None, loaded).splits.train
    rows = np.random.default_rng(0).permutation(len(train))[:ITEMS]
    return np.asarray(train.x[rows]), train.y[rows]


def strength(name: str, loaded: Registry) -> dict[str, float]:
    """What views do to a quick model of 300 random labels: shares of its predictions for val, mean of three seeds.

    The default backbone learns from weak views for 200 steps. ``strong`` is the share of the confident predictions for
    weak views that the strong view changes, ``strong, each class`` its mean over predicted classes with five such or
    more, ``weak`` the share of the confident predictions for items as they are that the weak view changes.
    """
    data = load_data(name, None, loaded)
    found = [_strength(data, loaded, seed) for seed in range(SEEDS)]
    return {key: float(np.mean([one[key] for one in found])) for key in found[0]}


def _strength(data: Data, loaded: Registry, seed: int) -> dict[str, float]:
    train, val, task = data.splits.train, data.splits.val, data.splits.task
    made = augmenter(data.dataset, task, train.x, torch.device("cpu"), seeds.torch_stream("views", "banks", seed))
    generator = torch.Generator().manual_seed(seed)
    columns = data.dataset.noise_size
    net: nn.Module = loaded.build("backbone", default(loaded, "backbone", task.modality)).build(task, generator)
    rows = torch.randperm(len(train), generator=generator)[:LABELS].numpy()
    x, y = torch.from_numpy(np.array(train.x[rows])), torch.from_numpy(train.y[rows])
    optimizer = torch.optim.SGD(net.parameters(), LR, momentum=0.9, nesterov=True)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = LR * np.cos(7 * np.pi * step / 16 / STEPS)
        batch = torch.randint(len(x), (BATCH,), generator=generator)
        weak = made.weak(as_input(x[batch]), torch.rand(BATCH, columns, generator=generator))
        loss = nn.functional.cross_entropy(net(weak)[0], y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    items = as_input(torch.from_numpy(np.array(val.x)))[torch.randperm(len(val), generator=generator)]
    parts = []
    with torch.no_grad():
        for block in items.split(BATCH):
            noise = torch.rand(2, len(block), columns, generator=generator)
            views = block, made.weak(block, noise[0]), made.strong(block, noise[1])
            parts.append([net(view)[0].softmax(dim=1) for view in views])
    plain, weak, strong = (torch.cat(each).max(dim=1) for each in zip(*parts, strict=True))
    sure, changed = weak.values >= CONFIDENT, weak.indices != strong.indices
    classes = [sure & (weak.indices == each) for each in range(task.n_classes)]
    still = plain.values >= CONFIDENT
    return {
        "confident": float(sure.float().mean()),
        "strong": float(changed[sure].float().mean()),
        "strong, each class": float(np.mean([changed[each].float().mean() for each in classes if each.sum() >= 5])),
        "weak": float((weak.indices != plain.indices)[still].float().mean()),
    }


def geometry(loaded: Registry) -> tuple[list[str], list[str]]:
    """Lines of the table, and what leaves the range of the real sets."""
    lines = [f"| | {' | '.join(REAL)} | stand-in |", f"|---|{'---:|' * (len(REAL) + 1)}"]
    outside: list[str] = []

    def add(row: str, name: str, value: float) -> None:
        known = [each.get(row) for each in REAL.values()]
        shown = [DASH if each is None else number(each) for each in known]
        lines.append(f"| {name} | {' | '.join(shown)} | {number(value)} |")
        held = [each for each in known if each is not None]
        if not min(held) <= value <= max(held):
            outside.append(f"{name}: {number(value)} is outside {number(min(held))} .. {number(max(held))}")

    x, y = sampled(SIX, loaded)
    for row, value in spectrum(x).items():
        add(row, row, value)
    groups = grouped(x)
    for grading, labels in (("six", y), ("two", (y >= 3).astype(np.int64))):
        for row, value in overlap(groups, labels).items():
            add(f"{grading}: {row}", f"{GRADINGS[grading]}: {row}", value)
    return lines, outside


def views(loaded: Registry) -> tuple[list[str], list[str]]:
    """Lines of the table, and what is stronger or weaker than it should be."""
    names = ("confident", "strong", "strong, each class", "weak")
    lines = [
        "| | confident predictions | of them the strong view changes | the same, mean over classes | the weak view |",
        "|---|---:|---:|---:|---:|",
    ]
    outside: list[str] = []
    for name in (DIGITS, SIX, TWO):
        found = strength(name, loaded)
        lines.append(f"| `{name}` | {' | '.join(f'{found[each]:.0%}' for each in names)} |")
        strong = STRENGTH[0] <= found["strong, each class"] <= STRENGTH[1] or name == TWO
        if not strong or found["weak"] > STRENGTH[0] / 4:
            outside.append(f"{name}: views change {found}")
    return lines, outside


def number(value: float) -> str:
    """Three digits behind the point, or a whole number."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.{1 if abs(value) >= 10 else 3}f}"


def main() -> None:
    torch.set_num_threads(1)
    if sys.argv[1:] and sys.argv[1] != "--write":
        with np.load(sys.argv[1], allow_pickle=False) as file:
            x, y = file["features"], file["labels"].astype(np.int64)
        for row, value in (spectrum(x) | overlap(grouped(x), y)).items():
            print(f"{row}: {number(value)}")
        return
    loaded = registry()
    tables = geometry(loaded), views(loaded)
    page, wrong = PAGE.read_text(encoding="utf-8"), [line for _, outside in tables for line in outside]
    for lines, _ in tables:
        text = "\n".join(lines)
        print(f"{text}\n")
        if sys.argv[1:]:
            head = re.escape(lines[0].split("|")[1] + "|" + lines[0].split("|")[2])
            page = re.sub(
                rf"^\|{head}.*?\n(?=\n)", lambda _, new=text: f"{new}\n", page, flags=re.DOTALL | re.MULTILINE
            )
        elif text not in page:
            wrong.append(f"{PAGE.name} has another table: python benchmarks/stand_in.py --write")
    if sys.argv[1:]:
        PAGE.write_text(page, encoding="utf-8")
    sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()

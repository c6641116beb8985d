"""Speed of the augmented views: images against the same operations through Pillow, vectors in milliseconds.

Needs Pillow. Prints both sides of each ratio from one run on one thread; exits with 1 where a goal is missed:

    python benchmarks/perf/augmentation.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps

from albench import seeds
from albench.api import FeatureDataset, ImageDataset, Task
from albench.api.dataset import scaled_shift
from albench.augment import ImageViews, augmenter

REPEATS = 15
LABELED, UNLABELED = 64, 128
FEATURES = 2048
IMAGE_SHAPES = ((3, 32, 32), (1, 28, 28), (1, 64, 64))
N_IMAGES = 112
MAX_FEATURE_MS = 1.0
MAX_CNN_MS = 15.0

FILL = 128


def milliseconds(work: Callable[[], object]) -> float:
    """Median wall time of one call, after two that do not count."""
    times = []
    for turn in range(REPEATS + 2):
        start = time.perf_counter()
        work()
        if turn > 1:
            times.append((time.perf_counter() - start) * 1e3)
    return float(np.median(times))


class PillowViews:
    """The same weak and strong views, one image at a time."""

    def __init__(self, options: ImageDataset, rng: np.random.Generator) -> None:
        self._options = options
        self._rng = rng

    def weak(self, images: list[Image.Image]) -> np.ndarray:
        return np.stack([self._array(self._weak(image)) for image in images])

    def strong(self, images: list[Image.Image]) -> np.ndarray:
        return np.stack([self._array(self._strong(image)) for image in images])

    def _array(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image, np.float32) / 255

    def _padded(self, image: Image.Image) -> tuple[Image.Image, tuple[int, int, int, int]]:
        most = scaled_shift(image.size) if self._options.shift is None else self._options.shift
        if self._options.flip and self._rng.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = np.asarray(image)
        margins = ((most, most), (most, most), (0, 0))[: pixels.ndim]
        padded = Image.fromarray(np.pad(pixels, margins, mode="reflect"))
        left, top = (int(v) for v in self._rng.integers(0, 2 * most + 1, 2))
        return padded, (left, top, left + image.width, top + image.height)

    def _weak(self, image: Image.Image) -> Image.Image:
        padded, box = self._padded(image)
        angle = float(self._rng.uniform(-self._options.rotate, self._options.rotate))
        return padded.rotate(angle, Image.Resampling.BILINEAR).crop(box)

    def _strong(self, image: Image.Image) -> Image.Image:
        padded, box = self._padded(image)
        image = padded.crop(box)
        for _ in range(self._options.n_ops):
            image = self._operation(image, int(self._rng.integers(14)), float(self._rng.random()))
        width, height = image.size
        side = float(self._rng.random()) * self._options.cutout * min(image.size)
        x, y = float(self._rng.random()) * width, float(self._rng.random()) * height
        square = (max(0, int(x - side / 2)), max(0, int(y - side / 2)))
        image.paste((FILL,) * len(image.getbands()), (*square, int(x + side / 2) + 1, int(y + side / 2) + 1))
        return image

    def _operation(self, image: Image.Image, number: int, strength: float) -> Image.Image:
        factor, move = 1 - 0.95 * strength, 0.3 * strength * (1 if self._rng.random() < 0.5 else -1)
        fill = (FILL,) * len(image.getbands())

        def affine(*coefficients: float) -> Image.Image:
            return image.transform(image.size, Image.Transform.AFFINE, coefficients, fillcolor=fill)

        makers: tuple[Callable[[], Image.Image], ...] = (
            image.copy,
            lambda: ImageOps.autocontrast(image),
            lambda: ImageOps.equalize(image),
            lambda: ImageOps.solarize(image, int(256 * (1 - strength))),
            lambda: ImageOps.posterize(image, 8 - int(5 * strength)),
            lambda: ImageEnhance.Contrast(image).enhance(factor),
            lambda: ImageEnhance.Brightness(image).enhance(factor),
            lambda: ImageEnhance.Color(image).enhance(factor),
            lambda: ImageEnhance.Sharpness(image).enhance(factor),
            lambda: image.rotate(100 * move, fillcolor=fill),
            lambda: affine(1, move, 0, 0, 1, 0),
            lambda: affine(1, 0, 0, move, 1, 0),
            lambda: affine(1, 0, move * image.width, 0, 1, 0),
            lambda: affine(1, 0, 0, 0, 1, move * image.height),
        )
        return makers[number]()


def image_row(options: ImageDataset, shape: tuple[int, int, int]) -> bool:
    """Ours against Pillow, weak and strong views of images of one shape; True where ours is not slower."""
    generator = seeds.torch_stream("perf", "augmentation")
    views, pillow = ImageViews(options), PillowViews(options, seeds.numpy_stream("perf", "augmentation"))
    # Smooth images: equalize and autocontrast work on real histograms, not on a flat one.
    coarse = torch.rand(N_IMAGES, shape[0], 6, 6, generator=generator)
    x = (torch.nn.functional.interpolate(coarse, shape[1:], mode="bilinear") * 255).to(torch.uint8)
    noise = torch.rand(N_IMAGES, ImageDataset.noise_size, generator=generator)
    images = [Image.fromarray(item.permute(1, 2, 0).squeeze(2).numpy()) for item in x]
    theirs = milliseconds(lambda: pillow.weak(images)), milliseconds(lambda: pillow.strong(images))
    ours = milliseconds(lambda: views.weak(x, noise)), milliseconds(lambda: views.strong(x, noise))
    ratio = sum(theirs) / sum(ours)
    sides = "".join(f"{f'{weak:.1f} + {strong:.1f}':>16}" for weak, strong in (theirs, ours))
    print(f"{'x'.join(map(str, shape)):>14}{sides}{ratio:>7.1f}x")
    return ratio >= 1


def cnn_row(options: ImageDataset) -> bool:
    """One FixMatch step's views of 28 x 28 images, gathered from the pool."""
    generator = seeds.torch_stream("perf", "cnn")
    pool = torch.randint(0, 256, (5000, 1, 28, 28), generator=generator, dtype=torch.uint8)
    views = ImageViews(options)
    return _step("28x28 images", pool, views.weak, views.strong, ImageDataset.noise_size, MAX_CNN_MS)


def feature_row() -> bool:
    """One FixMatch step's views of feature vectors, gathered from the pool."""
    generator = seeds.torch_stream("perf", "features")
    pool = torch.randn(20_000, FEATURES, generator=generator)
    dataset = FeatureDataset()
    task = Task("features", (FEATURES,), 6, tuple("abcdef"))
    start = time.perf_counter()
    views = augmenter(dataset, task, pool, torch.device("cpu"), generator)
    print(f"banks of {FEATURES} features, once a trial: {(time.perf_counter() - start) * 1e3:.0f} ms")
    return _step(f"{FEATURES} features", pool, views.weak, views.strong, dataset.noise_size, MAX_FEATURE_MS)


def _step(
    name: str,
    pool: torch.Tensor,
    weak: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    strong: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    noise_size: int,
    goal: float,
) -> bool:
    generator = seeds.torch_stream("perf", "steps")
    labeled = torch.randint(0, len(pool), (REPEATS + 2, LABELED), generator=generator)
    unlabeled = torch.randint(0, len(pool), (REPEATS + 2, UNLABELED), generator=generator)
    noise = torch.rand(LABELED + 2 * UNLABELED, noise_size, generator=generator)
    n_lab, n_weak = noise[:LABELED], noise[LABELED : LABELED + UNLABELED]
    n_strong = noise[LABELED + UNLABELED :]
    x_lab, x_unl = pool[labeled[0]], pool[unlabeled[0]]
    turns = iter(range(REPEATS + 2))

    def step() -> None:
        # Other rows each time, as in training: no row is in the cache already.
        turn = next(turns)
        weak(pool.index_select(0, labeled[turn]), n_lab)
        x = pool.index_select(0, unlabeled[turn])
        weak(x, n_weak)
        strong(x, n_strong)

    total = milliseconds(step)
    parts = {
        f"weak {LABELED}": milliseconds(lambda: weak(x_lab, n_lab)),
        f"weak {UNLABELED}": milliseconds(lambda: weak(x_unl, n_weak)),
        f"strong {UNLABELED}": milliseconds(lambda: strong(x_unl, n_strong)),
        "noise": milliseconds(lambda: torch.rand(noise.shape, generator=generator)),
    }
    listed = ", ".join(f"{part} {value:.2f}" for part, value in parts.items())
    print(f"{name}: gather and views of a step {total:.2f} ms (goal {goal:g}); {listed}")
    return total <= goal


def main() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    options = ImageDataset()
    print(f"{N_IMAGES} images, one thread: ms weak + strong\n{'shape':>14}{'Pillow':>16}{'albench':>16}{'ratio':>8}")
    results = [image_row(options, shape) for shape in IMAGE_SHAPES] + [cnn_row(options), feature_row()]
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()

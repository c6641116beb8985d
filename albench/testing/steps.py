"""Small models, batches and rounds that methods are tried on: one step by itself, lanes of steps, whole rounds."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from albench import seeds
from albench.api.dataset import FeatureDataset, ImageDataset
from albench.api.method import Batch, Method, RoundFacts, State
from albench.api.task import Task
from albench.augment import augmenter
from albench.data.items import Items
from albench.data.pool import Annotated
from albench.kernels import LaneLinear
from albench.suite.protocol import Protocol
from albench.training.batches import Batches
from albench.training.forward import ModelForward
from albench.training.heads import ATTRIBUTE, with_heads
from albench.training.lanes import fields
from albench.training.learner import Learner
from albench.training.loop import Trained, train_round
from albench.training.precision import EXACT, Precision

POOL = 40
FEATURES = Task("features", (6,), 3, ("a", "b", "c"), pool_size=POOL, embedding_size=8)
IMAGES = Task("image", (1, 8, 8), 3, ("a", "b", "c"), pool_size=POOL, embedding_size=8)
CPU = torch.device("cpu")


class SmallModel(nn.Module):
    """One hidden layer: x (n, ...) -> logits (n, C) and embeddings (n, 8); with weights of lanes all of them first."""

    takes_lanes = True

    def __init__(self, task: Task, *, head: float, seed: int) -> None:
        super().__init__()
        n_inputs = torch.Size(task.shape).numel()
        with torch.random.fork_rng(devices=[]):  # the layers draw weights from the global stream first
            self.body = LaneLinear(n_inputs, task.embedding_size)
            self.head = LaneLinear(task.embedding_size, task.n_classes)
        generator = seeds.torch_stream("conformance", "weights", seed)
        with torch.no_grad():
            for name, value in self.named_parameters():
                draw = torch.randn(value.shape, generator=generator)
                value.copy_(head * draw if name.startswith("head") else draw / n_inputs**0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and embeddings."""
        embeddings = torch.tanh(self.body(x.flatten(self.head.weight.ndim - 1)))
        return self.head(embeddings), embeddings


def small_model(method: Method, task: Task, *, head: float, seed: int) -> nn.Module:
    """The model with the method's own heads, whose weights are of the scale of the model's head."""
    model = with_heads(
        SmallModel(task, head=head, seed=seed), method, task, seeds.torch_stream("conformance", "heads", seed)
    )
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.startswith(ATTRIBUTE):
                value.copy_(head * torch.randn(value.shape, generator=seeds.torch_stream("conformance", name, seed)))
    return model


class ReadViews(dict[str, Tensor]):
    """A batch's views, with the names of those that were read."""

    def __init__(self, views: dict[str, Tensor]) -> None:
        super().__init__(views)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        self.read.add(name)
        return super().__getitem__(name)


@dataclass(frozen=True)
class StepCase:
    """What one training step is given.

    Attributes
    ----------
    what
        What is special of it, in words.
    head
        Scale of the model's last layer: 0 for flat predictions, large for sure ones.
    one_class
        Whether all labelled items of the batch are of one class.
    step
        Steps trained before.
    """

    what: str = "a step"
    task: Task = FEATURES
    n_labeled: int = 5
    n_unlabeled: int = 10
    head: float = 1.5
    one_class: bool = False
    step: int = 0
    seed: int = 0

    def __str__(self) -> str:
        sizes = f"{self.n_labeled} labelled and {self.n_unlabeled} unlabelled {self.task.modality} items"
        return f"{self.what}: {sizes}, C={self.task.n_classes}, step={self.step}, seed={self.seed}"

    def model(self, method: Method) -> nn.Module:
        """The student, with the method's own heads."""
        return small_model(method, self.task, head=self.head, seed=self.seed)

    def average(self, method: Method) -> nn.Module:
        """The weights' moving average: other weights than the student's."""
        made = small_model(method, self.task, head=self.head, seed=self.seed + 1000)
        return made.requires_grad_(False).eval()

    def batch(self, method: Method) -> Batch:
        """A batch with the method's views and noise; the first two unlabelled items are one and the same."""
        generator = seeds.torch_stream("conformance", "batch", self.seed)

        def draw(count: int) -> Tensor:
            return torch.randn(count, *self.task.shape, generator=generator)

        x = 1.5 * draw(self.n_unlabeled)
        views = {name: x + (0.1 if name.startswith("weak") else 0.5) * draw(self.n_unlabeled) for name in VIEW_ORDER}
        x_lab = 1.5 * draw(self.n_labeled)
        y = torch.zeros(self.n_labeled, dtype=torch.int64) if self.one_class else torch.arange(self.n_labeled) % 3
        index = 8 + torch.arange(self.n_unlabeled) * 7 % (POOL - 8)
        if self.n_unlabeled > 1:
            index[1] = index[0]
        noise = method.draw(seeds.torch_stream("conformance", "noise", self.seed), self.n_labeled, self.n_unlabeled)
        return Batch(
            x_lab=x_lab,
            y_lab=y,
            views=ReadViews({name: views[name] for name in sorted(method.views)}),
            index=index,
            noise=dict(noise),
            class_counts=torch.tensor([6.0, 1.0, 1.0]),
        )


VIEW_ORDER = ("weak", "weak2", "strong", "strong2")


def round_facts(number: int = 0, *, first_step: int = 0, device: torch.device = CPU) -> RoundFacts:
    """Round ``number`` of a trial that started with 8 labels and buys 4 a query."""
    labeled = torch.arange(POOL, device=device) < 8 + 4 * number
    counts = torch.tensor([6.0 + 2 * number, 1.0 + number, 1.0 + number], device=device)
    return RoundFacts(
        round=number,
        rounds=3,
        steps=10,
        n_labeled=8 + 4 * number,
        pool_size=POOL,
        n_bought=4 if number else 0,
        query_size=4,
        first_step=first_step,
        labeled=labeled,
        class_counts=counts,
    )


@dataclass
class Step:
    """The inputs of one step and, once made, what came out."""

    model: nn.Module
    average: nn.Module
    batch: Batch
    state: State
    counter: Tensor
    loss: Tensor = field(default_factory=lambda: torch.empty(0))
    new_state: State = field(default_factory=dict)
    logs: dict[str, Tensor] = field(default_factory=dict)

    def make(self, method: Method, precision: Precision = EXACT) -> Step:
        """Call the method's loss."""
        forward = ModelForward(self.model, self.average, precision=precision)
        with precision.step():
            self.loss, self.new_state, self.logs = method.loss(forward, self.batch, self.state, self.counter)
        return self

    def gradients(self) -> dict[str, Tensor | None]:
        """Name of a weight -> the loss's gradient, None where it does not reach."""
        names = [name for name, _ in self.model.named_parameters()]
        found = torch.autograd.grad(self.loss, list(self.model.parameters()), allow_unused=True)
        return dict(zip(names, found, strict=True))

    @property
    def inputs(self) -> dict[str, Tensor]:
        """Every tensor that the method is given, by name."""
        batch = self.batch
        found = {"x_lab": batch.x_lab, "y_lab": batch.y_lab, "index": batch.index, "class_counts": batch.class_counts}
        found |= {f"views[{name}]": value for name, value in batch.views.items()}
        found |= {f"noise[{name}]": value for name, value in batch.noise.items()}
        found |= {f"state[{name}]": value for name, value in self.state.items()}
        found |= {f"the model's {name}": value for name, value in self.model.state_dict().items()}
        return found | {f"the average's {name}": value for name, value in self.average.state_dict().items()}


def prepare(method: Method, case: StepCase, *, dtype: torch.dtype = torch.float32, device: torch.device = CPU) -> Step:
    """The inputs of a step; float64 is exact, the same numbers in a wider type."""
    batch = case.batch(method)

    def place(value: Tensor) -> Tensor:
        return value.to(device, dtype if value.is_floating_point() else value.dtype)

    views = ReadViews({name: place(value) for name, value in batch.views.items()})
    moved = dataclasses.replace(batch.map(lambda value: value.to(device)), x_lab=place(batch.x_lab), views=views)
    state = method.round_start(method.init(case.task, device), round_facts(first_step=case.step, device=device))
    counter = torch.full((), case.step, dtype=torch.int64, device=device)
    model, average = (made.to(device, dtype) for made in (case.model(method), case.average(method)))
    return Step(model, average, moved, state, counter)


def lane(step: Step) -> tuple[Any, ...]:
    """The inputs of a step as nested plain containers: weights, averages, buffers, batch, state."""
    weights, averages = dict(step.model.named_parameters()), dict(step.average.named_parameters())
    return {k: v.detach() for k, v in weights.items()}, averages, {}, fields(step.batch), step.state


def flat(nested: Any, name: str = "") -> dict[str, Tensor]:
    """Nested containers of tensors as one dictionary with readable names."""
    if isinstance(nested, Tensor):
        return {name: nested}
    items = nested.items() if isinstance(nested, dict) else enumerate(nested)
    found: dict[str, Tensor] = {}
    for key, value in items:
        found |= flat(value, f"{name}[{key}]" if name else str(key))
    return found


def train(method: Method, start: Literal["warm", "cold"], *, task: Task, interrupted: bool = False) -> Learner:
    """Two rounds of three steps as a trial carries them out; ``interrupted`` goes through a checkpoint in between."""
    protocol = Protocol(batch_size=4, steps=3, evaluations=1, rounds=2, start=start)
    dataset = FeatureDataset() if task.modality == "features" else ImageDataset(shift=1)
    generator = seeds.torch_stream("conformance", "items")
    draw = torch.rand if task.modality == "image" else torch.randn
    x = draw(POOL, *task.shape, generator=generator).numpy()
    made = augmenter(dataset, task, x, CPU, generator)
    items, y = Items(x, CPU), torch.arange(POOL) % task.n_classes

    def fresh(number: int) -> Learner:
        return Learner(small_model(method, task, head=1.0, seed=number), method, task, protocol, CPU)

    learner = fresh(0)
    for number in range(2):
        if number and start == "cold":
            learner = fresh(1)
        elif number and interrupted:
            file = io.BytesIO()
            torch.save(learner.checkpoint(), file)
            file.seek(0)
            learner = fresh(2)
            learner.restore(torch.load(file, weights_only=True))
        facts = round_facts(number, first_step=learner.first_step)
        learner.start_round(replace(facts, steps=protocol.steps))
        ids = torch.arange(8 + 4 * number)
        batches = Batches(
            Annotated(ids, y[ids], torch.arange(len(ids), POOL), task.n_classes),
            items,
            method=method,
            augmenter=made,
            protocol=protocol,
            seed=0,
            round_number=number,
        )
        (trained,) = train_round(learner, [batches], [lambda _: ()], lambda _: None)
        if not isinstance(trained, Trained):
            raise trained
    return learner

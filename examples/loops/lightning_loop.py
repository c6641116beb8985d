"""Active learning with Lightning: a module is trained anew on what was bought, its network chooses what is next."""

import logging
import warnings

import lightning
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import albench

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", module="lightning")
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)


class Classifier(lightning.LightningModule):
    """Digits (B, 64) to logits (B, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)

    def training_step(self, batch: list[torch.Tensor]) -> torch.Tensor:
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=3e-3)


query = albench.Query("boostmis[n_neighbors=10]", seed=0)
bought = np.random.default_rng(0).choice(1500, 20, replace=False)
for _ in range(3):
    lightning.seed_everything(0, verbose=False)
    module = Classifier()
    trainer = lightning.Trainer(
        max_epochs=40, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(module, DataLoader(TensorDataset(x[bought], y[bought]), batch_size=32, shuffle=True))
    module.eval()
    print(f"{len(bought)} labels: accuracy {(module(x[1500:]).argmax(1) == y[1500:]).float().mean():.3f}")
    pool = np.setdiff1d(np.arange(1500), bought)
    picks = query.query(20, model=module, pool=x[pool], labeled=x[bought], labeled_y=y[bought])
    bought = np.concatenate([bought, pool[picks]])

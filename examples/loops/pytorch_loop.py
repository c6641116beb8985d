"""Active learning in a plain PyTorch loop: the network and the items go in, positions of the pool come out."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

import albench

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
x, y, x_test, y_test = x[:1500], y[:1500], x[1500:], y[1500:]


def train(x: torch.Tensor, y: torch.Tensor) -> nn.Module:
    """A network that ends in a linear layer, trained from scratch."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for _ in range(150):
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
        optimizer.zero_grad()
    return net.eval()


query = albench.Query("badge", seed=0)
bought = np.random.default_rng(0).choice(1500, 20, replace=False)
for _ in range(5):
    net = train(x[bought], y[bought])
    print(f"{len(bought)} labels: accuracy {(net(x_test).argmax(1) == y_test).float().mean():.3f}")
    pool = np.setdiff1d(np.arange(1500), bought)
    picks = query.query(20, model=net, pool=x[pool], labeled=x[bought], labeled_y=y[bought])
    bought = np.concatenate([bought, pool[picks]])

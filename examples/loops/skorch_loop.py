"""Active learning with skorch, and so with whatever speaks scikit-learn: for many strategies probabilities do."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from skorch import NeuralNetClassifier
from torch import nn

import albench

x, y = load_digits(return_X_y=True)
x, y = (x / 16).astype(np.float32), y.astype(np.int64)

by_margin, by_badge = albench.Query("margin", seed=0), albench.Query("badge", seed=0)
bought = np.random.default_rng(0).choice(1500, 20, replace=False)
for number in range(5):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    net = NeuralNetClassifier(
        module, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.AdamW, lr=3e-3, max_epochs=60, train_split=None,
        verbose=0, classes=np.arange(10),
    ).fit(x[bought], y[bought])  # fmt: skip
    print(f"{len(bought)} labels: accuracy {net.score(x[1500:], y[1500:]):.3f}")
    pool = np.setdiff1d(np.arange(1500), bought)
    if number % 2:  # the network's last layer, for strategies that read embeddings or gradients
        picks = by_badge.query(20, model=net.module_, pool=x[pool], labeled=x[bought], labeled_y=y[bought])
    else:  # probabilities alone, as of any classifier
        picks = by_margin.query(20, probs=net.predict_proba(x[pool]))
    bought = np.concatenate([bought, pool[picks]])

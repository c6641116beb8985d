"""What dropout samples are worth with and without dropout in training: python benchmarks/dropout_samples.py

Digits, one seed, the supervised method, 100 labels and 200 steps. On the unlabelled pool: accuracy of the whole network
and of one dropout sample (the mean of 20), and how well the BALD score tells the errors (AUROC).
"""

from __future__ import annotations

SAMPLES = 20
BACKBONES = {"images": ("digits", "cnn"), "vectors": ("digits", "mlp")}

"""A backbone's model that reads items: so many at once, or fewer where the device has no memory for them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from albench import devices
from albench.data.items import as_input
from albench.kernels import sent

AT_ONCE = 64
"""Items that the model reads at once: a wide layer of ResNet-50 takes 4 MB for each image of 64 pixels."""


class Reader:
    """A model on a device.

    Parameters
    ----------
    at_once
        Items that it reads at once at most.
    halved
        Told how many it reads at once from now on, each time that these did not fit.
    """

    def __init__(self, model: nn.Module, place: torch.device, at_once: int, halved: Callable[[int], None]) -> None:
        self.at_once = at_once
        self._model, self._place, self._halved = model, place, halved

    def embed(self, x: np.ndarray) -> np.ndarray:
        """(n, E) float32 embeddings of items (n, ...).

        Raises
        ------
        torch.OutOfMemoryError
            Where not even one item fits, or what torch raises in its place.
        """
        while True:
            most = min(self.at_once, len(x))
            try:
                return self._embedded(x, most)
            except Exception as error:
                if most == 1 or not devices.is_full(error):
                    raise
            devices.empty_cache(self._place)  # out here nothing of the attempt is held any more
            self.at_once = (most + 1) // 2
            self._halved(self.at_once)

    def _embedded(self, x: np.ndarray, at_once: int) -> np.ndarray:
        found = []
        for start in range(0, len(x), at_once):
            items = sent(torch.from_numpy(np.array(x[start : start + at_once], copy=True)), self._place)
            found.append(self._model(as_input(items))[1].float())
        return torch.cat(found).cpu().numpy()  # the host waits for the device once

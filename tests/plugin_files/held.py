"""A plugin file for tests: methods that wait in the middle of a round for as long as a file says so.

A test copies it, and writes the number of a step into ``held.hold`` beside the copy: training stays before that step
until that file is gone, so that what is to happen meanwhile needs no long training.
"""

import contextlib
import time
from pathlib import Path

from albench.api import hookimpl
from albench_ssl.boostmis import BoostMIS
from albench_ssl.supervised import Supervised

HOLD = Path(__file__).with_suffix(".hold")


def stay(step):
    with contextlib.suppress(FileNotFoundError):
        while HOLD.read_text() == str(int(step)):
            time.sleep(0.01)


class HeldBoostMIS(BoostMIS):
    def loss(self, forward, batch, state, step):
        stay(step)
        return super().loss(forward, batch, state, step)


class HeldSupervised(Supervised):
    def loss(self, forward, batch, state, step):
        stay(step)
        return super().loss(forward, batch, state, step)


@hookimpl
def albench_register(add):
    add.method("held-boostmis", HeldBoostMIS)
    add.method("held-supervised", HeldSupervised)

"""A device that is not there: tensors say ``cuda:0``, hold numbers on the CPU, and keep account of what they do.

``with pretended_cuda() as account``, or ``pretended_mps()``, is all that is asked of it, by the kit and by
``tests/devices``. How long a kernel takes, what it rounds otherwise and the memory of a device are not to be learned
here.
"""

from __future__ import annotations

from albench.testing.pretended.account import Account
from albench.testing.pretended.cuda import pretended_cuda, pretended_mps, unavailable

__all__ = ["Account", "pretended_cuda", "pretended_mps", "unavailable"]

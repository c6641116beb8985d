"""A CUDA device or an Apple GPU for checks: the machine's, or where there is none a pretended one, so that nobody needs
a GPU to learn that a component would crash on one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from albench.devices import Name, can, there
from albench.testing.pretended import Account, pretended_cuda, pretended_mps, unavailable
from albench.testing.report import Fault, NotApplicable

NOT_THE_SAME = {
    "sums": "adds floats in no fixed order on CUDA: use albench.kernels.running_sum or add_by_group",
    "writes": "writes several values to one place, of which CUDA keeps any",
    "draws": "draws on the device, others for a seed than on the CPU: draw from view.generator and send it by "
    "albench.kernels.sent",
}
"""What an account counts -> why the same seed may give other picks."""


PRETENDING = {"cuda": pretended_cuda, "mps": pretended_mps}
"""Kind of a device -> what pretends one."""


@contextlib.contextmanager
def a_device(kind: Name) -> Iterator[Account]:
    """For as long as a block lasts; what a pretended device was asked to do is counted, a real one's account is empty.

    Parameters
    ----------
    kind
        Of those in ``PRETENDING``.

    Raises
    ------
    NotApplicable
        There is none, and none can be pretended.
    """
    if there(kind):
        yield Account()
        return
    if reason := unavailable():
        raise NotApplicable(f"there is no {can(kind).title} device, and none can be pretended: {reason}")
    with PRETENDING[kind]() as account:
        yield account


def same_on_each_run(account: Account) -> None:
    """Check that nothing was drawn on the device, nor added or written in no fixed order.

    Raises
    ------
    Fault
        Something was; the message says what, where, and what to call instead.
    """
    for kind, why in NOT_THE_SAME.items():
        for what, where in getattr(account, kind):
            raise Fault(f"{where} {why} ({what})")

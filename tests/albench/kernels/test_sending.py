"""Plugins send by the same function as the core."""

from __future__ import annotations

from albench import devices, kernels


def test_what_plugins_send_by_is_the_cores() -> None:
    assert kernels.sent is devices.sent

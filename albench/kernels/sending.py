"""From the host to a device, without waiting for it."""

from __future__ import annotations

from albench.devices import sent

__all__ = ["sent"]

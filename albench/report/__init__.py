"""One self-contained HTML page about results: opens from disk, needs no network."""

from albench.report.page import build, write

__all__ = ["build", "write"]

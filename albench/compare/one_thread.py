"""Statistics in one thread: their matrices are small, and BLAS keeps every core busy with waiting for the others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread of BLAS while a block or, as a decorator, a function runs; then as many as before."""
    from threadpoolctl import ThreadpoolController

    with ThreadpoolController().limit(limits=1, user_api="blas"):
        yield

"""Statistics take one thread of BLAS, and leave it as many as it had."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from albench.compare.one_thread import one_thread


def threads() -> list[int]:
    assert np.ones((2, 2)) @ np.ones(2) is not None  # its BLAS is loaded
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_one_thread_while_it_runs_and_as_many_as_before_after_it() -> None:
    @one_thread()
    def fails() -> None:
        assert set(threads()) == {1}
        raise ValueError("on its way")

    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with pytest.raises(ValueError, match="on its way"):
            fails()
        assert threads() == before == [2] * len(before)

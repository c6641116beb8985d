"""A display whose stream goes away writes to nowhere; the run goes on."""

from __future__ import annotations

import io

from albench.errors import OutputLost
from albench.render.outlet import Outlet


class Closing(io.StringIO):
    """A stream that takes some writes, and then no more."""

    def __init__(self, takes: int) -> None:
        super().__init__()
        self.takes, self.asked = takes, 0

    def write(self, text: str) -> int:
        self.asked += 1
        if self.asked > self.takes:
            raise OutputLost("nobody reads it")
        return super().write(text)


def test_what_is_written_arrives_until_nobody_reads_it() -> None:
    stream = Closing(2)
    outlet = Outlet(stream)
    assert [outlet.write(text) for text in ("one ", "two ", "three ", "four ")] == [4, 4, 6, 5]
    outlet.flush()
    assert stream.getvalue() == "one two "
    assert stream.asked == 3  # once lost, it is asked no more
    assert not outlet.isatty()

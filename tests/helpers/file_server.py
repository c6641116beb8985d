"""A local HTTP server of files, which can break off, refuse, answer with a page, or take its time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Files:
    """What is served, and what was asked.

    Attributes
    ----------
    held
        Path -> bytes.
    breaks
        Path -> after how many bytes each of the next answers ends, though more was promised.
    status, kind
        Path -> the answer's status and content type, where it is not 200 and bytes.
    pause
        Seconds before each block.
    ranges
        Whether it goes on where it is asked to.
    asked
        (path, its Range) in order.
    """

    url: str = ""
    held: dict[str, bytes] = field(default_factory=dict)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    kind: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    ranges: bool = True
    sizes: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Files]:
    """The server, on a free port of this machine."""
    files = Files()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            name = self.path.lstrip("/").partition("?")[0]
            wanted = self.headers.get("Range", "")
            files.asked.append((name, wanted))
            body, status = files.held.get(name, b""), files.status.get(name, 200 if name in files.held else 404)
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and files.ranges else 0
            if start and start >= len(body):
                status, body, start = 416, b"", 0
            elif start and status == 200:
                status = 206
            self.send_response(status)
            self.send_header("Content-Type", files.kind.get(name, "application/octet-stream"))
            if files.sizes:
                self.send_header("Content-Length", str(len(body) - start))
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.end_headers()
            sent = body[start:]
            if files.breaks.get(name):
                sent = sent[: files.breaks[name].pop(0)]
            with contextlib.suppress(ConnectionError):  # whoever asked may have gone
                for at in range(0, len(sent), 1000):
                    time.sleep(files.pause)
                    self.wfile.write(sent[at : at + 1000])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    files.url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

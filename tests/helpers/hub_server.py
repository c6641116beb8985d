"""A local server that answers as the Hugging Face hub does: what it knows of a data set, and its files."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class Hub:
    """Data sets, and what was asked.

    Attributes
    ----------
    held
        Data set -> commit -> file -> bytes.
    main
        Data set -> the commit that ``main`` is now.
    licence
        Data set -> what its card states.
    broken
        Files that end half-way.
    held_back
        Files that do not end until ``let_go`` is set.
    asked
        Method and path in order.
    """

    url: str = ""
    held: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    main: dict[str, str] = field(default_factory=dict)
    licence: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    held_back: set[str] = field(default_factory=set)
    let_go: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def commit(self, name: str, files: dict[str, bytes]) -> str:
        """Add a version of a data set, which becomes ``main``; its name."""
        found = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        self.held.setdefault(name, {})[found] = files
        self.main[name] = found
        return found

    def answer(self, path: str, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        """Status, content and headers."""
        parts = unquote(urlsplit(path).path).strip("/").split("/")
        if parts[:2] == ["api", "datasets"]:
            name, rest = "/".join(parts[2:4]), parts[4:]
            revision = self.revision(name, rest[1] if len(rest) > 1 else "main")
            if revision is None:
                return 404, b"{}", {"X-Error-Code": "RepoNotFound" if name not in self.held else "RevisionNotFound"}
            files = self.held[name][revision]
            told: Any = self.facts(name, revision)
            if rest[:1] == ["tree"]:
                told = children(files, "/".join(rest[2:]), recursive="recursive=true" in path.lower())
                if not told:
                    return 404, b"{}", {"X-Error-Code": "EntryNotFound"}
            elif rest[:1] == ["paths-info"]:
                told = [each for each in entries(files) if each["path"] in json.loads(body)["paths"]]
            return 200, json.dumps(told).encode(), {"Content-Type": "application/json"}
        if parts[0] == "datasets" and "resolve" in parts:
            name, asked, file = "/".join(parts[1:3]), parts[4], "/".join(parts[5:])
            revision = self.revision(name, asked)
            if revision is None:
                return 404, b"", {"X-Error-Code": "RepoNotFound" if name not in self.held else "RevisionNotFound"}
            content = self.held[name][revision].get(file)
            if content is None:
                return 404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": revision}
            etag = hashlib.sha1(content).hexdigest()
            return 200, content, {"X-Repo-Commit": revision, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        return 404, b"{}", {}

    def revision(self, name: str, asked: str) -> str | None:
        """The commit that a revision is."""
        found = self.main.get(name) if asked == "main" else asked
        return found if found in self.held.get(name, {}) else None

    def facts(self, name: str, revision: str) -> dict[str, Any]:
        """What is said of a data set."""
        files = self.held[name][revision]
        licence = self.licence.get(name)
        return {
            "id": name,
            "sha": revision,
            "private": False,
            "gated": False,
            "disabled": False,
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "siblings": [{"rfilename": path, "size": len(content)} for path, content in files.items()],
            "cardData": {"license": licence} if licence else {},
        }


def entries(files: dict[str, bytes]) -> list[dict[str, Any]]:
    """Files as the hub lists them."""
    return [
        {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
        for path, content in files.items()
    ]


def children(files: dict[str, bytes], below: str, *, recursive: bool) -> list[dict[str, Any]]:
    """What lies in a folder, folders among it."""
    start = f"{below}/" if below else ""
    inside = {path: content for path, content in files.items() if path.startswith(start)}
    if recursive:
        return entries(inside)
    here = {path: content for path, content in inside.items() if "/" not in path.removeprefix(start)}
    folders = sorted({start + path.removeprefix(start).partition("/")[0] for path in inside if path not in here})
    return [*({"type": "directory", "path": name, "oid": "0" * 40} for name in folders), *entries(here)]


@contextmanager
def serving_hub() -> Iterator[Hub]:
    """The server, on a free port of this machine."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: Any) -> None:
            pass

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            hub.asked.append(f"{self.command} {self.path}")
            status, content, headers = hub.answer(self.path, body)
            wanted, total = self.headers.get("Range", ""), len(content)
            if status == 200 and wanted.startswith("bytes="):
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                start, stop = int(first), int(last) + 1 if last else total
                content, status = content[start:stop], 206
                headers["Content-Range"] = f"bytes {start}-{min(stop, total) - 1}/{total}"
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                broken, waits = (
                    any(self.path.partition("?")[0].endswith(file) for file in files)
                    for files in (hub.broken, hub.held_back)
                )
                if waits:
                    hub.let_go.wait(60)
                self.wfile.write(content[: len(content) // 2] if broken else content)
                self.close_connection = self.close_connection or broken

        do_GET = do_HEAD = do_POST = reply

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""An HTTP server on loopback: files of a folder with ETag and Last-Modified, listings as Apache, nginx or JSON make them."""

from __future__ import annotations

import base64
import html
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

from tests.servers.certificates import server_context

USER, PASSWORD = "partner", "right-password"  # the tests' own


@dataclass
class HttpServer:
    """The running server and how it behaves; it counts how many ask at once. `pages` (path → type and bytes) stand before the files of the folder."""

    folder: Path
    port: int = 0
    needs_login: bool = False
    knows_head: bool = True
    tells_marks: bool = True
    listing: str = "html"
    pause_seconds: float = 0.0
    asking: int = 0
    most_asking: int = 0
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)

    def reset(self) -> None:
        """As it was at the start, without the files."""
        self.needs_login, self.knows_head, self.tells_marks, self.listing = False, True, True, "html"
        for told in (self.pages, self.redirects, self.statuses, self.asked, self.logins):
            told.clear()


def _handler(server: HttpServer) -> type[BaseHTTPRequestHandler]:  # noqa: C901  one class, closed over its server
    guard = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take_time(self) -> None:
            """The pause is what is counted: it ends before the client can know, so never is a client counted that has gone on."""
            with guard:
                server.asking += 1
                server.most_asking = max(server.most_asking, server.asking)
            time.sleep(server.pause_seconds)
            with guard:
                server.asking -= 1

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            if not server.knows_head:
                return self._send(405, {}, b"")
            return self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            path = unquote(self.path.partition("?")[0])
            self._take_time()
            server.asked.append(f"{self.command} {self.path}")
            server.logins.append(self.headers["Authorization"])
            right = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if server.needs_login and self.headers["Authorization"] != right:
                return self._send(401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")
            if path in server.redirects:
                return self._send(302, {"Location": server.redirects[path]}, b"")
            if path in server.statuses:
                return self._send(server.statuses[path], {}, b"")
            if path in server.pages:
                media, body = server.pages[path]
                return self._send(200, {"Content-Type": media}, body, with_body=with_body)
            return self._answer_file(server.folder / path.lstrip("/"), path, with_body=with_body)

        def _answer_file(self, found: Path, path: str, *, with_body: bool) -> None:
            if found.is_dir() and path.endswith("/"):
                media = "application/json" if server.listing == "json" else "text/html; charset=utf-8"
                return self._send(200, {"Content-Type": media}, _list(found, server.listing), with_body=with_body)
            if not found.is_file():
                return self._send(404, {}, b"")
            told = {"Content-Type": "application/octet-stream"}
            status = found.stat()
            if server.tells_marks:
                told["ETag"] = f'W/"{status.st_mtime_ns:x}-{status.st_size:x}"'
                told["Last-Modified"] = formatdate(status.st_mtime, usegmt=True)
            return self._send(200, told, found.read_bytes(), with_body=with_body)

        def _send(self, status: int, told: dict[str, str], body: bytes, *, with_body: bool = True) -> None:
            self.send_response(status)
            for name, value in told.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body and self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing on the test's screen."""

    return Handler


def _list(folder: Path, kind: str) -> bytes:
    found = sorted(folder.iterdir())
    if kind == "json":  # nginx: autoindex_format json
        return json.dumps([_told(path) for path in found]).encode()
    rows = "".join(
        f'<a href="{quote(path.name)}{"/" if path.is_dir() else ""}">{html.escape(path.name[:40])}</a>  24-Nov-2021 10:12  1K\n'
        for path in found
    )
    return f'<html><h1>Index</h1><a href="?C=N;O=D">Name</a><a href="../">../</a><pre>{rows}</pre></html>'.encode()


def _told(path: Path) -> dict[str, object]:
    kind = "directory" if path.is_dir() else "file"
    told = {"name": path.name, "type": kind, "mtime": formatdate(path.stat().st_mtime, usegmt=True)}
    return told if path.is_dir() else {**told, "size": path.stat().st_size}


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that does not believe our certificate, or a line that was cut, is what the test is about."""


@contextmanager
def http_server(folder: Path, certificate: Path | None = None) -> Iterator[HttpServer]:
    """Runs a server on a thread of its own; its root is `folder`. With a certificate it speaks TLS."""
    server = HttpServer(folder)
    listener = _Quiet(("127.0.0.1", 0), _handler(server))
    server.port = listener.server_port
    if certificate is not None:
        context = server_context(certificate)
        listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(10)

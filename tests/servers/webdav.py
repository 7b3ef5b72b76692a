"""A WebDAV server on loopback: wsgidav on cheroot, one user, with counters and told faults."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from wsgidav.wsgidav_app import WsgiDAVApp

USER, PASSWORD = "partner", "right-password"  # the tests' own
Environment = dict[str, Any]
StartResponse = Callable[..., Any]


@dataclass
class WebdavServer:
    """The running server; `statuses` and `redirects` (path → status or place) come before its own answers."""

    folder: Path
    port: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def reset(self) -> None:
        """As it was at the start, without the files."""
        for told in (self.statuses, self.redirects, self.pages, self.asked):
            told.clear()


def _before(server: WebdavServer, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: Environment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "surrogateescape")
        server.asked.append(f"{environ['REQUEST_METHOD']} {path}")
        if path in server.statuses:
            start_response(f"{server.statuses[path]} Told", [("Content-Length", "0")])
            return []
        if path in server.redirects:
            start_response("301 Moved", [("Location", server.redirects[path]), ("Content-Length", "0")])
            return []
        if path in server.pages:
            start_response("207 Multi-Status", [("Content-Type", "application/xml")])
            return [server.pages[path]]
        return app(environ, start_response)

    return answer


def _configure(folder: Path) -> dict[str, object]:
    return {
        "provider_mapping": {"/dav": {"root": str(folder), "readonly": True}},
        "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
        "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
        "verbose": 0, "logging": {"enable": False}, "property_manager": None, "lock_storage": None,
        "dir_browser": {"enable": False},
    }  # fmt: skip


@contextmanager
def webdav_server(folder: Path, certificate: Path | None = None) -> Iterator[WebdavServer]:
    """Runs a server on threads of its own; its `/dav` is `folder`. With a certificate it speaks TLS."""
    logging.getLogger("wsgidav").setLevel(logging.CRITICAL)
    server = WebdavServer(folder)
    listener = wsgi.Server(("127.0.0.1", 0), _before(server, WsgiDAVApp(_configure(folder))), numthreads=4)
    listener.error_log = lambda *_, **__: (
        None
    )  # a client that does not believe our certificate is what the test is about
    if certificate is not None:
        listener.ssl_adapter = BuiltinSSLAdapter(str(certificate), str(certificate))
    listener.prepare()
    server.port = listener.bind_addr[1]
    thread = threading.Thread(target=listener.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.stop()
        thread.join(10)

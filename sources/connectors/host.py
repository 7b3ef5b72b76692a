"""Which host, port and path the place in a partner file names."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from sources.connectors.network_faults import misregistered


@dataclass(frozen=True, slots=True)
class Host:
    """A place taken apart. `path` begins with a slash or is empty, and is as written; `query` is without its question mark."""

    name: str
    port: int | None
    path: str
    query: str = ""

    @property
    def authority(self) -> str:
        """Name and port as URLs write them."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


def read_host(place: str) -> Host:
    """Takes `//user@host:port/path?query` apart.

    Raises:
        AccessRefusedError: no host, or a port that is no number.
    """
    path, _, query = place.partition("?")
    authority, slash, below = path.removeprefix("//").partition("/")
    try:
        parts = urlsplit(f"//{authority}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not place.startswith("//") or not name:
        raise misregistered("应写成 协议://用户@主机:端口/文件夹，请核对单位文件的 inbox")
    return Host(name, port, slash + below, query)

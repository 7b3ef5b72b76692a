"""How a tree of files on a server is walked, and how its files are named and addressed: the same for every kind of server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sources.connectors.connector import (
    FileNotFetchedError,
    InboxUnreachableError,
    RemoteFile,
    is_temporary,
)
from sources.connectors.file_names import from_address, readable, shown_name, to_address
from sources.connectors.network_faults import CHANGED

DEEPEST = 32
"""Folders within folders that are still followed; deeper is a circle of links, not a ledger."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a server says of one file or folder. `path` is below the inbox; bytes that are no UTF-8 stand as surrogates."""

    path: str
    is_folder: bool = False
    size_bytes: int | None = None
    modified_at: datetime | None = None
    etag: str | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def walk(list_folder: Callable[[str], Iterable[Entry]], folder: str = "") -> Iterator[Entry]:
    """Every file below `folder` in the order of names, without what is temporary or hidden; one folder is asked for at a time.

    Raises:
        InboxUnreachableError: folders within folders without end; or what `list_folder` raises.
    """
    for entry in sorted(list_folder(folder), key=lambda entry: entry.name):
        if is_temporary(entry.name):
            continue
        if not entry.is_folder:
            yield entry
        else:
            yield from walk(list_folder, _not_too_deep(entry.path))


def remote_file(entry: Entry, address: str) -> RemoteFile:
    """The entry as the night knows it: an address that stays, a name that people can read (NFC, as typed here)."""
    place = f"{address.rstrip('/')}/{to_address(entry.path)}"
    return RemoteFile(place, shown_name(entry.name), entry.size_bytes, entry.modified_at, etag=entry.etag)


def path_of(remote: RemoteFile, address: str) -> str:
    """The path below the inbox at `address`, as the server writes it."""
    return from_address(remote.address.removeprefix(f"{address.rstrip('/')}/"))


def _not_too_deep(folder: str) -> str:
    if folder.count("/") >= DEEPEST:
        raise InboxUnreachableError(f"文件夹超过 {DEEPEST} 层，可能是循环链接，请对方检查：{readable(folder)[:60]}…")
    return folder


def check_size(received_bytes: int, remote: RemoteFile) -> None:
    """Checks the count of received bytes against the listing.

    Raises:
        FileNotFetchedError: they differ.
    """
    if remote.size_bytes is not None and received_bytes != remote.size_bytes:
        raise FileNotFetchedError(CHANGED)

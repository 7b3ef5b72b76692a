"""Connector for a folder on an SFTP server whose host key is known beforehand."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from typing import Self, TypeVar

import asyncssh

from sources.connectors.connector import (
    Access,
    ByteSink,
    FileNotFetchedError,
    Patience,
    RemoteFile,
)
from sources.connectors.host import read_host
from sources.connectors.network_faults import CHANGED, not_fetched, unreachable
from sources.connectors.remote_tree import Entry, check_size, path_of, remote_file, walk
from sources.connectors.sftp_login import find_fault, open_connection

PIECE = 1 << 20
"""Bytes asked for at a time; asyncssh splits them into requests under way at the same time."""

Answer = TypeVar("Answer")


class SftpFolder:
    """The files of a folder on an SFTP server. One connection, opened when first needed, on an event loop of its own."""

    def __init__(self, place: str, address: str, access: Access, patience: Patience) -> None:
        self.address = address
        self._host = read_host(place)
        self._root = _root(self._host.path)
        self._access = access
        self._patience = patience
        self._loop = asyncio.new_event_loop()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    def list_files(self) -> Iterator[RemoteFile]:
        """Every file, folder by folder in the order of names. Links to files are followed, links to folders are not.

        Raises:
            InboxUnreachableError: host, key, login or a folder is at fault.
        """
        return (remote_file(entry, self.address) for entry in walk(self._list_folder))

    def fetch(self, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the file's bytes into `sink`.

        Raises:
            FileNotFetchedError: it is gone, forbidden, cut short, or not the file that was listed.
        """
        count = 0
        for piece in self._pieces(remote):
            sink.write(piece)
            count += len(piece)
        check_size(count, remote)

    def close(self) -> None:
        """Hangs up and lets the event loop go; a second time does nothing."""
        if self._loop.is_closed():
            return
        if self._connection is not None:
            self._connection.abort()
            self._loop.run_until_complete(self._connection.wait_closed())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _list_folder(self, folder: str) -> list[Entry]:
        try:
            return self._run(self._scan(folder))
        except (OSError, EOFError, asyncssh.Error) as error:
            where = f"{self.address}/{folder}" if folder else self.address
            raise unreachable(where, find_fault(error)) from error

    async def _scan(self, folder: str) -> list[Entry]:
        sftp = await self._open_sftp()
        found = []
        async with asyncio.timeout(self._patience.read_seconds) as limit:
            async for name in sftp.scandir(self._path(folder)):
                limit.reschedule(self._loop.time() + self._patience.read_seconds)
                if name.filename not in {".", ".."}:
                    path = f"{folder}/{name.filename!s}" if folder else str(name.filename)
                    found += [(path, name.attrs)]
            return [entry for path, attributes in found if (entry := await self._entry(sftp, path, attributes))]

    async def _entry(self, sftp: asyncssh.SFTPClient, path: str, attributes: asyncssh.SFTPAttrs) -> Entry | None:
        mode = attributes.permissions or 0
        if stat.S_ISDIR(mode):
            return Entry(path, is_folder=True)
        if stat.S_ISLNK(mode):
            try:
                attributes = await sftp.stat(self._path(path))
            except asyncssh.SFTPError:
                return None  # a link to nothing is no file
        if not stat.S_ISREG(attributes.permissions or 0):
            return None
        return Entry(path, size_bytes=attributes.size, modified_at=_modified_at(attributes))

    def _pieces(self, remote: RemoteFile) -> Iterator[bytes]:
        try:
            file = self._run(self._open_file(remote))
            try:
                offset = 0
                while piece := self._run(self._in_time(file.read(PIECE, offset))):
                    offset += len(piece)
                    yield _as_bytes(piece)
                attributes = self._run(self._in_time(file.stat()))
            finally:
                self._run(self._let_go(file))
        except (OSError, EOFError, asyncssh.Error) as error:
            raise not_fetched(find_fault(error)) from error
        if (attributes.size, _modified_at(attributes)) != (remote.size_bytes, remote.modified_at):
            raise FileNotFetchedError(CHANGED)

    async def _open_file(self, remote: RemoteFile) -> asyncssh.SFTPClientFile:
        sftp = await self._open_sftp()
        path = self._path(path_of(remote, self.address))
        return await self._in_time(sftp.open(path, "rb", encoding=None))  # type: ignore[arg-type]

    async def _let_go(self, file: asyncssh.SFTPClientFile) -> None:
        # Where the connection is gone, the server's handle is gone with it.
        with contextlib.suppress(OSError, asyncssh.Error):
            await self._in_time(file.close())

    async def _open_sftp(self) -> asyncssh.SFTPClient:
        """The session in use; a connection that broke is opened anew, so that one bad file costs only itself."""
        if self._connection is None or self._connection.is_closed() or self._sftp is None:
            self._connection = await open_connection(self._host, self._access, self._patience)
            self._sftp = await self._in_time(_start_sftp(self._connection))
        return self._sftp

    def _path(self, below: str) -> str:
        return "/".join(part for part in (self._root.rstrip("/") if below else self._root, below) if part or below)

    async def _in_time(self, step: Coroutine[object, object, Answer]) -> Answer:
        return await asyncio.wait_for(step, self._patience.read_seconds)

    def _run(self, step: Coroutine[object, object, Answer]) -> Answer:
        return self._loop.run_until_complete(step)


async def _start_sftp(connection: asyncssh.SSHClientConnection) -> asyncssh.SFTPClient:
    # Names in GB18030 come through as surrogates and go back as they came.
    return await connection.start_sftp_client(path_encoding="utf-8", path_errors="surrogateescape")


def _root(path: str) -> str:
    """`//host/~/x` and `//host` stand below the login folder, `//host/x` at the server's root: as curl reads SFTP URLs."""
    if path in {"", "/~", "/~/"}:
        return "."
    return path.removeprefix("/~/").rstrip("/") or "/"


def _modified_at(attributes: asyncssh.SFTPAttrs) -> datetime | None:
    return None if attributes.mtime is None else datetime.fromtimestamp(attributes.mtime, UTC)


def _as_bytes(piece: bytes | str) -> bytes:
    return piece if isinstance(piece, bytes) else piece.encode()

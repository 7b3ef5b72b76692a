"""An SFTP server on loopback, of asyncssh: one folder, one user with password or key, told host keys."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

USER, PASSWORD = "partner", "right-password"  # the tests' own


@dataclass
class SftpServer:
    """The running server: where it listens, what it shows, what a client may log in with."""

    folder: Path
    port: int = 0
    host_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    client_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    opened: list[str] = field(default_factory=list)
    logins: int = 0

    @property
    def host_key_line(self) -> str:
        """The line a partner file holds."""
        return self.host_key.export_public_key("openssh").decode().strip()


class _Login(asyncssh.SSHServer):
    def __init__(self, server: SftpServer) -> None:
        self.server = server

    def begin_auth(self, username: str) -> bool:
        self.server.logins += 1
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key == self.server.client_key.convert_to_public()


def _files(server: SftpServer, channel: asyncssh.SSHServerChannel) -> asyncssh.SFTPServer:
    class Files(asyncssh.SFTPServer):
        """Modes of folders hold even for root, whom the system lets read everything."""

        def scandir(self, path: bytes):  # type: ignore[no-untyped-def]
            real = Path(self.map_path(path).decode("utf-8", "surrogateescape"))
            if real.is_dir() and not real.stat().st_mode & 0o400:
                raise asyncssh.SFTPPermissionDenied("forbidden")
            return super().scandir(path)

        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            real = Path(self.map_path(path).decode("utf-8", "surrogateescape"))
            if real.exists() and not real.stat().st_mode & 0o400:
                raise asyncssh.SFTPPermissionDenied("forbidden")
            server.opened.append(path.decode("utf-8", "surrogateescape"))
            return super().open(path, pflags, attrs)

    return Files(channel, chroot=str(server.folder).encode())


@contextmanager
def sftp_server(folder: Path, host_key: asyncssh.SSHKey | None = None) -> Iterator[SftpServer]:
    """Runs a server on a thread of its own; its root is `folder`."""
    server = SftpServer(folder, **({"host_key": host_key} if host_key else {}))
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="server"))

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[server.host_key], server_factory=lambda: _Login(server),
            sftp_factory=lambda channel: _files(server, channel), reuse_address=True,
        )  # fmt: skip

    acceptor = loop.run_until_complete(listen())
    server.port = acceptor.get_port()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_stop(acceptor), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _stop(acceptor: asyncssh.SSHAcceptor) -> None:
    acceptor.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)

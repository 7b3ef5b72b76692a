"""What every connector can do: list files and fetch one; and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from schemas.errors import UnavailableError

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp")
LEFT_BY_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})


class InboxUnreachableError(UnavailableError):
    """A partner's inbox that cannot be listed tonight; the text, in Chinese, says which, why and how to mend it."""


class AccessRefusedError(InboxUnreachableError):
    """The place answers but does not let us in, or is not the place we know: wrong password, host key or certificate.

    It is not tried again the same night: trying would not help, and could lock the account.
    """


class FileNotFetchedError(UnavailableError):
    """One file that could not be copied whole tonight; the text, in Chinese, says why."""


class BrokenOffError(FileNotFetchedError):
    """The connection broke off or stood still in mid-file: fetching it again the same night may help."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file where its partner keeps it. `address` is stable from night to night; `name` is for people to read.

    `size_bytes` and `modified_at` are None when the server does not tell them. `etag` is what the server calls this version of
    the file. `sender` (a mail address), `message_id` and `subject` are those of the mail it came in.
    """

    address: str
    name: str
    size_bytes: int | None
    modified_at: datetime | None
    etag: str | None = None
    sender: str | None = None
    message_id: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How to get in, with secrets resolved; what is secret never shows in a repr.

    `host_key` holds the SSH host keys accepted, one "ssh-ed25519 AAAA…" a line. `private_key` is the key itself (its text), not a
    path. For a bucket `user` is the access key's id and `password` its secret.
    """

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    key_passphrase: str | None = field(default=None, repr=False)
    host_key: str | None = None
    ca_file: Path | None = None
    endpoint: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may take, in seconds: to let us connect, and between two signs of life after that."""

    connect_seconds: float = 15.0
    read_seconds: float = 60.0


class ByteSink(Protocol):
    """What a connector writes a file's bytes into, so that the one who fetches can hash and bound them on the way."""

    def write(self, data: bytes, /) -> object:
        """Takes the next bytes."""


class Connector(Protocol):
    """One place where one partner keeps files."""

    def list_files(self) -> Iterator[RemoteFile]:
        """Every file there, in a stable order, without temporary and hidden ones.

        Raises:
            InboxUnreachableError: the place cannot be listed whole; AccessRefusedError when it will not let us in.
        """

    def fetch(self, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the bytes of a listed file into `sink`, in order and once.

        Raises:
            FileNotFetchedError: the file cannot be read, or changed since it was listed; BrokenOffError when the connection
                broke off on the way.
        """

    def close(self) -> None:
        """Ends the connection; nothing of it is left behind. Closing again does nothing."""

    def __enter__(self) -> Self:
        """Itself: at the end of the block it is closed."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Closes it."""


def is_temporary(name: str) -> bool:
    """Whether a file or folder name marks something no partner means to send: hidden, half-written, or an editor's lock."""
    lowered = name.casefold()
    return lowered.startswith((".", "~$")) or lowered.endswith(UNFINISHED) or lowered in LEFT_BY_SYSTEMS

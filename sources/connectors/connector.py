"""What every connector can do: list files and fetch one; and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schemas.errors import UnavailableError

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp")
LEFT_BY_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})


class InboxUnreachableError(UnavailableError):
    """A partner's inbox that cannot be listed tonight; the text, in Chinese, says which and why."""


class FileNotFetchedError(UnavailableError):
    """One file that could not be copied whole tonight; the text, in Chinese, says why."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file where its partner keeps it. `address` is stable from night to night; `name` is for people to read."""

    address: str
    name: str
    size_bytes: int
    modified_at: datetime | None


class ByteSink(Protocol):
    """What a connector writes a file's bytes into, so that the one who fetches can hash and bound them on the way."""

    def write(self, data: bytes, /) -> object:
        """Takes the next bytes."""


class Connector(Protocol):
    """One place where one partner keeps files."""

    def list_files(self) -> Iterator[RemoteFile]:
        """Every file there, in a stable order, without temporary and hidden ones.

        Raises:
            InboxUnreachableError: the place cannot be listed whole.
        """

    def fetch(self, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the bytes of a listed file into `sink`, in order and once.

        Raises:
            FileNotFetchedError: the file cannot be read, or changed since it was listed.
        """


def is_temporary(name: str) -> bool:
    """Whether a file or folder name marks something no partner means to send: hidden, half-written, or an editor's lock."""
    lowered = name.casefold()
    return lowered.startswith((".", "~$")) or lowered.endswith(UNFINISHED) or lowered in LEFT_BY_SYSTEMS
